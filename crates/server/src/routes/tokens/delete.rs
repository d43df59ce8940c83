//! Signing a program out.

use crate::routes::prelude::*;

use tradewind_store::identity::families;

use crate::identity::{audit, hash_token};

/// Ends the family of a refresh token, with its access tokens. Nothing happens when it has ended already.
#[utoipa::path(delete, path = "/api/v1/tokens", tag = "identity", request_body = wire::TokenRefresh,
    responses((status = 204)))]
pub async fn delete_tokens(
    State(state): State<AppState>,
    request: RequestInfo,
    Body(body): Body<wire::TokenRefresh>,
) -> ApiResult<StatusCode> {
    let now = state.clock.now();
    let family = families::by_token_hash(&state.store, &hash_token(&body.refresh_token), now).await?;
    let Some(family) = family else {
        return Ok(StatusCode::NO_CONTENT);
    };
    request.trail.concerns(&family.org);
    families::revoke(&state.store, &family.owner, &family.id, now).await?;
    state.identity_changed();
    let note = Note {
        actor: family.owner.as_str(),
        action: "token.end",
        subject: &family.id,
        outcome: "OK",
        detail: json!({}),
    };
    audit::write(&state, &request, note).await?;
    Ok(StatusCode::NO_CONTENT)
}
