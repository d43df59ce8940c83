//! Money in and out.

pub mod post;
