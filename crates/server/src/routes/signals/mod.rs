//! Signals.

pub mod list;
