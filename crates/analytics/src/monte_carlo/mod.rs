//! What else the same trades could have done: they are drawn again and again in other orders and mixtures.
//!
//! Two questions: **shuffle** keeps the trades and changes their order (the end is the same when money is added, the
//! way there is not); **bootstrap** draws with replacement, so that luck in the trades themselves shows. A block length
//! above 1 keeps neighbours together, where results follow each other in streaks.
//!
//! All chance is a seeded [`SplitMix64`](tradewind_types::SplitMix64): same seed, same result. Money becomes `f64`
//! here: these are statistics, not accounts.

mod distribution;
mod run;

pub use distribution::{Distribution, FanPoint};
pub use run::{
    Growth, Method, MonteCarlo, MonteCarloError, MonteCarloSettings, RUNS_MAX, simulate, simulate_trades,
};
