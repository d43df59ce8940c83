//! What the API must not take and must not show, over all of its endpoints.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tradewind_server::App;
use tradewind_server::identity::hash_token;
use tradewind_server::routes::endpoints;
use tradewind_wire::{MemberRole, Role};

use crate::access::{ALL_SCOPES, path_of};
use crate::desk::{As, BTC, Desk, PASSWORD, trading};

async fn document() -> Value {
    let desk = Desk::open().await;
    serde_json::from_str(&App::openapi(desk.state.clone())).expect("json")
}

/// Names of the schemas that a value refers to.
fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            let name = map.get("$ref").and_then(Value::as_str);
            found.extend(name.and_then(|path| path.rsplit('/').next()).map(str::to_owned));
            map.values().for_each(|inner| references(inner, found));
        }
        Value::Array(list) => list.iter().for_each(|inner| references(inner, found)),
        _ => {}
    }
}

/// The schemas of all that is sent in bodies, those inside others included.
fn sent(document: &Value) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    for item in document["paths"].as_object().expect("paths").values() {
        for operation in item.as_object().expect("operations").values() {
            references(&operation["requestBody"], &mut open);
        }
    }
    let mut all = BTreeSet::new();
    while let Some(name) = open.pop_first() {
        let mut inner = BTreeSet::new();
        references(&document["components"]["schemas"][&name], &mut inner);
        all.insert(name);
        open.extend(inner.difference(&all).cloned());
    }
    all
}

#[tokio::test]
async fn no_body_takes_a_field_that_its_endpoint_does_not_name() {
    let document = document().await;
    let mut objects = 0;
    for name in sent(&document) {
        let schema = &document["components"]["schemas"][&name];
        if schema["properties"].is_object() {
            objects += 1;
            assert_eq!(
                schema["additionalProperties"],
                json!(false),
                "{name} takes anything"
            );
        }
    }
    assert!(objects > 40, "{objects} objects were looked at");
}

/// The program connects to nothing that a request names.
#[tokio::test]
async fn no_request_carries_an_address_to_connect_to() {
    let document = document().await;
    let words = [
        "url", "uri", "href", "host", "webhook", "callback", "endpoint", "server",
    ];
    let addresses = |name: &str, schema: &Value| {
        let named = words.iter().any(|word| name.to_ascii_lowercase().contains(word));
        named
            || matches!(
                schema["format"].as_str(),
                Some("uri" | "uri-reference" | "hostname" | "ipv4")
            )
    };
    let mut names = 0;
    for schema in sent(&document) {
        let properties = document["components"]["schemas"][&schema]["properties"].as_object();
        for (name, of) in properties.into_iter().flatten() {
            names += 1;
            assert!(!addresses(name, of), "{schema}.{name}");
        }
    }
    for (path, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("operations").values() {
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                names += 1;
                let name = parameter["name"].as_str().expect("a name");
                assert!(!addresses(name, &parameter["schema"]), "{path}: {name}");
            }
        }
    }
    assert!(names > 200, "{names} names were looked at");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_carries_a_password_a_token_or_a_hash_of_one() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let account = desk.account("a-root", &[(&root, MemberRole::Owner)]).await;
    desk.quote(BTC, 100, 101).await;
    let who = desk.session(&root).await;
    let (As::Session { token, .. }, As::Key(key)) = (&who, desk.key(&root, &ALL_SCOPES, None).await) else {
        panic!("a session and a key")
    };
    let secret = key.splitn(3, '_').nth(2).expect("the secret part").to_owned();
    let secrets = [
        PASSWORD.to_owned(),
        "$argon2".to_owned(),
        token.clone(),
        hash_token(token),
        hash_token(&secret),
        hash_token(&key),
        secret,
    ];
    let mut seen = 0;
    for endpoint in endpoints().iter().filter(|e| e.method == "GET") {
        let answer = desk.get(&who, &path_of(endpoint, &account, root.as_str())).await;
        let headers = format!("{:?}", answer.headers);
        let body = String::from_utf8_lossy(&answer.body);
        for secret in &secrets {
            let shown = body.contains(secret.as_str()) || headers.contains(secret.as_str());
            assert!(!shown, "{} shows {secret}", endpoint.path);
        }
        seen += usize::from(answer.status.is_success());
    }
    assert!(seen > 40, "{seen} endpoints answered");
    let person = json!({"username": "cara", "display_name": "Cara", "password": PASSWORD, "role": "TRADER"});
    let made = desk.call(&who, "POST", "/api/v1/users", person).await;
    assert_eq!(made.status, 201);
    let body = String::from_utf8_lossy(&made.body);
    assert!(!body.contains(PASSWORD) && !body.contains("argon2"), "{body}");
}

