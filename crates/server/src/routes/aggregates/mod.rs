//! Prices over markets.

pub mod list;
