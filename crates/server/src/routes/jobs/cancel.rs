//! Stopping a job.

use crate::routes::prelude::*;

use std::sync::Arc;

use super::find;
use crate::identity::audit;

/// Stops a job that waits or runs, in the way of its kind: what it finished stays. `cancelable` says whether it can be
/// stopped; it stops within a moment, and the answer shows it as it is now.
#[utoipa::path(post, path = "/api/v1/jobs/{job}/cancel", tag = "system",
    params(("job" = String, Path, description = "Job id.")),
    responses((status = 202, body = wire::Job),
        (status = 409, description = "Problem: JOB_STATE.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn cancel_job(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<impl IntoResponse> {
    let id = params.text("job").to_owned();
    let found = find(&state, &caller, &id).await?;
    if !found.job.cancelable {
        return Err(ApiError::of(Code::JobState));
    }
    let done = to_its_end(async move {
        let detail = json!({ "kind": found.job.kind, "asked_by": found.whose.asked_by() });
        let note = Note::ok(&caller, "job.cancel", &id).with(detail);
        audit::write(&state, &request, note).await?;
        let (jobs, stopped) = (Arc::clone(&state.jobs), id.clone());
        let canceled = tokio::task::spawn_blocking(move || jobs.cancel(&stopped)).await;
        canceled.map_err(|_| ApiError::of(Code::Internal))??;
        find(&state, &caller, &id).await
    })
    .await?;
    Ok((StatusCode::ACCEPTED, Json(done.job)))
}
