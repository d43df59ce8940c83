//! What happens to every request, whatever its route.

mod cors;
mod deprecation;
mod envelope;
mod etag;
mod once;
mod origin;

pub use deprecation::{DEPRECATED, Deprecated, NOTICE_S, deprecated};
pub use envelope::{RouteName, Sandboxed, envelope};
pub(crate) use etag::tagged;
pub(crate) use once::once;
pub use once::{Once, OnceKey, key_of};
