//! Revoking an API key.

use crate::routes::prelude::*;

use tradewind_store::identity::keys;

use crate::identity::audit;

/// Revokes one of one's own API keys.
#[utoipa::path(delete, path = "/api/v1/keys/{key}", tag = "identity",
    params(("key" = String, Path, description = "Key id.")), responses((status = 204)))]
pub async fn revoke_key(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<StatusCode> {
    let id = params.text("key");
    if !keys::revoke(&state.store, &caller.user, id, state.clock.now()).await? {
        return Err(ApiError::of(Code::KeyUnknown));
    }
    state.identity_changed();
    audit::write(&state, &request, Note::ok(&caller, "key.revoke", id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
