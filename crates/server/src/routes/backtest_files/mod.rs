//! One's own files for backtests.

pub mod delete;
pub mod list;
pub mod post;
pub mod put;
