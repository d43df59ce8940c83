//! One's own session.

use crate::routes::prelude::*;

use crate::identity::session_of;

/// Who one is, with the CSRF token and the accounts one may see.
#[utoipa::path(get, path = "/api/v1/session", tag = "identity", responses((status = 200, body = wire::Session)))]
pub async fn get_session(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::Session>> {
    Ok(Json(session_of(&state, &caller).await?))
}
