//! Signing in with a one-time link.

use crate::routes::prelude::*;

use tradewind_store::identity::links::{self, Purpose};
use tradewind_store::identity::users;

use crate::identity::sign_in::second_factor;
use crate::identity::{audit, hash_token, open_session};

/// Signs in with the token of a one-time link. The page reads it from the URL's fragment, which no server log sees.
#[utoipa::path(post, path = "/api/v1/session/link", tag = "identity", request_body = wire::LinkLogin,
    responses((status = 200, body = wire::Session),
        (status = 401, description = "Problem: CREDENTIALS_REFUSED, SECOND_FACTOR_REQUIRED, SECOND_FACTOR_WRONG.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn post_session_link(
    State(state): State<AppState>,
    request: RequestInfo,
    MaybeCaller(old): MaybeCaller,
    Body(body): Body<wire::LinkLogin>,
) -> ApiResult<impl IntoResponse> {
    let refuse = || ApiError::of(Code::CredentialsRefused);
    let now = state.clock.now();
    let token = hash_token(&body.token);
    let owner = links::owner_of(&state.store, Purpose::SignIn, &token, now).await?;
    let owner = owner.flatten().ok_or_else(refuse)?;
    let user = users::by_id(&state.store, &owner)
        .await?
        .filter(|u| !u.disabled)
        .ok_or_else(refuse)?;
    // A link stands in for the password, not for the second factor; being asked for the code does not use it up.
    second_factor(&state, &request, &user, body.code.as_deref(), "session.open").await?;
    let redeemed = links::redeem(&state.store, Purpose::SignIn, &token, now).await?;
    if redeemed.is_none() {
        return Err(refuse());
    }
    let (cookie, session) = open_session(&state, &request, &user, old.as_deref()).await?;
    let note = Note {
        actor: user.id.as_str(),
        action: "session.open",
        subject: user.id.as_str(),
        outcome: "OK",
        detail: json!({"by": "link"}),
    };
    audit::write(&state, &request, note).await?;
    Ok(([(header::SET_COOKIE, cookie)], Json(session)))
}
