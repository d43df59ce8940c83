//! One's own API keys.

use crate::routes::prelude::*;

use tradewind_store::identity::keys;

/// One's own API keys, without their secrets.
#[utoipa::path(get, path = "/api/v1/keys", tag = "identity", responses((status = 200, body = wire::Page<wire::ApiKey>)))]
pub async fn list_keys(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::Page<wire::ApiKey>>> {
    let rows = keys::of_owner(&state.store, &caller.user).await?;
    Ok(Json(wire::Page::whole(
        rows.into_iter().map(super::describe).collect(),
    )))
}
