//! The outermost layer: the request's id, its limits, and how every answer leaves.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};

use super::{cors, origin};
use crate::AppState;
use crate::config::Config;
use crate::extract::RequestInfo;
use crate::identity::{audit, random_id};
use crate::problem::{ApiError, Code};

/// Path template of the route that answered, for metrics and logs.
#[derive(Debug, Clone)]
pub struct RouteName(pub Arc<str>);

/// Marks a page whose script is its own and not the app's: it runs in an origin of nobody, and only the app may frame it.
#[derive(Debug, Clone, Copy)]
pub struct Sandboxed;

/// Paths of the data feed, whose clients look at the body of an answer alone.
const UDF: &str = "/udf/";
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Headers by which proxies tell that they are one.
const PROXY_MARKS: [&str; 3] = ["forwarded", "via", "x-forwarded-for"];
const PROBLEM: HeaderValue = HeaderValue::from_static("application/problem+json");
const CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

const SANDBOX: HeaderValue = HeaderValue::from_static(
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; \
     style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
);
/// Files may take so long, where other requests have `request_timeout`.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(900);
/// So may what is done to the catalogue: a venue is asked no faster than it allows. So may what goes through the whole audit
/// log, or all that is held of a person.
const CATALOGUE_TIMEOUT: Duration = Duration::from_secs(120);

/// Wraps a request from first byte to last.
pub async fn envelope(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let info = describe(&request, &state.config);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let checked = origin::check(&state.config, &method, request.uri(), request.headers());
    request.extensions_mut().insert(info.clone());
    let page = cors::allowed(&state.config, request.headers());
    let answer = match checked {
        Err(error) => error.into_response(),
        Ok(()) if cors::is_preflight(&method, request.headers()) => {
            cors::preflight(page.as_ref()).into_response()
        }
        Ok(()) => match tokio::time::timeout(patience(&state, &method, &path), next.run(request)).await {
            Ok(response) => response,
            Err(_) => ApiError::of(Code::Timeout).retry_after(1).into_response(),
        },
    };
    let mut response = as_problem(&state, answer, &path, &info);
    secure(
        &state,
        &mut response,
        path.starts_with("/api/") || path.starts_with(UDF),
    );
    cors::mark(&state.config, page, response.headers_mut());
    if let Ok(id) = HeaderValue::from_str(&info.correlation_id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    let route = response
        .extensions()
        .get::<RouteName>()
        .map_or_else(|| Arc::from("other"), |name| Arc::clone(&name.0));
    state
        .metrics
        .request(&method, &route, response.status(), begun.elapsed());
    if let Some(code) = response.extensions().get::<Code>().copied()
        && (matches!(response.status().as_u16(), 401 | 403 | 429) || info.trail.is_hidden())
    {
        audit::refused(&state, &info, &format!("{method} {route}"), code).await;
    }
    tracing::debug!(%method, path, status = response.status().as_u16(), correlation_id = info.correlation_id, "request");
    response
}

fn patience(state: &AppState, method: &http::Method, path: &str) -> Duration {
    let upload = *method == http::Method::PUT && path.starts_with("/api/v1/backtest-files/");
    let catalogue = *method == http::Method::POST && path.starts_with("/api/v1/catalogue/");
    let whole = matches!(
        path,
        "/api/v1/audit/verify" | "/api/v1/me/data-export" | "/api/v1/retention/enforce"
    );
    let usual = state.config.request_timeout;
    match (upload, catalogue) {
        (true, _) => UPLOAD_TIMEOUT.max(usual),
        (_, true) => CATALOGUE_TIMEOUT.max(usual),
        _ if whole => CATALOGUE_TIMEOUT.max(usual),
        _ => usual,
    }
}

/// A problem with the members by which the clients of the data feed know an error.
#[derive(serde::Serialize)]
struct UdfProblem {
    #[serde(flatten)]
    problem: tradewind_wire::Problem,
    s: &'static str,
    errmsg: String,
}

impl From<tradewind_wire::Problem> for UdfProblem {
    fn from(problem: tradewind_wire::Problem) -> Self {
        Self {
            s: "error",
            errmsg: problem.detail.clone(),
            problem,
        }
    }
}

/// Whom a request is from: the peer, or whom a trusted proxy names. TLS ends in a proxy on this machine or before it, so over TLS, and wherever a proxy says that it is one, the peer is the
/// proxy and tells nothing of who asks.
fn describe(request: &Request, config: &Config) -> RequestInfo {
    let header = |name: &HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
    let legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let given = header(&REQUEST_ID).filter(|id| (1..=64).contains(&id.len()) && id.chars().all(legal));
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|peer| peer.0.ip());
    let client = peer.map(|peer| config.proxies.client(peer, request.headers()));
    let proxied = || {
        PROXY_MARKS
            .iter()
            .any(|name| request.headers().contains_key(*name))
    };
    RequestInfo {
        // An id needs randomness only to be unique; without any, all requests of that moment share one.
        correlation_id: given.map_or_else(
            || random_id(12).unwrap_or_else(|_| "unnumbered".to_owned()),
            str::to_owned,
        ),
        ip: client.map_or_else(|| "unknown".to_owned(), |ip| ip.to_string()),
        peer: client,
        loopback: !config.tls && peer.is_some_and(|ip| ip.is_loopback()) && !proxied(),
        user_agent: header(&header::USER_AGENT)
            .unwrap_or_default()
            .chars()
            .take(200)
            .collect(),
        trail: Arc::default(),
    }
}

