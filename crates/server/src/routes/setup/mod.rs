//! First-run set-up.

pub mod get;
pub mod post;
