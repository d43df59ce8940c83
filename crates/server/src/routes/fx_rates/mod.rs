//! Exchange rates.

pub mod list;
pub mod post;
