//! Signing out.

use crate::routes::prelude::*;

use tradewind_store::identity::{families, sessions};

use crate::identity::{Via, audit, clear_cookie};

/// Signs out.
#[utoipa::path(delete, path = "/api/v1/session", tag = "identity", responses((status = 204)))]
pub async fn delete_session(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
) -> ApiResult<impl IntoResponse> {
    let now = state.clock.now();
    let ended = match &caller.via {
        Via::Session { id, .. } => {
            sessions::revoke(&state.store, &caller.user, id, now).await?;
            Some(id)
        }
        Via::Token { family, .. } => {
            families::revoke(&state.store, &caller.user, family, now).await?;
            Some(family)
        }
        Via::Key { .. } => None,
    };
    if let Some(id) = ended {
        state.identity_changed();
        audit::write(&state, &request, Note::ok(&caller, "session.end", id)).await?;
    }
    Ok((
        StatusCode::NO_CONTENT,
        [(header::SET_COOKIE, clear_cookie(&state)?)],
    ))
}
