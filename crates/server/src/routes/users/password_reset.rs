//! A link by which a person sets a new password, from an administrator.

use crate::routes::prelude::*;

use crate::identity::{audit, reset};

/// Makes a link's token for a person, which works once within an hour. Hand it over by a way that reaches nobody else.
#[utoipa::path(post, path = "/api/v1/users/{user}/password-reset", tag = "identity",
    params(("user" = String, Path, description = "User id.")),
    responses((status = 201, body = wire::ResetLink)))]
pub async fn post_reset_link(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<impl IntoResponse> {
    let user = super::administered(&state, &caller, &params).await?;
    let now = state.clock.now();
    let (token, end) = reset::issue(&state.store, &state.keyring, &user.org, &user.id, now).await?;
    let note = Note::ok(&caller, "password.reset_link", user.id.as_str());
    audit::write(&state, &request, note).await?;
    let link = wire::ResetLink {
        token: token.text().to_owned(),
        expires_at: wire::Time(end),
    };
    Ok((StatusCode::CREATED, Json(link)))
}
