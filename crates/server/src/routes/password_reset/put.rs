//! Setting a password anew with a link.

use crate::routes::prelude::*;

use tradewind_store::identity::{resets, users};

use crate::identity::manage::check_password;
use crate::identity::{audit, reset};

/// Sets a password anew with a link's token, which is used up by it. Ends all sessions of the person and signs nobody in;
/// the second factor stays.
#[utoipa::path(put, path = "/api/v1/password-reset", tag = "identity", request_body = wire::PasswordReset,
    responses((status = 204), (status = 401, description = "Problem: CREDENTIALS_REFUSED.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn put_password_reset(
    State(state): State<AppState>,
    request: RequestInfo,
    Body(body): Body<wire::PasswordReset>,
) -> ApiResult<StatusCode> {
    let refuse = || ApiError::of(Code::CredentialsRefused);
    let now = state.clock.now();
    let (token, owner) = reset::look_up(&state.store, &state.keyring, &body.token, now).await?;
    let user = users::by_id(&state.store, &owner)
        .await?
        .filter(|user| !user.disabled)
        .ok_or_else(refuse)?;
    request.trail.concerns(&user.org);
    // A password that is refused does not use the link up.
    check_password("new_password", &body.new_password, &user.username)?;
    let hash = state.passwords.hash(&body.new_password).await?;
    if !resets::redeem(&state.store, &user.id, &token, &hash, now).await? {
        return Err(refuse());
    }
    state.identity_changed();
    let note = Note {
        actor: user.id.as_str(),
        action: "password.reset",
        subject: user.id.as_str(),
        outcome: "OK",
        detail: json!({"by": "link"}),
    };
    audit::write(&state, &request, note).await?;
    Ok(StatusCode::NO_CONTENT)
}
