//! Entity tags: 304 for who has it already, 412 for who changes what is no longer as it was read.

use http::header;
use serde_json::{Value, json};
use tradewind_server::routes::endpoints;
use tradewind_wire::{MemberRole, Role};

use crate::access::path_of;
use crate::desk::{Answer, As, BTC, Desk, limit_buy, trading};

const CROSS: &str = include_str!("../../../../examples/scripts/ema_cross.rhai");

impl Desk {
    /// A request with a header of its own.
    pub(crate) async fn with_header(
        &self,
        who: &As,
        (method, path): (&str, &str),
        (name, value): (header::HeaderName, &str),
        body: &Value,
    ) -> Answer {
        let body = if body.is_null() { None } else { Some(body) };
        let mut request = self.request(who, method, path, body);
        let value = value.parse().expect("a header");
        request.headers_mut().insert(name, value);
        self.send(request).await
    }
}

fn tag(answer: &Answer) -> String {
    answer.headers["etag"].to_str().expect("text").to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_read_in_json_has_a_tag_and_whoever_has_it_gets_304_without_a_body() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    let account = desk.account("a-root", &[(&root, MemberRole::Owner)]).await;
    desk.quote(BTC, 100, 101).await;
    let who = desk.session(&root).await;
    let mut seen = 0;
    for endpoint in endpoints().iter().filter(|e| e.method == "GET") {
        // Counts what happens meanwhile.
        if endpoint.path == "/api/v1/status" {
            continue;
        }
        let path = path_of(endpoint, &account, root.as_str());
        let first = desk.get(&who, &path).await;
        let json = |answer: &Answer| {
            answer
                .headers
                .get("content-type")
                .is_some_and(|kind| kind == "application/json")
        };
        if first.status != 200 || !endpoint.path.starts_with("/api/v1/") || !json(&first) {
            continue;
        }
        let tag = tag(&first);
        let again = desk
            .with_header(&who, ("GET", &path), (header::IF_NONE_MATCH, &tag), &Value::Null)
            .await;
        assert_eq!(again.status, 304, "{path}");
        assert!(again.body.is_empty(), "{path}");
        assert_eq!(again.headers["etag"], first.headers["etag"], "{path}");
        let other = desk
            .with_header(
                &who,
                ("GET", &path),
                (header::IF_NONE_MATCH, "\"other\""),
                &Value::Null,
            )
            .await;
        assert_eq!((other.status.as_u16(), other.body), (200, first.body), "{path}");
        seen += 1;
    }
    assert!(seen > 40, "{seen} endpoints answered");
}

#[tokio::test]
async fn a_strategy_is_switched_replaced_and_removed_only_as_it_was_read() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    let list = format!("/api/v1/accounts/{account}/strategies");
    let one = format!("{list}/mine");
    let body = |fast: u32| json!({"strategy": "mine", "script": CROSS, "parameters": {"fast": fast}, "instruments": [BTC], "interval": "1m"});
    let send = async |method: &str, path: &str, tag: &str, body: Value| {
        desk.with_header(&who, (method, path), (header::IF_MATCH, tag), &body)
            .await
    };
    let none = send("POST", &list, "*", body(5)).await;
    assert_eq!(
        (none.status.as_u16(), none.problem().as_str()),
        (412, "VERSION_CONFLICT")
    );
    let made = desk.call(&who, "POST", &list, body(5)).await;
    assert_eq!(made.status, 200, "{}", String::from_utf8_lossy(&made.body));
    let first = tag(&made);
    assert_eq!(tag(&desk.get(&who, &one).await), first);
    let replaced = send("POST", &list, &first, body(6)).await;
    assert_eq!(replaced.status, 200);
    let second = tag(&replaced);
    assert_ne!(first, second);
    for (method, path, body) in [
        ("POST", &list, body(7)),
        ("PATCH", &one, json!({"enabled": false})),
        ("DELETE", &one, Value::Null),
    ] {
        let stale = send(method, path, &first, body).await;
        assert_eq!(
            (stale.status.as_u16(), stale.problem().as_str()),
            (412, "VERSION_CONFLICT"),
            "{method}"
        );
    }
    assert_eq!(
        desk.get(&who, &one).await.json()["deployment"]["parameters"],
        json!({"fast": "6"})
    );
    let off = send("PATCH", &one, &second, json!({"enabled": false})).await;
    assert_eq!(
        (off.status.as_u16(), &off.json()["status"]),
        (200, &"STOPPED".into())
    );
    assert_eq!(send("DELETE", &one, &second, Value::Null).await.status, 412);
    assert_eq!(send("DELETE", &one, &tag(&off), Value::Null).await.status, 204);
}

