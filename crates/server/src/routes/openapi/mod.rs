//! The OpenAPI document.

pub mod get;
