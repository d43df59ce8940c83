//! Signing in with a password.

use crate::routes::prelude::*;

use tradewind_store::identity::users;

use crate::identity::{Lockout, audit, open_session};

/// Signs in with name and password. Five failures within 15 minutes lock the name, and the address, for 15 minutes.
#[utoipa::path(post, path = "/api/v1/session", tag = "identity", request_body = wire::Login,
    responses((status = 200, body = wire::Session), (status = 401, description = "Problem: CREDENTIALS_REFUSED.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn post_session(
    State(state): State<AppState>,
    request: RequestInfo,
    MaybeCaller(old): MaybeCaller,
    Body(body): Body<wire::Login>,
) -> ApiResult<impl IntoResponse> {
    let turn = state.turns.of(&body.username).await?;
    let now = state.clock.now();
    let lockout = Lockout::new(&body.username, &request.network());
    lockout.check(&state.store, now).await?;
    let user = users::by_username(&state.store, &body.username).await?;
    let hash = user.as_ref().map(|u| u.password_hash.as_str());
    let matched = state.passwords.verify(&body.password, hash).await?;
    let Some(user) = user.filter(|u| matched && !u.disabled) else {
        lockout.failed(&state.store, now).await?;
        let note = Note {
            actor: "anonymous",
            action: "session.open",
            subject: "",
            outcome: "CREDENTIALS_REFUSED",
            detail: json!({}),
        };
        audit::write(&state, &request, note).await?;
        return Err(ApiError::of(Code::CredentialsRefused));
    };
    lockout.succeeded(&state.store).await?;
    drop(turn);
    let (cookie, session) = open_session(&state, &request, &user, old.as_deref()).await?;
    let note = Note {
        actor: user.id.as_str(),
        action: "session.open",
        subject: user.id.as_str(),
        outcome: "OK",
        detail: json!({"by": "password"}),
    };
    audit::write(&state, &request, note).await?;
    Ok(([(header::SET_COOKIE, cookie)], Json(session)))
}
