//! Market data: events as codecs make them, order books, bars and data states.
//!
//! Prices and sizes are integer mantissas at the instrument's scale. Every event has `ts_event` (the venue's
//! time) and `ts_init` (ours).

pub mod bar_aggregate;
pub mod bar_builder;
pub mod bar_counted;
pub mod bar_fill;
pub mod bar_grid;
pub mod bar_interval;
pub mod bars;
pub mod book;
pub mod event;
pub mod state;

pub use bar_aggregate::{AggregateError, Known, aggregate, aggregate_on};
pub use bar_builder::BarBuilder;
pub use bar_fill::{FillError, FillPolicy, FilledSlot, filled};
pub use bar_grid::{BarGrid, BarSlot, GridError, SessionGrid, SessionSpan};
pub use bar_interval::IntervalKind;
pub use bars::{Bar, BarInterval, BarSource, OpenInterest};
pub use book::{BookError, OrderBook};
pub use event::{BookAction, BookLevel, BookUpdate, MarketEvent, Quote, Trade};
pub use state::DataState;
