//! The running configuration.

pub mod get;
pub mod patch;
