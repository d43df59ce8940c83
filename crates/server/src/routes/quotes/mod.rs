//! Quotes.

pub mod list;
