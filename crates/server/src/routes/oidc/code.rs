//! The second factor of somebody whom a provider has made sure of.

use crate::routes::prelude::*;

use crate::identity::{audit, open_session};
use crate::oidc::forget_browser;

/// Signs in whoever came back from a provider and has a second factor here: with its code, within ten minutes, in the same
/// browser.
#[utoipa::path(post, path = "/api/v1/oidc/session", tag = "identity", request_body = wire::FactorCode,
    responses((status = 200, body = wire::Session),
        (status = 400, description = "Problem: OIDC_STATE_REFUSED.", body = wire::Problem,
        content_type = "application/problem+json"),
        (status = 401, description = "Problem: SECOND_FACTOR_REQUIRED, SECOND_FACTOR_WRONG.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn post_oidc_code(
    State(state): State<AppState>,
    request: RequestInfo,
    headers: HeaderMap,
    MaybeCaller(old): MaybeCaller,
    Body(body): Body<wire::FactorCode>,
) -> ApiResult<impl IntoResponse> {
    let oidc = super::oidc(&state)?;
    let (user, provider) = oidc.complete(&state, &request, &headers, &body.code).await?;
    let (cookie, session) = open_session(&state, &request, &user, old.as_deref()).await?;
    let note = Note {
        actor: user.id.as_str(),
        action: "session.open",
        subject: user.id.as_str(),
        outcome: "OK",
        detail: json!({"by": "oidc", "provider": provider}),
    };
    audit::write(&state, &request, note).await?;
    let mut cookies = HeaderMap::new();
    cookies.append(header::SET_COOKIE, cookie);
    cookies.append(header::SET_COOKIE, forget_browser(&state)?);
    Ok((cookies, Json(session)))
}
