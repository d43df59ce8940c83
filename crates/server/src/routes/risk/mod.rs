//! Risk settings with optimistic locking.

pub mod get;
pub mod put;
pub mod sizing;
pub mod warnings;
