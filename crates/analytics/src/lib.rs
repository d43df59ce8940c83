//! Figures over many instruments: price aggregation across markets, screening.
//!
//! [`aggregation`] makes one price of a product out of the quotes of its markets and says which counted and why
//! not. [`screening`] scores instruments for scalping.
//!
//! What does not live here: where quotes come from, when they are stale (the caller says each one's
//! [`DataState`](tradewind_types::market::DataState)), I/O, the clock. Prices are decimals made from integer
//! mantissas at each instrument's scale; scores are integer millionths.

pub mod aggregation;
pub mod screening;

pub use aggregation::{Aggregate, Listing, aggregate, aggregate_all};
pub use screening::{Candidate, Grade, ScreenSettings, Screened, screen};
