//! Health.

pub mod get;
