//! Figures: over many instruments, and of what was earned.
//!
//! | room | what it answers |
//! | --- | --- |
//! | [`aggregation`] | one price of a product out of the quotes of its markets |
//! | [`screening`] | which instruments suit scalping |
//! | [`returns`] | how good and how risky a series of returns is, alone and against a benchmark |
//! | [`trades`] | what closed trades earned, how, and where it came from |
//! | [`monte_carlo`] | what else the same trades could have done |
//! | [`overfitting`] | whether a result is skill or the best of many tries |
//! | [`sizing`] | how large a position should be |
//! | [`walk_forward`] | what is learned from and what is tested on |
//! | [`result`] | all of this about one backtest, in one struct |
//!
//! What does not live here: where quotes and fills come from, when a quote is stale (the caller says each one's
//! [`DataState`](tradewind_types::market::DataState)), I/O, the clock, threads. Prices and money are decimals;
//! statistics are `f64`, with `None` where a figure is undefined; chance is seeded by the caller.

pub mod aggregation;
mod civil;
pub mod monte_carlo;
pub mod numeric;
pub mod overfitting;
pub mod result;
pub mod returns;
pub mod screening;
pub mod sizing;
pub mod trades;
pub mod walk_forward;

pub use aggregation::{Aggregate, Listing, aggregate, aggregate_all};
pub use civil::Stamp;
pub use result::{BacktestStatistics, EquityCurve, StatisticsInput, StatisticsSettings};
pub use screening::{Candidate, Grade, ScreenSettings, Screened, screen};
