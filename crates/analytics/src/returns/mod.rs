//! Figures of one series of returns, with and without a benchmark.
//!
//! A [`ReturnSeries`] is simple returns (0.01 = 1 %) with ascending time stamps, checked once when it is made: no NaN,
//! no infinity, nothing below −1. The figures are free functions on its values, grouped by question:
//!
//! | room | question |
//! | --- | --- |
//! | [`performance`] | how much, how evenly: total, CAGR, volatility, Sharpe, Sortino, Calmar, Omega, stability |
//! | [`drawdown`] | how far down and for how long: series, table, ulcer index, time under water |
//! | [`tail`] | how bad are bad periods: VaR, CVaR, tail ratio, skewness, kurtosis |
//! | [`wins`] | how often and how much: win rate, payoff, profit factor, Kelly, streaks |
//! | [`calendar`] | which days, months and years: best, worst, tables |
//! | [`rolling`] | how it changed over time |
//! | [`benchmark`] | against another series: alpha, beta, tracking error, capture |
//!
//! What is undefined (too few values, no spread, no loss to divide by) is `None`, never NaN, infinity or 0.
//! Definitions are those of `quantstats` 0.0.86 and `empyrical-reloaded` 0.7.1; where these differ, or where ours
//! differs from both, the function says so. Annualisation is explicit in [`Conventions`]. The figures are tested
//! against both libraries (`tools/truth/returns_statistics.py`).

pub mod benchmark;
pub mod calendar;
pub mod drawdown;
pub mod performance;
pub mod rolling;
mod series;
mod summary;
pub mod tail;
pub mod wins;

pub use series::{Conventions, ReturnSeries, ReturnsError};
pub use summary::{ReturnStatistics, TailStatistics};
