//! `ETag` on what is read, and 304 for those who have it already.
//!
//! A handler that knows the version of a resource sets a strong tag itself, which `If-Match` takes. All other answers in
//! JSON get a weak one from their content: it saves sending, not computing.

use axum::body::{Body, HttpBody};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use sha2::{Digest, Sha256};

use crate::extract::has_already;

/// Longer answers get no tag: hashing them would cost more than it saves.
const BODY_BYTES_MAX: u64 = 1_000_000;
/// Bytes of the digest that a tag shows.
const DIGEST_BYTES: usize = 12;

/// What the same asker may keep if it asks each time whether it still holds.
const REVALIDATE: HeaderValue = HeaderValue::from_static("private, no-cache");
/// Documents and lists that are the same for everybody signed in and change seldom.
const KEPT: [&str; 7] = [
    "/api/v1/openapi.json",
    "/api/v1/errors",
    "/api/v1/indicators",
    "/api/v1/indicators/{indicator}",
    "/api/v1/calendars",
    "/api/v1/instruments",
    "/api/v1/strategies/registry",
];

/// Tags an answer to a GET, or answers 304 in its place.
pub(crate) async fn tagged(path: &str, asked: &HeaderMap, mut response: Response) -> Response {
    if response.status() != StatusCode::OK {
        return response;
    }
    if !response.headers().contains_key(header::ETAG) {
        response = match with_tag(response).await {
            Ok(tagged) => tagged,
            Err(untagged) => return untagged,
        };
    }
    let headers = response.headers_mut();
    if KEPT.contains(&path) && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, REVALIDATE);
    }
    let tag = headers.get(header::ETAG).and_then(|tag| tag.to_str().ok());
    if !tag.is_some_and(|tag| has_already(asked, tag)) {
        return response;
    }
    let mut unchanged = StatusCode::NOT_MODIFIED.into_response();
    for name in [header::ETAG, header::CACHE_CONTROL, header::VARY] {
        if let Some(value) = response.headers().get(&name) {
            unchanged.headers_mut().insert(name, value.clone());
        }
    }
    unchanged
}

/// The answer with the tag of its content; the same without one when it is no JSON, too long, or comes piece by piece.
async fn with_tag(response: Response) -> Result<Response, Response> {
    let json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    let length = response.body().size_hint().exact();
    if !json || length.is_none_or(|bytes| bytes > BODY_BYTES_MAX) {
        return Err(response);
    }
    let (parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, usize::MAX).await else {
        // A body that is there whole does not fail.
        return Err(StatusCode::INTERNAL_SERVER_ERROR.into_response());
    };
    let digest = Sha256::digest(&bytes);
    let digest: String = digest
        .iter()
        .take(DIGEST_BYTES)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let mut response = Response::from_parts(parts, Body::from(bytes));
    match HeaderValue::from_str(&format!("W/\"{digest}\"")) {
        Ok(tag) => {
            response.headers_mut().insert(header::ETAG, tag);
            Ok(response)
        }
        Err(_) => Err(response),
    }
}
