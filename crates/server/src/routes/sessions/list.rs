//! One's own sessions.

use crate::routes::prelude::*;

use tradewind_store::identity::{families, sessions};

use crate::identity::Via;

/// All sessions of one's own that are open, those of browsers first, then the families of tokens.
#[utoipa::path(get, path = "/api/v1/sessions", tag = "identity", responses((status = 200, body = wire::Page<wire::SessionInfo>)))]
pub async fn list_sessions(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::Page<wire::SessionInfo>>> {
    let now = state.clock.now();
    let rows = sessions::of_owner(&state.store, &caller.user, now).await?;
    let families = families::of_owner(&state.store, &caller.user, now).await?;
    let mine = |id: &str| match &caller.via {
        Via::Session { id: own, .. } | Via::Token { family: own, .. } => own == id,
        Via::Key { .. } => false,
    };
    let items = rows.into_iter().map(|row| wire::SessionInfo {
        created_at: wire::Time(row.created_at),
        last_seen_at: wire::Time(row.last_seen_at),
        expires_at: wire::Time(row.expires_at),
        current: mine(&row.id),
        user_agent: row.user_agent,
        id: row.id,
        kind: wire::SignInKind::Browser,
    });
    let programs = families.into_iter().map(|row| wire::SessionInfo {
        created_at: wire::Time(row.created_at),
        last_seen_at: wire::Time(row.last_seen_at),
        expires_at: wire::Time(row.expires_at),
        current: mine(&row.id),
        user_agent: row.user_agent,
        id: row.id,
        kind: wire::SignInKind::Token,
    });
    let items = items.chain(programs);
    Ok(Json(wire::Page::whole(items.collect())))
}
