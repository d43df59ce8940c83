//! All work behind requests: a view over what exists.

pub mod cancel;
pub mod get;
pub mod list;

use crate::AppState;
use crate::identity::Caller;
use crate::jobs::{Seen, seen_by};
use crate::problem::{ApiError, ApiResult, Code};

/// A job that exists for somebody.
async fn find(state: &AppState, caller: &Caller, id: &str) -> ApiResult<Seen> {
    let seen = seen_by(state, caller).await?;
    let found = seen.into_iter().find(|seen| seen.job.id == id);
    found.ok_or_else(|| ApiError::of(Code::JobUnknown))
}
