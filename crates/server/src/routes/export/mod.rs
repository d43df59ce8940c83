//! Everything out again.

pub mod get;
