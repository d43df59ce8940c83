//! The real-time hub.

pub mod get;
pub mod ticket;
