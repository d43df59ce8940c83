//! SQL: identity, settings and the projections of the journal.
