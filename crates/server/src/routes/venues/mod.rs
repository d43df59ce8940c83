//! Venues.

pub mod list;
