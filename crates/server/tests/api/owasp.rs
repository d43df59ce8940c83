//! The OWASP API Security Top 10 (2023), one after the other: for each risk what must not be possible. The long forms are
//! elsewhere and named in `docs/security.md`; here stands at least one attack for each, so that none is forgotten.

use std::time::Duration;

use serde_json::{Value, json};
use tradewind_server::access::Rule;
use tradewind_server::routes::endpoints;
use tradewind_server::{App, limits::Rate};
use tradewind_wire::{MemberRole, Role, Scope};

use crate::access::path_of;
use crate::desk::{As, Desk, PASSWORD, limit_buy, trading};

/// API1: the object is somebody else's.
#[tokio::test]
async fn api1_an_object_of_another_is_answered_like_one_that_is_not_there() {
    let desk = Desk::open().await;
    let (_, account) = trading(&desk).await;
    let foe = desk.person("foe", Role::Trader).await;
    let who = desk.session(&foe).await;
    for (theirs, ghost) in [
        (format!("/api/v1/accounts/{account}"), "/api/v1/accounts/a-ghost"),
        (
            format!("/api/v1/accounts/{account}/orders"),
            "/api/v1/accounts/a-ghost/orders",
        ),
    ] {
        let (theirs, ghost) = (desk.get(&who, &theirs).await, desk.get(&who, ghost).await);
        assert_eq!((theirs.status.as_u16(), ghost.status.as_u16()), (404, 404));
        for field in ["error_code", "title", "detail"] {
            assert_eq!(theirs.json()[field], ghost.json()[field]);
        }
    }
}

/// API2: the credential is guessed, stale, or somebody else's.
#[tokio::test]
async fn api2_credentials_that_are_wrong_over_or_altered_open_nothing() {
    let desk = Desk::open().await;
    let asha = desk.person("asha", Role::Trader).await;
    let As::Key(key) = desk.key(&asha, &[Scope::Read], None).await else {
        panic!("a key")
    };
    let mut altered = key.clone();
    let last = if altered.pop() == Some('0') { '1' } else { '0' };
    altered.push(last);
    let prefix: String = key.chars().take(12).collect();
    for bad in [
        altered,
        prefix,
        "twk_".to_owned(),
        String::new(),
        "twk_a_b".to_owned(),
    ] {
        let answer = desk.get(&As::Key(bad.clone()), "/api/v1/accounts").await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (401, "CREDENTIALS_REFUSED"),
            "{bad}"
        );
    }
    let session = desk.session(&asha).await;
    desk.clock.advance(Duration::from_secs(8 * 3_600 + 1));
    assert_eq!(desk.get(&session, "/api/v1/accounts").await.status, 401);
    let wrong = json!({"username": "asha", "password": "wrong boats under bridges"});
    let nobody = json!({"username": "nobody", "password": "wrong boats under bridges"});
    let sign_in = async |body: Value| desk.call(&As::Nobody, "POST", "/api/v1/session", body).await;
    let (wrong, nobody) = (sign_in(wrong).await, sign_in(nobody).await);
    assert_eq!(
        wrong.json()["detail"],
        nobody.json()["detail"],
        "it tells which names there are"
    );
}

/// API3: a property is set or read that is none of the caller's business.
#[tokio::test]
async fn api3_nobody_sets_a_property_that_is_not_theirs_to_set() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    let mut order = limit_buy("o1", "0.1", "99");
    for (field, value) in [
        ("state", json!("FILLED")),
        ("filled_quantity", json!("1")),
        ("account", json!("a-other")),
        ("version", json!(7)),
    ] {
        order[field] = value;
        let answer = desk
            .call(
                &who,
                "POST",
                &format!("/api/v1/accounts/{account}/orders"),
                order.clone(),
            )
            .await;
        assert_eq!(answer.field(), format!("{field}:UNKNOWN_FIELD"));
        order.as_object_mut().expect("object").remove(field);
    }
    let root = desk.person("root", Role::Admin).await;
    let admin = desk.session(&root).await;
    let people = desk.get(&admin, "/api/v1/users").await;
    let text = String::from_utf8_lossy(&people.body);
    assert!(!text.contains("argon2") && !text.contains("password"), "{text}");
    let boss =
        json!({"username": "boss", "display_name": "Boss", "password": PASSWORD, "role": "SUPER_ADMIN"});
    assert_eq!(
        desk.call(&admin, "POST", "/api/v1/users", boss).await.problem(),
        "FORBIDDEN"
    );
}

