//! Changing one's own password.

use crate::routes::prelude::*;

use tradewind_store::identity::{sessions, users};

use crate::identity::manage::check_password;
use crate::identity::{Lockout, Via, audit};

/// Changes one's own password and ends all other sessions.
#[utoipa::path(post, path = "/api/v1/me/password", tag = "identity", request_body = wire::PasswordChange,
    responses((status = 204)))]
pub async fn post_password(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::PasswordChange>,
) -> ApiResult<StatusCode> {
    let turn = state.turns.of(&caller.username).await?;
    let now = state.clock.now();
    let lockout = Lockout::new(&caller.username, &request.network());
    lockout.check(&state.store, now).await?;
    let user = users::by_id(&state.store, &caller.user)
        .await?
        .ok_or_else(|| ApiError::of(Code::Unauthenticated))?;
    if !state
        .passwords
        .verify(&body.current, Some(&user.password_hash))
        .await?
    {
        lockout.failed(&state.store, now).await?;
        let note = Note {
            outcome: "WRONG_PASSWORD",
            ..Note::ok(&caller, "password.change", user.id.as_str())
        };
        audit::write(&state, &request, note).await?;
        return Err(ApiError::field(
            "current",
            "WRONG_PASSWORD",
            "this is not your password",
        ));
    }
    drop(turn);
    check_password("new", &body.new, &user.username)?;
    let hash = state.passwords.hash(&body.new).await?;
    users::set_password(&state.store, &user.id, &hash, now).await?;
    let keep = match &caller.via {
        Via::Session { id, .. } => Some(id.as_str()),
        Via::Key { .. } => None,
    };
    sessions::revoke_all(&state.store, &user.id, keep, now).await?;
    state.identity_changed();
    audit::write(
        &state,
        &request,
        Note::ok(&caller, "password.change", user.id.as_str()),
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
