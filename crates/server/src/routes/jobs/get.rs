//! One job.

use crate::routes::prelude::*;

use super::find;

/// A job: one's own, or as an administrator any that the list shows.
#[utoipa::path(get, path = "/api/v1/jobs/{job}", tag = "system",
    params(("job" = String, Path, description = "Job id.")),
    responses((status = 200, body = wire::Job)))]
pub async fn get_job(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<Json<wire::Job>> {
    Ok(Json(find(&state, &caller, params.text("job")).await?.job))
}