#[tokio::test]
async fn an_override_is_replaced_and_taken_away_only_as_it_was_read() {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::Admin).await;
    let who = desk.session(&root).await;
    let path = "/api/v1/calendars/XNYS/overrides/2026-12-01";
    let holiday = |name: &str| json!({"kind": "HOLIDAY", "name": name});
    let send = async |method: &str, tag: &str, body: Value| {
        desk.with_header(&who, (method, path), (header::IF_MATCH, tag), &body)
            .await
    };
    assert_eq!(
        send("PUT", "*", holiday("one")).await.status,
        412,
        "there is none"
    );
    assert_eq!(desk.call(&who, "PUT", path, holiday("one")).await.status, 200);
    let listed = async || {
        let list = desk.get(&who, "/api/v1/calendars/XNYS/overrides").await.json();
        list["overrides"][0]["etag"].as_str().expect("a tag").to_owned()
    };
    let first = listed().await;
    let second = send("PUT", &first, holiday("two")).await;
    assert_eq!(second.status, 200, "{}", String::from_utf8_lossy(&second.body));
    assert_eq!(second.json()["overrides"][0]["etag"], listed().await);
    assert_eq!(
        send("PUT", &first, holiday("three")).await.problem(),
        "VERSION_CONFLICT"
    );
    assert_eq!(
        send("DELETE", &first, Value::Null).await.problem(),
        "VERSION_CONFLICT"
    );
    assert_eq!(send("DELETE", &listed().await, Value::Null).await.status, 200);
}

#[tokio::test]
async fn an_order_and_the_way_of_keeping_books_change_only_on_the_version_that_was_read() {
    let desk = Desk::open().await;
    let (who, account) = trading(&desk).await;
    let base = format!("/api/v1/accounts/{account}");
    let placed = desk
        .call(
            &who,
            "POST",
            &format!("{base}/orders"),
            limit_buy("o1", "0.5", "99"),
        )
        .await;
    assert_eq!(placed.status, 201);
    desk.pass(std::time::Duration::from_millis(1)).await;
    let one = format!("{base}/orders/o1");
    let read = desk.get(&who, &one).await;
    assert_eq!(tag(&read), format!("\"{}\"", read.json()["version"]));
    let change = async |tag: &str, body: Value| {
        desk.with_header(&who, ("PATCH", &one), (header::IF_MATCH, tag), &body)
            .await
    };
    let price = json!({"price": "98"});
    assert_eq!(
        change("\"999\"", price.clone()).await.problem(),
        "VERSION_CONFLICT"
    );
    let torn = json!({"price": "98", "version": 998});
    assert_eq!(change(&tag(&read), torn).await.problem(), "VERSION_CONFLICT");
    assert_eq!(change(&tag(&read), price).await.status, 202);

    let settings = format!("{base}/ledger/settings");
    let read = desk.get(&who, &settings).await;
    let mut body = read.json();
    let version = body["version"].take();
    assert_eq!(tag(&read), format!("\"{version}\""));
    body.as_object_mut().expect("object").remove("version");
    body["expected_version"] = version;
    let put = async |tag: &str| {
        desk.with_header(&who, ("PUT", &settings), (header::IF_MATCH, tag), &body)
            .await
    };
    assert_eq!(put("\"77\"").await.problem(), "VERSION_CONFLICT");
    let done = put(&tag(&read)).await;
    assert_eq!(done.status, 200, "{}", String::from_utf8_lossy(&done.body));
    assert_eq!(put(&tag(&read)).await.status, 412);
}
