//! What pages of other origins may read: those of the origins on the allow-list, and nobody else's.
//!
//! An allowed page may send the session along and reads every answer, errors included. A page of any other origin gets
//! no header that lets it read, and its preflight is refused. The wildcard is never answered.

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

use crate::config::Config;
use crate::problem::{ApiError, ApiResult, Code};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");
/// Request headers of this API beside those that need no leave.
const HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, idempotency-key, if-match, if-none-match, x-csrf-token, x-request-id",
);
/// Answer headers that a page may read beside the few it always may.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "etag, idempotency-replayed, location, ratelimit, ratelimit-policy, retry-after, www-authenticate, x-ratelimit-limit, \
     x-ratelimit-remaining, x-ratelimit-reset, x-request-id",
);
/// Browsers ask again after ten minutes: a changed list takes effect soon.
const MAX_AGE_S: HeaderValue = HeaderValue::from_static("600");
const ASKED_METHOD: HeaderName = header::ACCESS_CONTROL_REQUEST_METHOD;

/// Whether a browser asks if it may send a request.
pub(super) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS && headers.contains_key(header::ORIGIN) && headers.contains_key(ASKED_METHOD)
}

/// The origin of a request when it is on the allow-list.
pub(super) fn allowed(config: &Config, headers: &HeaderMap) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    let listed = origin.to_str().is_ok_and(|text| config.origins.contains(text));
    listed.then(|| origin.clone())
}

/// The answer to a preflight.
///
/// # Errors
/// `ORIGIN_REFUSED` for a page that is not on the allow-list.
pub(super) fn preflight(origin: Option<&HeaderValue>) -> ApiResult<Response> {
    if origin.is_none() {
        return Err(ApiError::of(Code::OriginRefused));
    }
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_S),
    ];
    Ok((StatusCode::NO_CONTENT, headers).into_response())
}

/// Lets the page of an allowed origin read an answer; tells caches that answers differ by origin where any is allowed.
pub(super) fn mark(config: &Config, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
    if config.origins.is_empty() {
        return;
    }
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
            HeaderValue::from_static("true"),
        );
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}
