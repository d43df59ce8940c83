//! Signing in and out.

pub mod delete;
pub mod get;
pub mod link;
pub mod post;
