//! Scripts.

pub mod check;
