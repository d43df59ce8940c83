//! Metrics.

pub mod get;
