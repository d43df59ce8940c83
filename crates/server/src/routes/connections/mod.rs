//! Connections.

pub mod get;
pub mod list;
pub mod reconnect;
