//! Access and refresh tokens of programs.

pub mod delete;
pub mod post;
pub mod refresh;
