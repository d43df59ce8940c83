//! The deterministic kernel, its risk gate, and the thread that runs it on the journal.
