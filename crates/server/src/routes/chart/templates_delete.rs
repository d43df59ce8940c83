//! Deleting a template.

use crate::routes::prelude::*;

use tradewind_store::chart::templates;

/// Deletes one of one's own chart templates.
#[utoipa::path(delete, path = "/api/v1/chart/templates/{name}", tag = "charts",
    params(("name" = String, Path, description = "Name.")), responses((status = 204)))]
pub async fn delete_template(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<StatusCode> {
    if templates::delete(&state.store, &caller.user, params.text("name").trim()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::of(Code::TemplateUnknown))
    }
}
