//! Deleting a template.

use crate::routes::prelude::*;

use tradewind_store::chart::{Changed, templates};

/// Deletes one of one's own chart templates.
#[utoipa::path(delete, path = "/api/v1/chart/templates/{name}", tag = "charts",
    params(("name" = String, Path, description = "Name."),
        ("If-Match" = Option<String>, Header, description = "The version that is deleted, as `\"1\"`; any when absent.")), responses((status = 204),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn delete_template(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    based_on: IfMatch,
    params: Params,
) -> ApiResult<StatusCode> {
    let version = based_on.version()?;
    match templates::delete(&state.store, &caller.user, params.text("name").trim(), version).await? {
        Changed::Done(()) => Ok(StatusCode::NO_CONTENT),
        Changed::Stale => Err(ApiError::of(Code::VersionConflict)),
        Changed::Missing => Err(ApiError::of(Code::TemplateUnknown)),
    }
}
