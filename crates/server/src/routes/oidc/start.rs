//! Leaving for a provider.

use crate::routes::prelude::*;

use axum::response::Response;

/// Sends the browser to a provider to sign in. It is to come back within ten minutes.
#[utoipa::path(get, path = "/api/v1/oidc/{provider}/start", tag = "identity",
    params(("provider" = String, Path, description = "Provider id.")),
    responses((status = 303, description = "To the provider."),
        (status = 404, description = "Problem: OIDC_PROVIDER_UNKNOWN.", body = wire::Problem,
        content_type = "application/problem+json")))]
pub async fn start_oidc(
    State(state): State<AppState>,
    headers: HeaderMap,
    params: Params,
) -> ApiResult<Response> {
    match super::oidc(&state) {
        Ok(oidc) => match oidc.begin(&state, params.text("provider")).await {
            Ok(begun) => {
                let mut response = super::to(&begun.url)?;
                response.headers_mut().append(header::SET_COOKIE, begun.cookie);
                Ok(response)
            }
            Err(error) => super::shown(&headers, error),
        },
        Err(error) => super::shown(&headers, error),
    }
}
