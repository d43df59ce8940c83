//! Deleting a drawing.

use crate::routes::prelude::*;

use tradewind_store::chart::drawings;

/// Deletes one of one's own drawings.
#[utoipa::path(delete, path = "/api/v1/chart/drawings/{drawing}", tag = "charts",
    params(("drawing" = String, Path, description = "Drawing id.")), responses((status = 204)))]
pub async fn delete_drawing(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<StatusCode> {
    if drawings::delete(&state.store, &caller.user, params.text("drawing")).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::of(Code::DrawingUnknown))
    }
}
