//! Every error is a problem document with a stable code, whoever made it.

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use crate::desk::{As, Desk, limit_buy, trading};

#[tokio::test]
async fn what_the_framework_refuses_is_a_problem_too() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    assert_eq!(desk.get(&who, "/api/v1/no-such").await.problem(), "NOT_FOUND");
    assert_eq!(desk.get(&who, "/api").await.problem(), "NOT_FOUND");
    let method = desk.call(&who, "PUT", "/api/v1/session", json!({})).await;
    assert_eq!(
        (method.status.as_u16(), method.problem().as_str()),
        (405, "METHOD_NOT_ALLOWED")
    );
    let allow = method.headers["allow"].to_str().expect("text");
    assert!(allow.contains("GET") && allow.contains("DELETE"), "{allow}");
    let orders = format!("/api/v1/accounts/{account}/orders");
    let mut typed = desk.request(&who, "POST", &orders, Some(&json!({})));
    typed
        .headers_mut()
        .insert("content-type", "text/plain".parse().expect("header"));
    let answer = desk.send(typed).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (415, "UNSUPPORTED_MEDIA_TYPE")
    );
    let mut picky = desk.request(&who, "GET", "/api/v1/accounts", None);
    picky
        .headers_mut()
        .insert("accept", "text/csv".parse().expect("header"));
    let answer = desk.send(picky).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (406, "NOT_ACCEPTABLE")
    );
    let upgrade = desk.get(&who, "/api/v1/stream").await;
    assert_eq!(
        (upgrade.status.as_u16(), upgrade.problem().as_str()),
        (426, "UPGRADE_REQUIRED")
    );
}

#[tokio::test]
async fn bodies_are_refused_by_name_of_what_is_wrong() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    let path = format!("/api/v1/accounts/{account}/orders");
    let raw = |text: &str| {
        let mut request = desk.request(&who, "POST", &path, Some(&Value::Null));
        *request.body_mut() = Body::from(text.to_owned());
        request
    };
    for broken in ["", "{", "{\"a\":}", "[1,", "nonsense", "{} {}"] {
        let answer = desk.send(raw(broken)).await;
        let code = answer.problem();
        assert_eq!(code, "MALFORMED_JSON", "{broken}");
    }
    // A list is no object, even where its items are what the fields of one would be.
    for list in ["[]", " [\"BTC-USD.COINBASE\"]"] {
        assert_eq!(desk.send(raw(list)).await.field(), ":MALFORMED", "{list}");
    }
    let missing = desk
        .call(&who, "POST", &path, json!({"instrument": "BTC-USD.COINBASE"}))
        .await;
    assert_eq!(missing.field(), "side:MISSING");
    let mut extra = limit_buy("o", "1", "1");
    extra["leverage"] = json!(100);
    assert_eq!(
        desk.call(&who, "POST", &path, extra).await.field(),
        "leverage:UNKNOWN_FIELD"
    );
    let mut wrong = limit_buy("o", "1", "1");
    wrong["side"] = json!("SIDEWAYS");
    assert_eq!(
        desk.call(&who, "POST", &path, wrong).await.field(),
        "side:MALFORMED"
    );
    let mut number = limit_buy("o", "1", "1");
    number["quantity"] = json!(1.5);
    assert_eq!(
        desk.call(&who, "POST", &path, number).await.field(),
        "quantity:MALFORMED"
    );
    let large = format!("{{\"instrument\": \"{}\"}}", "x".repeat(1_000_001));
    let answer = desk.send(raw(&large)).await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (413, "BODY_TOO_LARGE")
    );
    let mut announced = raw("{}");
    announced
        .headers_mut()
        .insert("content-length", "2000000".parse().expect("header"));
    assert_eq!(desk.send(announced).await.problem(), "BODY_TOO_LARGE");
}

#[tokio::test]
async fn query_strings_and_cursors_are_refused_by_field() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    let orders = format!("/api/v1/accounts/{account}/orders");
    for (query, field) in [
        ("limit=0", "limit:OUT_OF_RANGE"),
        ("limit=501", "limit:OUT_OF_RANGE"),
        ("limit=-1", "limit:MALFORMED"),
        ("limit=many", "limit:MALFORMED"),
        ("cursor=guess", "cursor:MALFORMED"),
        ("state=lost", "state:MALFORMED"),
        ("instrument=nonsense", "instrument:UNKNOWN_INSTRUMENT"),
    ] {
        assert_eq!(
            desk.get(&who, &format!("{orders}?{query}")).await.field(),
            field,
            "{query}"
        );
    }
}

