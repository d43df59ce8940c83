//! Projections of the journal: orders, fills, positions, ledger, signals, weights and reconciliations as SQL.
//!
//! They are folded from outcomes in the order of their sequence numbers and can be rebuilt from the journal.

pub mod queries;

pub use queries::{Answer, FillRow, Histories, Numbered, OrderFilter, SignalFilter, Slice};
