//! Instruments and their market data.

pub mod bars;
pub mod book;
pub mod get;
pub mod list;
pub mod quote;
pub mod trades;
