//! The web app: embedded, precompressed, cached for ever where the name holds a hash.

mod lighten;
pub mod report;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::AppState;
use crate::extract::RequestInfo;
use crate::limits::Verdict;
use crate::middleware::RouteName;
use crate::problem::{ApiError, Code};

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

const NOT_BUILT: &str = include_str!("not_built.html");

/// Answers everything that no route answers: files of the app, its index for page routes, problems for the API. No guard
/// stands before it, so it counts by itself what an address may ask.
pub async fn serve(State(state): State<AppState>, request: Request) -> Response {
    counted(&state, &request).unwrap_or_else(|| answer(&request))
}

/// Answers a method that a route of the API has not, counted as well. What is allowed the router adds.
pub async fn refuse_method(State(state): State<AppState>, request: Request) -> Response {
    counted(&state, &request).unwrap_or_else(|| ApiError::of(Code::MethodNotAllowed).into_response())
}

/// The refusal when the address has asked too much.
fn counted(state: &AppState, request: &Request) -> Option<Response> {
    let info = request.extensions().get::<RequestInfo>();
    let network = info.map(RequestInfo::network).unwrap_or_default();
    let verdict = state.limiter.spend_address(&network);
    if verdict.allowed {
        return None;
    }
    let mut response = verdict.refusal().into_response();
    Verdict::write(&[verdict], response.headers_mut());
    Some(response)
}

fn answer(request: &Request) -> Response {
    let path = request.uri().path();
    let programs = ["/api", "/udf"];
    let under = |root: &str| {
        path.strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if programs.into_iter().any(under) {
        return ApiError::of(Code::NotFound).into_response();
    }
    let mut response = match *request.method() {
        Method::GET | Method::HEAD => page(path.trim_start_matches('/'), request.headers()),
        _ => {
            let allow = HeaderValue::from_static("GET, HEAD");
            ApiError::of(Code::MethodNotAllowed)
                .with_header(header::ALLOW, allow)
                .into_response()
        }
    };
    response
        .extensions_mut()
        .insert(RouteName(std::sync::Arc::from("web")));
    response
}

/// The text of an embedded file; `None` where the app was not built.
fn text(path: &str) -> Option<String> {
    let file = Dist::get(path)?;
    String::from_utf8(file.data.into_owned()).ok()
}

fn page(path: &str, headers: &HeaderMap) -> Response {
    if Dist::get("index.html").is_none() {
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        return ([(header::CONTENT_TYPE, html)], NOT_BUILT).into_response();
    }
    let precompressed = [".br", ".gz"].iter().any(|end| path.ends_with(end));
    if !path.is_empty() && !precompressed && Dist::get(path).is_some() {
        return file(path, headers);
    }
    // A name with an extension is a file that is not there; anything else is a page of the app.
    let last = path.rsplit('/').next().unwrap_or_default();
    if last.contains('.') {
        ApiError::of(Code::NotFound).into_response()
    } else {
        file("index.html", headers)
    }
}

fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    let values = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut codings = values.flat_map(|line| line.split(',')).map(|item| {
        let mut parts = item.split(';').map(str::trim);
        (
            parts.next().unwrap_or_default().to_owned(),
            parts.any(|p| matches!(p, "q=0" | "q=0.0" | "q=0.00" | "q=0.000")),
        )
    });
    codings.any(|(name, refused)| name.eq_ignore_ascii_case(coding) && !refused)
}

fn variant(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    for (coding, end) in [("br", ".br"), ("gzip", ".gz")] {
        if accepts(headers, coding)
            && let Some(found) = Dist::get(&format!("{path}{end}"))
        {
            return Some((found, Some(coding)));
        }
    }
    Dist::get(path).map(|found| (found, None))
}

fn file(path: &str, headers: &HeaderMap) -> Response {
    let Some((found, coding)) = variant(path, headers) else {
        return ApiError::of(Code::NotFound).into_response();
    };
    let digest: String = found
        .metadata
        .sha256_hash()
        .iter()
        .take(16)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let etag = format!("\"{digest}\"");
    let known = headers
        .get(header::IF_NONE_MATCH)
        .and_then(|value| value.to_str().ok());
    let unchanged = known.is_some_and(|list| {
        list.split(',')
            .any(|tag| tag.trim().trim_start_matches("W/") == etag)
    });
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(found.data.into_owned()).into_response()
    };
    let answer = response.headers_mut();
    answer.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
    answer.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    // Vite puts a hash into the names below assets/: such a file never changes.
    let hashed = path.starts_with("assets/");
    let cache = if hashed {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    answer.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if let Ok(value) = HeaderValue::from_str(&etag) {
        answer.insert(header::ETAG, value);
    }
    if let Some(coding) = coding {
        answer.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    response
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coding_that_is_refused_by_its_weight_is_not_sent() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip;q=0, br"));
        assert!(accepts(&headers, "br"));
        assert!(!accepts(&headers, "gzip"));
    }
}
