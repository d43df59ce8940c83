//! The reference page.

pub mod get;
