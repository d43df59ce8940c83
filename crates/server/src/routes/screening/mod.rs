//! Screening.

pub mod list;