#[tokio::test]
async fn the_request_id_is_taken_over_when_it_is_harmless_and_made_otherwise() {
    let desk = Desk::open().await;
    let with = |id: &str| {
        let mut request = desk.request(&As::Nobody, "GET", "/api/v1/setup", None);
        request
            .headers_mut()
            .insert("x-request-id", id.parse().expect("header"));
        request
    };
    assert_eq!(
        desk.send(with("trace-1.a_b")).await.headers["x-request-id"],
        "trace-1.a_b"
    );
    let long = "x".repeat(65);
    for odd in ["a b", "<script>", long.as_str()] {
        let answer = desk.send(with(odd)).await;
        let id = answer.headers["x-request-id"].to_str().expect("text");
        assert!(
            id.len() == 24 && id.bytes().all(|b| b.is_ascii_hexdigit()),
            "{id}"
        );
    }
}

#[tokio::test]
async fn paths_that_are_not_utf8_are_bad_requests() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    let answer = desk.get(&who, "/api/v1/instruments/%ff").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (400, "BAD_REQUEST")
    );
}

#[tokio::test]
async fn the_catalogue_has_every_code_and_nothing_internal_is_told() {
    let desk = Desk::open().await;
    let catalogue = desk.get(&As::Nobody, "/api/v1/errors").await.json();
    let items = catalogue["items"].as_array().expect("items");
    assert_eq!(items.len(), tradewind_server::Code::ALL.len());
    assert!(
        items
            .iter()
            .any(|e| e["error_code"] == "ORDER_ID_REUSED" && e["status"] == 422)
    );
}

#[tokio::test]
async fn when_the_database_is_gone_what_needs_it_answers_503_and_market_data_goes_on() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    assert_eq!(desk.get(&who, "/api/v1/quotes").await.status, 200);
    desk.db.close().await;
    // The caller is still remembered, and quotes need no database.
    assert_eq!(desk.get(&who, "/api/v1/quotes").await.status, 200);
    let answer = desk.get(&who, "/api/v1/keys").await;
    assert_eq!(
        (answer.status.as_u16(), answer.problem().as_str()),
        (503, "STORE_AWAY")
    );
    assert_eq!(answer.headers["retry-after"], "2");
    assert_eq!(desk.get(&As::Nobody, "/readyz").await.problem(), "UNAVAILABLE");
    assert_eq!(desk.get(&As::Nobody, "/healthz").await.status, 200);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let desk = Desk::open().await;
    for path in [
        "/",
        "/api/v1/setup",
        "/api/v1/no-such",
        "/healthz",
        "/api/v1/reference",
    ] {
        let answer = desk.get(&As::Nobody, path).await;
        let csp = answer.headers["content-security-policy"].to_str().expect("text");
        assert!(!csp.contains("unsafe"), "{csp}");
        for directive in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(csp.contains(directive), "{csp}");
        }
        if path.starts_with("/api/v1/setup") {
            assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        }
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["x-frame-options"], "DENY", "{path}");
        assert_eq!(answer.headers["referrer-policy"], "no-referrer", "{path}");
        assert!(answer.headers.contains_key("permissions-policy"), "{path}");
        assert!(
            !answer.headers.contains_key("strict-transport-security"),
            "HSTS without TLS"
        );
    }
    let request = Request::builder()
        .uri("/api/v1/setup")
        .header("host", "localhost")
        .body(Body::empty());
    let secure = Desk::with(|config| config.tls = true).await;
    let answer = secure.send(request.expect("request")).await;
    assert!(answer.headers.contains_key("strict-transport-security"));
}

