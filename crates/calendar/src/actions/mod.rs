//! Corporate actions: when they happen, and what they do to price histories.
//!
//! [`EventCalendar`] holds what is announced, dividends to earnings dates, by date and instrument. [`history_factor`] says
//! what an action multiplies earlier prices and sizes by; an [`AdjustmentTable`] chains the factors of an instrument, so that
//! an unadjusted series (what was traded) becomes an adjusted one (comparable over time) and back again. What an action does
//! to positions, lots and orders is the ledger's matter.

mod csv;
mod event;
mod factor;
mod series;

pub use csv::{ActionText, ImportedActions, RejectedAction, read_csv, read_csv_by};
pub use event::{ActionError, EarningsTime, Event, EventCalendar, EventKind, ex_instant};
pub use factor::{HistoryFactor, history_factor};
pub use series::{Adjust, AdjustmentTable, Factors};
