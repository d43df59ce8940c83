//! Reconnecting by hand.

use crate::routes::prelude::*;

use crate::identity::audit;

/// Drops a connection's session and connects anew.
#[utoipa::path(post, path = "/api/v1/connections/{connection}/reconnect", tag = "venues",
    params(("connection" = String, Path, description = "Connection id.")), responses((status = 202)))]
pub async fn reconnect(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<StatusCode> {
    let id = params.text("connection");
    let connection = state
        .venues
        .connection(id)
        .ok_or_else(|| ApiError::of(Code::ConnectionUnknown))?;
    audit::write(&state, &request, Note::ok(&caller, "connection.reconnect", id)).await?;
    (connection.reconnect)();
    Ok(StatusCode::ACCEPTED)
}
