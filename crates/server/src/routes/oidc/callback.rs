//! Coming back from a provider.

use crate::routes::prelude::*;

use axum::response::Response;

use crate::identity::{audit, open_session};
use crate::oidc::{Landed, Returned, forget_browser};

/// Takes the browser in that comes back from a provider: signs it in, asks for the second factor, or links the identity. What
/// went wrong is told by the fragment of the page, or as a problem to programs.
#[utoipa::path(get, path = "/api/v1/oidc/callback", tag = "identity", params(Returned),
    responses((status = 303, description = "To a page of the program."),
        (status = 400, description = "Problem: OIDC_STATE_REFUSED.", body = wire::Problem,
        content_type = "application/problem+json"),
        (status = 401, description = "Problem: OIDC_REFUSED.", body = wire::Problem,
        content_type = "application/problem+json")))]
pub async fn oidc_callback(
    State(state): State<AppState>,
    request: RequestInfo,
    headers: HeaderMap,
    QueryOf(returned): QueryOf<Returned>,
) -> ApiResult<Response> {
    match landed(&state, &request, &headers, &returned).await {
        Ok(response) => Ok(response),
        Err(error) => super::shown(&headers, error),
    }
}

async fn landed(
    state: &AppState,
    request: &RequestInfo,
    headers: &HeaderMap,
    returned: &Returned,
) -> ApiResult<Response> {
    let oidc = super::oidc(state)?;
    // Whoever goes away meanwhile leaves nothing half done: a code works once.
    let (task, info, returned_to) = (state.clone(), request.clone(), headers.clone());
    let returned = returned.clone();
    let landed = to_its_end(async move { oidc.land(&task, &info, &returned_to, &returned).await }).await?;
    let (place, cookies) = match landed {
        Landed::SignedIn(user) => {
            let (session, _) = open_session(state, request, &user, None).await?;
            let note = Note {
                actor: user.id.as_str(),
                action: "session.open",
                subject: user.id.as_str(),
                outcome: "OK",
                detail: json!({"by": "oidc"}),
            };
            audit::write(state, request, note).await?;
            ("/", vec![session, forget_browser(state)?])
        }
        Landed::CodeNeeded(cookie) => ("/#oidc=code", vec![cookie]),
        Landed::Linked => ("/settings?tab=security", vec![forget_browser(state)?]),
    };
    let mut response = super::to(place)?;
    for cookie in cookies {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}
