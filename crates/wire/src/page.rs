//! The one shape of every list.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A page of a list. Follow `next_cursor` until it is null; it is opaque and stable.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The entries of this page.
    pub items: Vec<T>,
    /// Pass as `cursor` for the next page; null on the last one.
    #[schema(example = json!(null))]
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A list that is whole.
    #[must_use]
    pub fn whole(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }
}