/// API4: more is asked for than anybody needs.
#[tokio::test]
async fn api4_what_is_too_much_is_refused_before_it_costs_anything() {
    let desk = Desk::with(|config| config.rates.rates.read = Rate::new(3, 60)).await;
    let (who, account) = trading(&desk).await;
    let orders = format!("/api/v1/accounts/{account}/orders");
    assert_eq!(
        desk.get(&who, &format!("{orders}?limit=501")).await.field(),
        "limit:OUT_OF_RANGE"
    );
    let batch: Vec<Value> = (0..21)
        .map(|n| limit_buy(&format!("o{n}"), "0.01", "99"))
        .collect();
    let batch = json!({"mode": "INDEPENDENT", "orders": batch});
    assert_eq!(
        desk.call(&who, "POST", &format!("{orders}/batch"), batch)
            .await
            .field(),
        "orders:OUT_OF_RANGE"
    );
    let long = json!({"reason": "x".repeat(1_000_001)});
    let long = desk
        .call(
            &who,
            "POST",
            &format!("/api/v1/accounts/{account}/kill-switch"),
            long,
        )
        .await;
    assert_eq!(
        (long.status.as_u16(), long.problem().as_str()),
        (413, "BODY_TOO_LARGE")
    );
    for _ in 0..2 {
        assert_eq!(desk.get(&who, &orders).await.status, 200);
    }
    let refused = desk.get(&who, &orders).await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (429, "RATE_LIMITED")
    );
    assert!(refused.headers.contains_key("retry-after"));
}

/// API5: the function is for others.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn api5_every_function_of_administrators_is_refused_to_everybody_else() {
    let desk = Desk::open().await;
    let viewer = desk.person("viewer", Role::Viewer).await;
    let who = desk.session(&viewer).await;
    let account = desk.account("a-viewer", &[(&viewer, MemberRole::Owner)]).await;
    let mut seen = 0;
    for endpoint in endpoints() {
        let admins = matches!(endpoint.action.rule(), Rule::Roles(roles) | Rule::RolesOrLocal(roles) if !roles.contains(&Role::Viewer));
        if !admins {
            continue;
        }
        let body = if endpoint.method == "GET" {
            Value::Null
        } else {
            json!({})
        };
        let answer = desk
            .call(
                &who,
                endpoint.method,
                &path_of(&endpoint, &account, "u-viewer"),
                body,
            )
            .await;
        assert_eq!(
            (answer.status.as_u16(), answer.problem().as_str()),
            (403, "FORBIDDEN"),
            "{}",
            endpoint.path
        );
        seen += 1;
    }
    assert!(seen > 10, "{seen} functions were tried");
}

/// API6: a sensitive flow is run by a machine, again and again.
#[tokio::test]
async fn api6_orders_and_money_are_bounded_per_account_and_happen_once() {
    let desk = Desk::with(|_| ()).await;
    let (who, account) = trading(&desk).await;
    let orders = format!("/api/v1/accounts/{account}/orders");
    let mut taken = 0;
    for n in 0..30 {
        let answer = desk
            .call(&who, "POST", &orders, limit_buy(&format!("o{n}"), "0.01", "50"))
            .await;
        taken += u32::from(answer.status == 201);
    }
    assert_eq!(taken, 10, "a flood of orders came through");
    let money = json!({"amount": "5", "currency": "USD", "reason": "x"});
    let path = format!("/api/v1/accounts/{account}/transfers");
    assert_eq!(
        desk.call(&who, "POST", &path, money.clone()).await.problem(),
        "IDEMPOTENCY_KEY_MISSING"
    );
    for _ in 0..3 {
        let mut request = desk.request(&who, "POST", &path, Some(&money));
        request
            .headers_mut()
            .insert("idempotency-key", "once".parse().expect("header"));
        assert_eq!(desk.send(request).await.status, 201);
    }
    let balances = desk
        .get(&who, &format!("/api/v1/accounts/{account}/balances"))
        .await
        .json();
    assert_eq!(balances["items"][0]["total"], "100005");
}

/// API7: the server is made to ask elsewhere.
#[tokio::test]
async fn api7_no_header_or_path_makes_the_server_ask_or_answer_elsewhere() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    // That no body or query names an address is `no_request_carries_an_address_to_connect_to`.
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-original-url", "http://169.254.169.254/latest/meta-data"),
        ("x-rewrite-url", "/api/v1/users"),
        ("x-http-method-override", "DELETE"),
    ] {
        let mut request = desk.request(&who, "GET", "/api/v1/accounts", None);
        request.headers_mut().insert(name, value.parse().expect("header"));
        let answer = desk.send(request).await;
        let text = format!("{:?} {}", answer.headers, String::from_utf8_lossy(&answer.body));
        assert_eq!(answer.status, 200, "{name}");
        assert!(
            !text.contains("evil.example") && !text.contains("169.254"),
            "{text}"
        );
        assert_eq!(
            answer.json()["items"].as_array().map(Vec::len),
            Some(1),
            "{name} led elsewhere"
        );
    }
    let mut request = desk.request(&who, "GET", "/api/v1/accounts", None);
    request
        .headers_mut()
        .insert("host", "evil.example".parse().expect("header"));
    assert_eq!(desk.send(request).await.problem(), "HOST_REFUSED");
}

