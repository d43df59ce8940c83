//! Fills.

pub mod list;
