//! Everything about one backtest in one struct, [`BacktestStatistics`], whose field names are those of the JSON.
//!
//! Data flow: an [`EquityCurve`] (a point per bar or per fill) → one return per civil day, or per point →
//! [`ReturnStatistics`](crate::returns::ReturnStatistics); closed trades → their statistics, attribution and Monte
//! Carlo.

mod curve;
mod statistics;

pub use curve::{CurveError, EquityCurve, ExposureStatistics};
pub use statistics::{BacktestStatistics, Frequency, StatisticsError, StatisticsInput, StatisticsSettings};
