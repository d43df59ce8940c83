//! Figures of closed trades: what they earned, how, and who earned it. Money is decimal and exact; ratios are `f64`.
//!
//! A [`Trade`] is a whole turn: from the fill that opens it to the one that closes it. [`TradeStatistics`] sums a list
//! up; [`attribution`] splits the result by strategy, instrument, side, month, weekday and hour so that the parts sum
//! exactly to the whole.

pub mod attribution;
mod statistics;
mod trade;

pub use attribution::{Attribution, Slice};
pub use statistics::{SideStatistics, TradeStatistics};
pub use trade::{Trade, TradesError};

pub(crate) use trade::{ExactSum, to_f64};
