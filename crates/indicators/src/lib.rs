//! Technical indicators behind one registry, streaming and batch.