/// API8: the configuration lets too much out.
#[tokio::test]
async fn api8_every_answer_is_closed_by_default_and_tells_nothing_of_the_inside() {
    let desk = Desk::open().await;
    let (who, _) = trading(&desk).await;
    for (method, path) in [
        ("GET", "/api/v1/accounts"),
        ("GET", "/api/v1/nothing"),
        ("TRACE", "/api/v1/accounts"),
    ] {
        let answer = desk.call(&who, method, path, Value::Null).await;
        for header in [
            "content-security-policy",
            "x-content-type-options",
            "x-frame-options",
            "referrer-policy",
        ] {
            assert!(answer.headers.contains_key(header), "{method} {path}: {header}");
        }
        assert!(
            !answer.headers.contains_key("access-control-allow-origin")
                && !answer.headers.contains_key("server")
        );
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        for inside in ["panicked", "sqlx", "src/", ".rs:", "SELECT"] {
            assert!(!text.contains(inside), "{path}: {text}");
        }
    }
    let refused = desk.call(&who, "TRACE", "/api/v1/accounts", Value::Null).await;
    assert_eq!(refused.problem(), "METHOD_NOT_ALLOWED");
}

/// API9: something is served that nobody knows of.
#[tokio::test]
async fn api9_what_is_served_is_in_the_document_and_what_goes_is_announced() {
    let desk = Desk::open().await;
    let document: Value = serde_json::from_str(&App::openapi(desk.state.clone())).expect("json");
    let mut described = 0;
    for item in document["paths"].as_object().expect("paths").values() {
        let methods = ["get", "post", "put", "patch", "delete"];
        described += methods.iter().filter(|method| item[**method].is_object()).count();
    }
    assert_eq!(described, endpoints().len());
    for path in [
        "/api",
        "/api/v2/accounts",
        "/api/v1",
        "/api/v1/debug",
        "/api/v1/internal",
        "/actuator",
        "/api/v0/accounts",
    ] {
        let answer = desk.get(&As::Nobody, path).await;
        assert!(
            answer
                .headers
                .get("content-type")
                .is_none_or(|kind| kind != "application/json"),
            "{path} answers"
        );
    }
    let notice = tradewind_server::middleware::NOTICE_S;
    assert!(
        tradewind_server::middleware::DEPRECATED
            .iter()
            .all(|row| row.sunset >= row.since + notice)
    );
}

/// API10: what another service says is believed.
#[tokio::test]
async fn api10_what_a_proxy_or_a_file_of_a_broker_says_is_checked_like_any_input() {
    let desk = Desk::with(|config| {
        config.rates.multiplier = 100_000;
        config
            .proxies
            .trusted
            .0
            .push("203.0.113.7".parse().expect("a network"));
    })
    .await;
    let (who, account) = trading(&desk).await;
    for forwarded in [
        "",
        "unknown",
        "<script>",
        "999.1.1.1",
        "192.0.2.1, , ,",
        "' OR 1=1 --",
    ] {
        let mut request = desk.request(&who, "GET", "/api/v1/accounts", None);
        request
            .headers_mut()
            .insert("x-forwarded-for", forwarded.parse().expect("header"));
        assert_eq!(desk.send(request).await.status, 200, "{forwarded}");
    }
    let path = format!("/api/v1/accounts/{account}/statements/preview?preset=generic");
    for file in [
        "time,type\n=cmd|' /C calc'!A0,x\n",
        "\u{0}\u{1}\u{2}",
        "a,b\n\"unclosed",
    ] {
        let mut request = desk.request(&who, "POST", &path, Some(&Value::Null));
        request
            .headers_mut()
            .insert("content-type", "text/csv".parse().expect("header"));
        *request.body_mut() = file.to_owned().into();
        let answer = desk.send(request).await;
        assert!(!answer.status.is_server_error(), "{}: {file:?}", answer.status);
        assert_ne!(answer.json()["booked"], json!(1), "{file:?} was booked");
    }
}
