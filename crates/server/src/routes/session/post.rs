//! Signing in with a password.

use crate::routes::prelude::*;

use crate::identity::sign_in::{Attempt, sign_in};
use crate::identity::{audit, open_session};

/// Signs in with name and password, and a code where there is a second factor. Five failures within 15 minutes lock the
/// name, and the address, for 15 minutes.
#[utoipa::path(post, path = "/api/v1/session", tag = "identity", request_body = wire::Login,
    responses((status = 200, body = wire::Session),
        (status = 401, description = "Problem: CREDENTIALS_REFUSED, SECOND_FACTOR_REQUIRED, SECOND_FACTOR_WRONG.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn post_session(
    State(state): State<AppState>,
    request: RequestInfo,
    MaybeCaller(old): MaybeCaller,
    Body(body): Body<wire::Login>,
) -> ApiResult<impl IntoResponse> {
    let attempt = Attempt {
        username: &body.username,
        password: &body.password,
        code: body.code.as_deref(),
        action: "session.open",
    };
    let user = sign_in(&state, &request, attempt).await?;
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
