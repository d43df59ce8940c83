//! What pages of other origins may ask and read.

use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::json;

use crate::desk::{As, BTC, Desk, trading};

const LISTED: &str = "https://charts.example.org";
const OTHER: &str = "https://evil.example.org";

async fn desk() -> Desk {
    Desk::with(|config| {
        config.rates.multiplier = 100_000;
        config.origins = [LISTED.to_owned()].into();
    })
    .await
}

fn preflight(desk: &Desk, origin: &str, path: &str) -> Request<axum::body::Body> {
    let mut request = desk.request(&As::Nobody, "OPTIONS", path, None);
    let headers = request.headers_mut();
    headers.insert("origin", origin.parse().expect("a header"));
    headers.insert("access-control-request-method", "POST".parse().expect("a header"));
    let asked = "authorization,content-type,idempotency-key";
    headers.insert("access-control-request-headers", asked.parse().expect("a header"));
    request
}

fn from_page(mut request: Request<axum::body::Body>, origin: &str) -> Request<axum::body::Body> {
    request
        .headers_mut()
        .insert("origin", origin.parse().expect("a header"));
    request
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().expect("text"))
}

/// What would let a page read an answer.
fn leave(headers: &HeaderMap) -> Vec<&str> {
    let names = headers.keys().map(http::HeaderName::as_str);
    names.filter(|name| name.starts_with("access-control-")).collect()
}

#[tokio::test]
async fn a_listed_page_is_let_in_by_a_preflight_and_reads_answers_and_errors() {
    let desk = desk().await;
    let (who, account) = trading(&desk).await;
    for path in [
        format!("/api/v1/accounts/{account}/orders"),
        "/udf/history".to_owned(),
    ] {
        let answer = desk.send(preflight(&desk, LISTED, &path)).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::NO_CONTENT, 0));
        let headers = &answer.headers;
        assert_eq!(text(headers, "access-control-allow-origin"), Some(LISTED));
        assert_eq!(text(headers, "access-control-allow-credentials"), Some("true"));
        assert_eq!(text(headers, "access-control-max-age"), Some("600"));
        let methods = text(headers, "access-control-allow-methods").expect("methods");
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
        ] {
            assert!(methods.split(", ").any(|m| m == method.as_str()), "{methods}");
        }
        let allowed = text(headers, "access-control-allow-headers").expect("headers");
        for name in [
            "authorization",
            "content-type",
            "idempotency-key",
            "x-csrf-token",
            "if-match",
        ] {
            assert!(allowed.split(", ").any(|h| h == name), "{allowed}");
        }
        assert!(headers.get_all("vary").iter().any(|v| v == "origin"));
    }
    let bars = format!("/api/v1/instruments/{BTC}/bars");
    for (path, status) in [(bars.as_str(), 200), ("/api/v1/instruments/NOPE.X/bars", 404)] {
        let request = from_page(desk.request(&who, "GET", path, None), LISTED);
        let answer = desk.send(request).await;
        assert_eq!(answer.status.as_u16(), status);
        assert_eq!(text(&answer.headers, "access-control-allow-origin"), Some(LISTED));
        let exposed = text(&answer.headers, "access-control-expose-headers").expect("exposed");
        assert!(
            exposed.contains("x-request-id") && exposed.contains("retry-after"),
            "{exposed}"
        );
    }
    // Its unsafe requests are served as those of our own page: with the session's token.
    let body = json!({"name": "from a chart"});
    let request = desk.request(&who, "POST", "/api/v1/keys", Some(&body));
    assert_ne!(
        desk.send(from_page(request, LISTED)).await.status,
        StatusCode::FORBIDDEN
    );
    let mut without = desk.request(&who, "POST", "/api/v1/keys", Some(&body));
    without.headers_mut().remove("x-csrf-token");
    let answer = desk.send(from_page(without, LISTED)).await;
    assert_eq!(answer.problem(), "CSRF_REFUSED");
}

#[tokio::test]
async fn other_pages_get_no_leave_to_read_and_their_preflights_are_refused() {
    let desk = desk().await;
    let (who, _) = trading(&desk).await;
    // A look-alike is another origin, too.
    for origin in [
        OTHER,
        "null",
        "https://charts.example.org:8443",
        "http://charts.example.org",
        "*",
    ] {
        let answer = desk.send(preflight(&desk, origin, "/api/v1/keys")).await;
        assert_eq!(answer.problem(), "ORIGIN_REFUSED", "{origin}");
        assert_eq!(leave(&answer.headers), [""; 0]);
        let path = format!("/api/v1/instruments/{BTC}/bars");
        let answer = desk
            .send(from_page(desk.request(&who, "GET", &path, None), origin))
            .await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(leave(&answer.headers), [""; 0], "{origin}");
        assert!(answer.headers.get_all("vary").iter().any(|v| v == "origin"));
    }
}

#[tokio::test]
async fn by_default_no_origin_is_listed() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    let answer = desk.send(preflight(&desk, LISTED, "/api/v1/keys")).await;
    assert_eq!(answer.problem(), "ORIGIN_REFUSED");
    let path = format!("/api/v1/instruments/{BTC}/bars");
    let answer = desk
        .send(from_page(desk.request(&who, "GET", &path, None), LISTED))
        .await;
    assert_eq!(
        (answer.status, leave(&answer.headers)),
        (StatusCode::OK, Vec::new())
    );
    // A request that is no preflight is what it was.
    let answer = desk.send(desk.request(&who, "OPTIONS", &path, None)).await;
    assert_eq!(answer.problem(), "METHOD_NOT_ALLOWED");
}
