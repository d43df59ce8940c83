//! One's own organisation.

use crate::routes::prelude::*;

use tradewind_store::identity::organisations;

/// One's own organisation; its version is also the `ETag`.
#[utoipa::path(get, path = "/api/v1/organisation", tag = "identity", responses((status = 200, body = wire::Organisation)))]
pub async fn get_organisation(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<impl IntoResponse> {
    let row = organisations::by_id(&state.store, &caller.org).await?;
    let row = row.ok_or_else(|| ApiError::of(Code::NotFound))?;
    let shown = super::describe(&row, &state.config.org);
    Ok((Tag::version(shown.version).header()?, Json(shown)))
}
