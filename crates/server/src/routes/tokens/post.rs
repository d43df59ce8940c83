//! Signing in a program.

use crate::routes::prelude::*;

use crate::identity::sign_in::{Attempt, sign_in};
use crate::identity::{audit, tokens};

/// Signs a program in with name, password and code, as `POST /api/v1/session` does a browser. The access token goes into
/// `Authorization: Bearer`; a program that runs by itself is better off with an API key.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "identity", request_body = wire::TokenRequest,
    responses((status = 200, body = wire::Tokens),
        (status = 401, description = "Problem: CREDENTIALS_REFUSED, SECOND_FACTOR_REQUIRED, SECOND_FACTOR_WRONG.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn post_tokens(
    State(state): State<AppState>,
    request: RequestInfo,
    Body(body): Body<wire::TokenRequest>,
) -> ApiResult<Json<wire::Tokens>> {
    let attempt = Attempt {
        username: &body.username,
        password: &body.password,
        code: body.code.as_deref(),
        action: "token.open",
    };
    let user = sign_in(&state, &request, attempt).await?;
    let (family, tokens) = tokens::open_family(&state, &request, &user).await?;
    let note = Note {
        actor: user.id.as_str(),
        action: "token.open",
        subject: &family.id,
        outcome: "OK",
        detail: json!({}),
    };
    audit::write(&state, &request, note).await?;
    Ok(Json(tokens))
}
