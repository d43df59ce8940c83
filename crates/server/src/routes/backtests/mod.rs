//! One's own backtests.

pub mod cancel;
pub mod delete;
pub mod get;
pub mod list;
pub mod post;
pub mod report;
pub mod result;
pub mod resume;
pub mod table;

use std::sync::Arc;

use tokio::task::spawn_blocking;

use crate::AppState;
use crate::backtests::Backtests;
use crate::problem::{ApiError, ApiResult, Code};

/// Does what blocks for disk on a thread that may.
pub(super) async fn blocking<R: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&Backtests) -> ApiResult<R> + Send + 'static,
) -> ApiResult<R> {
    let jobs: Arc<Backtests> = state.backtests()?;
    let done = spawn_blocking(move || work(&jobs)).await;
    done.map_err(|error| {
        tracing::error!(%error, "a request about backtests did not end");
        ApiError::of(Code::Internal)
    })?
}
