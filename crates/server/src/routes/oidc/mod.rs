//! Signing in by OpenID Connect providers.

pub mod callback;
pub mod code;
pub mod providers;
pub mod start;

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::AppState;
use crate::extract::accept;
use crate::oidc::Oidc;
use crate::problem::{ApiError, ApiResult, Code};

/// What speaks with providers.
///
/// # Errors
/// `OIDC_PROVIDER_UNKNOWN` where there are none.
pub(super) fn oidc(state: &AppState) -> ApiResult<Arc<Oidc>> {
    let oidc = state.oidc.as_ref().map(Arc::clone);
    oidc.ok_or_else(|| ApiError::of(Code::OidcProviderUnknown))
}

/// A browser that follows links is shown the sign-in page with the code of what went wrong; a program gets the problem.
fn shown(headers: &HeaderMap, error: ApiError) -> ApiResult<Response> {
    if !accept::prefers(headers, "text/html") {
        return Err(error);
    }
    to(&format!("/#oidc-error={}", error.code.name()))
}

/// Sends a browser to a place of the program, or to a provider.
fn to(place: &str) -> ApiResult<Response> {
    let location = HeaderValue::from_str(place).map_err(|_| ApiError::of(Code::Internal))?;
    let mut response = Response::default();
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(header::LOCATION, location);
    let kept = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, kept);
    Ok(response)
}