#[tokio::test]
async fn every_code_has_a_title_a_meaning_and_a_remedy_and_its_place_on_the_page() {
    let desk = Desk::open().await;
    let list = desk.get(&As::Nobody, "/api/v1/errors").await;
    assert_eq!(list.headers["content-type"], "application/json");
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let mut request = desk.request(&As::Nobody, "GET", "/api/v1/errors", None);
    request
        .headers_mut()
        .insert("accept", browser.parse().expect("header"));
    let page = desk.send(request).await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let html = String::from_utf8(page.body).expect("text");
    let codes = list.json();
    let codes = codes["items"].as_array().expect("items");
    assert!(codes.len() > 60, "{}", codes.len());
    for code in codes {
        let text = |field: &str| code[field].as_str().unwrap_or_default().to_owned();
        let name = text("error_code");
        for field in ["title", "description", "remedy"] {
            assert!(text(field).len() > 5, "{name} has no {field}");
        }
        // The `type` of a problem leads here.
        assert!(
            html.contains(&format!("<section id=\"{name}\">")),
            "{name} is not on the page"
        );
    }
    assert!(
        !html.contains("<script") && !html.contains("style="),
        "the CSP would refuse it"
    );
}

#[tokio::test]
async fn changing_an_order_that_was_just_placed_says_that_it_is_pending_and_when_to_try_again() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    let orders = format!("/api/v1/accounts/{account}/orders");
    let placed = desk
        .call(&who, "POST", &orders, limit_buy("o1", "0.5", "99"))
        .await;
    assert_eq!(placed.json()["state"], "SUBMITTED");
    let one = format!("{orders}/o1");
    let early = desk.call(&who, "PATCH", &one, json!({"price": "98"})).await;
    assert_eq!(
        (early.status.as_u16(), early.problem().as_str()),
        (409, "ORDER_PENDING")
    );
    assert_eq!(early.headers["retry-after"], "1");
    desk.pass(std::time::Duration::from_millis(1)).await;
    assert_eq!(
        desk.call(&who, "PATCH", &one, json!({"price": "98"}))
            .await
            .status,
        202
    );
    desk.pass(std::time::Duration::from_millis(1)).await;
    assert_eq!(desk.call(&who, "DELETE", &one, Value::Null).await.status, 202);
    desk.pass(std::time::Duration::from_millis(1)).await;
    let late = desk.call(&who, "PATCH", &one, json!({"price": "97"})).await;
    assert_eq!(late.problem(), "ORDER_NOT_OPEN");
}

#[tokio::test]
async fn the_character_nul_is_refused_wherever_a_text_may_be() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    let order = limit_buy("o-1", "0.1", "50");
    let orders = format!("/api/v1/accounts/{account}/orders");
    for (field, change) in [
        ("client_order_id", json!({"client_order_id": "o\0"})),
        ("instrument", json!({"instrument": "\0"})),
    ] {
        let mut order = order.clone();
        order[field] = change[field].clone();
        let answer = desk.call(&who, "POST", &orders, order).await;
        assert_eq!(answer.status, 422, "{field}");
        assert!(answer.field().starts_with(field), "{}", answer.field());
    }
    let named = json!({"name": "a\0b", "venue": "coinbase", "base_currency": "USD", "deposit": "1"});
    let answer = desk.call(&who, "POST", "/api/v1/accounts", named).await;
    assert_eq!(
        (answer.status.as_u16(), answer.field().as_str()),
        (422, "name:NUL_CHARACTER")
    );
    let session = json!({"username": "asha\0", "password": "\0"});
    let answer = desk.call(&As::Nobody, "POST", "/api/v1/session", session).await;
    assert_eq!(answer.status, 422);
    assert!(answer.field().ends_with(":NUL_CHARACTER"), "{}", answer.field());
    // Escaped backslashes are none.
    let fine = json!({"username": "asha\\u0000", "password": "x"});
    let answer = desk.call(&As::Nobody, "POST", "/api/v1/session", fine).await;
    assert_eq!(answer.problem(), "CREDENTIALS_REFUSED");
    let answer = desk.get(&who, &format!("{orders}?state=%00")).await;
    assert_eq!(
        (answer.status.as_u16(), answer.field().as_str()),
        (422, "state:NUL_CHARACTER")
    );
    for path in [
        format!("{orders}/%00"),
        "/api/v1/chart/templates/%00".to_owned(),
        "/api/v1/users/%00".to_owned(),
    ] {
        let status = desk.get(&who, &path).await.status.as_u16();
        assert!([403, 404, 405].contains(&status), "{path}: {status}");
    }
}
