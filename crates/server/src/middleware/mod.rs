//! What happens to every request, whatever its route.

mod envelope;
mod origin;

pub use envelope::{RouteName, Sandboxed, envelope};
