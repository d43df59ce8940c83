//! Erasing somebody who asked for it.

use crate::routes::prelude::*;

use crate::privacy::erasure::erase_person;

/// Erases a person whose request is due: their key is destroyed, which makes everything personal in records that stay
/// unreadable for ever, and what else is theirs alone is deleted. This cannot be taken back. Refused for the only owner of an
/// account and the last super administrator; nobody executes their own request.
#[utoipa::path(post, path = "/api/v1/deletion-requests/{request}/execute", tag = "privacy",
    params(("request" = String, Path, description = "Id of the request.")),
    responses((status = 200, body = wire::DeletionRequest)))]
pub async fn execute_deletion_request(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<Json<wire::DeletionRequest>> {
    let row = super::requested(&state, &caller.org, params.text("request")).await?;
    erase_person(&state, &request, &caller, &row).await?;
    Ok(Json(super::describe(
        super::requested(&state, &caller.org, &row.id).await?,
    )))
}
