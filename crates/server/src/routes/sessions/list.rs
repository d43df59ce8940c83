//! One's own sessions.

use crate::routes::prelude::*;

use tradewind_store::identity::sessions;

use crate::identity::Via;

/// All sessions of one's own that are open.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "identity", responses((status = 200, body = wire::Page<wire::SessionInfo>)))]
pub async fn list_sessions(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::Page<wire::SessionInfo>>> {
    let rows = sessions::of_owner(&state.store, &caller.user, state.clock.now()).await?;
    let mine = |id: &str| matches!(&caller.via, Via::Session { id: own, .. } if own == id);
    let items = rows.into_iter().map(|row| wire::SessionInfo {
        created_at: wire::Time(row.created_at),
        last_seen_at: wire::Time(row.last_seen_at),
        expires_at: wire::Time(row.expires_at),
        current: mine(&row.id),
        user_agent: row.user_agent,
        id: row.id,
    });
    Ok(Json(wire::Page::whole(items.collect())))
}
