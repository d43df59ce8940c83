//! Members of accounts.

pub mod delete;
pub mod list;
pub mod put;

use crate::extract::{IfMatch, Tag};

/// Whether a membership is as `If-Match` says; without one there is no version.
fn supposed(based_on: IfMatch) -> impl FnOnce(Option<u32>) -> bool + Send {
    move |version| based_on.allows(version.map(Tag::version).as_ref())
}
