//! Backups: what there is, taking one, verifying one, restoring one on trial.

pub mod drill;
pub mod list;
pub mod post;
pub mod verify;

use std::sync::Arc;

use serde_json::json;
use tokio::task::spawn_blocking;
use tradewind_wire as wire;

use crate::AppState;
use crate::backups::{Backups, Claim};
use crate::extract::RequestInfo;
use crate::identity::Caller;
use crate::identity::audit::{self, Note};
use crate::problem::{ApiError, ApiResult, Code};
use crate::to_its_end::to_its_end;

/// The backups of the program.
fn of(state: &AppState) -> ApiResult<Arc<Backups>> {
    let backups = state.backups.as_ref().map(Arc::clone);
    backups.ok_or_else(|| ApiError::of(Code::BackupsUnavailable))
}

/// Does what blocks for disk on a thread that may.
async fn blocking<R: Send + 'static>(
    backups: Arc<Backups>,
    work: impl FnOnce(&Arc<Backups>) -> ApiResult<R> + Send + 'static,
) -> ApiResult<R> {
    let done = spawn_blocking(move || work(&backups)).await;
    done.map_err(|error| {
        tracing::error!(%error, "a request about backups did not end");
        ApiError::of(Code::Internal)
    })?
}

/// Begins some work in somebody's name: the turn is taken first, so that only what then begins is noted, and before it does.
async fn begun(
    state: AppState,
    request: RequestInfo,
    caller: Arc<Caller>,
    (action, subject): (&'static str, String),
    claim: impl FnOnce(&Arc<Backups>) -> ApiResult<Claim> + Send + 'static,
) -> ApiResult<wire::Job> {
    let backups = of(&state)?;
    to_its_end(async move {
        let claim = blocking(Arc::clone(&backups), claim).await?;
        let note = Note::ok(&caller, action, &subject).with(json!({ "folder": backups.config().folder }));
        audit::write(&state, &request, note).await?;
        Ok(claim.begin(Some(&caller.user)))
    })
    .await
}

/// Where a job is found.
fn location(job: &wire::Job) -> [(http::HeaderName, String); 1] {
    [(http::header::LOCATION, format!("/api/v1/jobs/{}", job.id))]
}
