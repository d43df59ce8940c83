//! Setting a forgotten password anew.

pub mod post;
pub mod put;