#[tokio::test]
async fn methods_that_nobody_needs_are_refused() {
    let desk = Desk::open().await;
    for method in ["TRACE", "CONNECT", "PROPFIND"] {
        for path in ["/", "/api/v1/session", "/healthz"] {
            let answer = desk.call(&As::Nobody, method, path, Value::Null).await;
            assert_eq!(answer.problem(), "METHOD_NOT_ALLOWED", "{method} {path}");
        }
    }
}

/// The account in the path is the guard's; the one in the body has to be one's own as well.
#[tokio::test]
async fn money_goes_to_no_account_but_ones_own() {
    let desk = Desk::open().await;
    let ana = desk.person("ana", Role::Trader).await;
    let ben = desk.person("ben", Role::Trader).await;
    let from = desk.account("a-ana-1", &[(&ana, MemberRole::Owner)]).await;
    desk.account("a-ana-2", &[(&ana, MemberRole::Owner)]).await;
    desk.account("a-ben", &[(&ben, MemberRole::Owner)]).await;
    let shared = [(&ben, MemberRole::Owner), (&ana, MemberRole::Trader)];
    desk.account("a-shared", &shared).await;
    let path = format!("/api/v1/accounts/{from}/bookings");
    let book = async |who: &As, to: &str| {
        let task = json!({"task": "TRANSFER_TO", "to": to, "amount": "5", "currency": "USD"});
        let body = json!({"booking": task, "reason": "mine"});
        let mut request = desk.request(who, "POST", &path, Some(&body));
        let key = format!("to-{to}").parse().expect("header");
        request.headers_mut().insert("idempotency-key", key);
        desk.send(request).await
    };
    let session = desk.session(&ana).await;
    for to in ["a-ben", "a-shared", "a-ghost"] {
        assert_eq!(book(&session, to).await.field(), "to:UNKNOWN_ACCOUNT", "{to}");
    }
    let limited = desk.key(&ana, &ALL_SCOPES, Some(vec![from.clone()])).await;
    assert_eq!(book(&limited, "a-ana-2").await.field(), "to:UNKNOWN_ACCOUNT");
    let own = book(&session, "a-ana-2").await;
    assert_eq!(own.status, 201, "{}", String::from_utf8_lossy(&own.body));
}

#[tokio::test]
async fn a_page_of_another_origin_opens_no_socket() {
    let desk = Desk::open().await;
    let upgrade = |origin: &'static str| {
        let mut request = desk.request(&As::Nobody, "GET", "/api/v1/stream", None);
        let headers = [
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("origin", origin),
        ];
        for (name, value) in headers {
            request.headers_mut().insert(name, value.parse().expect("header"));
        }
        desk.send(request)
    };
    for origin in ["https://evil.example", "http://localhost:9999", "null"] {
        assert_eq!(upgrade(origin).await.problem(), "ORIGIN_REFUSED", "{origin}");
    }
    // Our own page gets further: to a request that is no connection of its own in this test.
    let own = upgrade("http://localhost:8080").await.problem();
    assert_ne!(own, "ORIGIN_REFUSED");
}

#[tokio::test]
async fn what_is_said_twice_is_refused() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    let path = format!("/api/v1/accounts/{account}/orders");
    let twice = desk.get(&who, &format!("{path}?limit=1&limit=2")).await;
    assert_eq!(
        (twice.status.as_u16(), twice.problem().as_str()),
        (422, "VALIDATION")
    );
    let mut request = desk.request(&who, "POST", &path, Some(&Value::Null));
    let text = r#"{"side": "BUY", "side": "SELL", "instrument": "BTC-USD.COINBASE", "type": "MARKET", "quantity": "1"}"#;
    *request.body_mut() = text.into();
    assert_eq!(desk.send(request).await.problem(), "VALIDATION");
}
