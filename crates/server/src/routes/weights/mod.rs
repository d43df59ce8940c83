//! Weights of the combination.

pub mod list;
