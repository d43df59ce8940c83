//! Strategies.

pub mod list;
pub mod patch;
