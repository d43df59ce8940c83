//! The catalogue of errors.

pub mod list;