/// Gives every error its body. Answers that the framework made by itself are translated by their status.
fn as_problem(state: &AppState, mut answer: Response, path: &str, info: &RequestInfo) -> Response {
    let status = answer.status();
    if !status.is_client_error() && !status.is_server_error() {
        return answer;
    }
    let error = answer
        .extensions_mut()
        .remove::<ApiError>()
        .unwrap_or_else(|| ApiError::of_status(status));
    if error.code == Code::Internal {
        tracing::error!(
            path,
            correlation_id = info.correlation_id,
            "answered with an internal error"
        );
    }
    let problem = error.problem(path, &info.correlation_id, state.clock.now());
    let body = if path.starts_with(UDF) {
        serde_json::to_vec(&UdfProblem::from(problem))
    } else {
        serde_json::to_vec(&problem)
    };
    let body = body.unwrap_or_default();
    let route = answer.extensions().get::<RouteName>().cloned();
    let mut response = (error.code.status(), body).into_response();
    for (name, value) in answer.headers() {
        let about_body = [
            header::CONTENT_TYPE,
            header::CONTENT_LENGTH,
            header::CONTENT_ENCODING,
            header::TRANSFER_ENCODING,
        ];
        if !about_body.contains(name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    response.headers_mut().insert(header::CONTENT_TYPE, PROBLEM);
    response.extensions_mut().insert(error.code);
    if let Some(route) = route {
        response.extensions_mut().insert(route);
    }
    response
}

fn secure(state: &AppState, response: &mut Response, api: bool) {
    let (csp, frame) = match response.extensions().get::<Sandboxed>() {
        Some(Sandboxed) => (SANDBOX, "SAMEORIGIN"),
        None => (CSP, "DENY"),
    };
    let headers = response.headers_mut();
    let fixed = [
        ("content-security-policy", csp),
        ("x-content-type-options", HeaderValue::from_static("nosniff")),
        ("x-frame-options", HeaderValue::from_static(frame)),
        ("referrer-policy", HeaderValue::from_static("no-referrer")),
        (
            "cross-origin-opener-policy",
            HeaderValue::from_static("same-origin"),
        ),
        (
            "cross-origin-resource-policy",
            HeaderValue::from_static("same-origin"),
        ),
        (
            "permissions-policy",
            HeaderValue::from_static("camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
        ),
    ];
    for (name, value) in fixed {
        headers.insert(HeaderName::from_static(name), value);
    }
    if state.config.tls {
        let hsts = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, hsts);
    }
    if api && !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
