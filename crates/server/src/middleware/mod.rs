//! What happens to every request, whatever its route.

mod cors;
mod envelope;
mod origin;

pub use envelope::{RouteName, Sandboxed, envelope};
