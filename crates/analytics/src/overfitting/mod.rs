//! Whether a backtest's result is skill or the best of many tries.
//!
//! [`sharpe`] answers for one track record (probabilistic Sharpe ratio, minimum track record length) and for the best
//! of several (deflated Sharpe ratio); [`pbo`] for a whole sweep of parameters: the probability that what was best in
//! sample is below the median out of sample.
//!
//! All Sharpe ratios here are **per period**, not annualised
//! ([`sharpe_per_period`](crate::returns::performance::sharpe_per_period)), kurtosis is 3 for the normal distribution.

pub mod pbo;
pub mod sharpe;

pub use pbo::{Overfitting, OverfittingError, probability_of_overfitting};
pub use sharpe::{
    Deflated, Shape, deflate, deflated_sharpe, expected_maximum_sharpe, minimum_track_record_length,
    probabilistic_sharpe,
};
