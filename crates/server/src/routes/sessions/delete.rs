//! Revoking a session.

use crate::routes::prelude::*;

use tradewind_store::identity::{families, sessions};

use crate::identity::audit;

/// Ends one of one's own sessions, or a family of tokens; open sockets of it close within five seconds.
#[utoipa::path(delete, path = "/api/v1/sessions/{session}", tag = "identity",
    params(("session" = String, Path, description = "Session id.")), responses((status = 204)))]
pub async fn revoke_session(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<StatusCode> {
    let id = params.text("session");
    let now = state.clock.now();
    let ended = sessions::revoke(&state.store, &caller.user, id, now).await?
        || families::revoke(&state.store, &caller.user, id, now).await?;
    if !ended {
        return Err(ApiError::of(Code::SessionUnknown));
    }
    state.identity_changed();
    audit::write(&state, &request, Note::ok(&caller, "session.revoke", id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
