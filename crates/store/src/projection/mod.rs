//! Projections of the journal: orders, fills, positions, ledger, signals, weights and reconciliations as SQL.
//!
//! They are folded from outcomes in the order of their sequence numbers and can be rebuilt from the journal.
//!
//! ```text
//! engine ─► ProjectionSink ─► Projector ─► one transaction: rows + applied_seq ─► SqlHistories ─► API
//!                                ▲
//! journal files ─► RecordSource ─┘   at start, after a gap, after the database was away
//! ```
//! The [`Projector`] never decides anything: balances, positions and lots follow from the recorded postings and lot
//! changes, with exact decimals, in memory; SQL does no arithmetic. A transaction holds its rows together with
//! `applied_seq`, so a crash leaves both or neither, and what is delivered twice is applied once. [`rebuild`] makes
//! everything anew; [`compare()`] says table by table whether two sets are equal.
//!
//! Not projected: commands, instruments and fee tables; the journal and the engine have them.

mod apply;
mod batch;
mod book;
mod compare;
mod error;
mod histories;
mod load;
mod order_row;
mod projector;
pub mod queries;
mod rebuild;
mod scope;
mod sink;
mod source;
mod tables;
mod text;
mod write;

pub use compare::{DIFFERENCES_MAX, Difference, TableReport, compare};
pub use error::ProjectionError;
pub use histories::{SLICE_MAX, SqlHistories};
pub use projector::{Pace, Projector};
pub use queries::{Answer, FillRow, Histories, Numbered, OrderFilter, SignalFilter, Slice};
pub use rebuild::{Applied, ProjectedBalance, applied, applied_on, balances, rebuild};
pub use scope::Scope;
pub use sink::{
    FEEDS_MAX, OUTCOMES_MAX, ProjectionMonitor, ProjectionSink, ProjectionStatus, ProjectorState,
};
pub use source::{CHUNK_RECORDS, RecordSource, Records, SourceError, SourceRecord};
pub use tables::{TABLES, Table};
