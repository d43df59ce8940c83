//! One's own request to be erased.

use crate::routes::prelude::*;

use tradewind_store::privacy::deletions;

/// One's own newest request to be erased.
#[utoipa::path(get, path = "/api/v1/me/deletion-request", tag = "privacy",
    responses((status = 200, body = wire::DeletionRequest)))]
pub async fn get_deletion_request(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::DeletionRequest>> {
    let row = deletions::of_person(&state.store, caller.user.as_str()).await?;
    let row = row.ok_or_else(|| ApiError::of(Code::DeletionRequestUnknown))?;
    Ok(Json(super::describe(row)))
}
