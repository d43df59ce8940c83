//! Deleting a drawing.

use crate::routes::prelude::*;

use tradewind_store::chart::{Changed, drawings};

/// Deletes one of one's own drawings.
#[utoipa::path(delete, path = "/api/v1/chart/drawings/{drawing}", tag = "charts",
    params(("drawing" = String, Path, description = "Drawing id."),
        ("If-Match" = Option<String>, Header, description = "The version that is deleted, as `\"1\"`; any when absent.")), responses((status = 204),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn delete_drawing(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    based_on: IfMatch,
    params: Params,
) -> ApiResult<StatusCode> {
    let version = based_on.version()?;
    match drawings::delete(&state.store, &caller.user, params.text("drawing"), version).await? {
        Changed::Done(()) => Ok(StatusCode::NO_CONTENT),
        Changed::Stale => Err(ApiError::of(Code::VersionConflict)),
        Changed::Missing => Err(ApiError::of(Code::DrawingUnknown)),
    }
}
