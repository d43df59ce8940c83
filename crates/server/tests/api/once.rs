//! `Idempotency-Key` over every endpoint that moves money or orders: once done, the same answer ever after.

use std::sync::mpsc;

use axum::body::Body;
use axum::response::Response;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;
use tradewind_server::App;
use tradewind_store::sql;
use tradewind_wire::{MemberRole, Role};

use crate::desk::{Answer, As, BTC, Desk};

const CROSS: &str = include_str!("../../../../examples/scripts/ema_cross.rhai");

/// Every endpoint that takes a key beside those that submit orders: path, body, and another body.
fn endpoints() -> Vec<(&'static str, Value, Value)> {
    let rate = |rate: &str| json!({"base": "EUR", "quote": "USD", "rate": rate, "ts": "2026-11-20T00:00:00Z", "source": "ECB"});
    let paper =
        |name: &str| json!({"name": name, "venue": "coinbase", "base_currency": "USD", "deposit": "5"});
    let stop = |reason: &str| json!({"flatten": false, "reason": reason});
    let income = |amount: &str| {
        let booking = json!({"task": "CASH", "kind": "INTEREST", "amount": amount, "currency": "USD"});
        json!({"booking": booking, "reason": "June"})
    };
    vec![
        ("/api/v1/accounts", paper("one"), paper("two")),
        (
            "/api/v1/accounts/a-root/orders/cancel-all",
            json!({}),
            json!({"instrument": BTC}),
        ),
        (
            "/api/v1/accounts/a-root/flatten",
            json!({}),
            json!({"instrument": BTC}),
        ),
        ("/api/v1/accounts/a-root/kill-switch", stop("a"), stop("b")),
        ("/api/v1/kill-switch", stop("a"), stop("b")),
        (
            "/api/v1/accounts/a-root/transfers",
            json!({"amount": "5", "currency": "USD", "reason": "x"}),
            json!({"amount": "6", "currency": "USD", "reason": "x"}),
        ),
        ("/api/v1/accounts/a-root/bookings", income("5"), income("6")),
        ("/api/v1/fx-rates", rate("1.08"), rate("1.09")),
        (
            "/api/v1/accounts/a-root/strategies",
            deployment("one"),
            deployment("two"),
        ),
    ]
}

fn deployment(strategy: &str) -> Value {
    json!({"strategy": strategy, "script": CROSS, "instruments": [BTC], "interval": "1m"})
}

async fn desk() -> (Desk, As) {
    let desk = Desk::open().await;
    let root = desk.person("root", Role::SuperAdmin).await;
    desk.account("a-root", &[(&root, MemberRole::Owner)]).await;
    desk.quote(BTC, 100, 101).await;
    let who = desk.session(&root).await;
    (desk, who)
}

fn keyed(desk: &Desk, who: &As, path: &str, key: &str, body: &Value) -> Request<Body> {
    let mut request = desk.request(who, "POST", path, Some(body));
    let key = key.parse().expect("header");
    request.headers_mut().insert("idempotency-key", key);
    request
}

async fn answer(response: Response) -> Answer {
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("body");
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: body.to_vec(),
    }
}

#[tokio::test]
async fn every_endpoint_with_a_key_answers_the_first_result_again_also_after_a_restart() {
    let (desk, who) = desk().await;
    let document: Value = serde_json::from_str(&App::openapi(desk.state.clone())).expect("json");
    let mut declared = Vec::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        let parameters = item["post"]["parameters"].as_array().into_iter().flatten();
        if parameters.clone().any(|p| p["name"] == "Idempotency-Key") {
            declared.push(path.replace("{account}", "a-root"));
        }
    }
    for (path, body, other) in endpoints() {
        declared.retain(|declared| declared != path);
        let send = async |key: &str, body: &Value| desk.send(keyed(&desk, &who, path, key, body)).await;
        let first = send(path, &body).await;
        let text = String::from_utf8_lossy(&first.body).into_owned();
        assert!(first.status.is_success(), "{path}: {} {text}", first.status);
        assert!(!first.headers.contains_key("idempotency-replayed"));
        let again = send(path, &body).await;
        assert_eq!((again.status, &again.body), (first.status, &first.body), "{path}");
        assert_eq!(again.headers["idempotency-replayed"], "true", "{path}");
        let changed = send(path, &other).await;
        assert_eq!(
            (changed.status.as_u16(), changed.problem().as_str()),
            (422, "IDEMPOTENCY_KEY_REUSED"),
            "{path}"
        );
        let restarted = desk.restarted().await;
        let later = restarted.oneshot(keyed(&desk, &who, path, path, &body)).await;
        let later = answer(later.expect("infallible")).await;
        assert_eq!((later.status, &later.body), (first.status, &first.body), "{path}");
        let malformed = send(&"k".repeat(65), &body).await;
        assert_eq!(malformed.field(), "Idempotency-Key:MALFORMED", "{path}");
    }
    // What submits orders has tests of its own (`orders.rs`): there the key becomes the order's id.
    // Likewise backups (`backups.rs`), which need a folder and a key.
    declared.retain(|path| !path.contains("/orders") && !path.contains("/backups"));
    assert_eq!(declared, ["/api/v1/accounts/a-root/reconciliations"]);
}

#[tokio::test]
async fn every_post_that_moves_money_or_orders_declares_a_key() {
    let (desk, _) = desk().await;
    let document: Value = serde_json::from_str(&App::openapi(desk.state.clone())).expect("json");
    // Committing a statement is known by the digest of the file, a preview and a check change nothing, and what is made of
    // charts, files, backtests, people and credentials moves no money; a secret that is shown once is not kept for a replay.
    let without = [
        "backtest",
        "calendars",
        "catalogue",
        "chart",
        "connections",
        "corporate-actions",
        "indicators",
        "jobs",
        "keys",
        "me",
        "password-reset",
        "preview",
        "commit",
        "retention",
        "scripts",
        "session",
        "setup",
        "stream",
        "tokens",
        "users",
        "audit",
        "deletion-requests",
        "organisations",
        "secrets",
        "query",
        "sizing",
        "check",
        "adjustments",
    ];
    for (path, item) in document["paths"].as_object().expect("paths") {
        let operation = &item["post"];
        if operation.is_null() {
            continue;
        }
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        let declares = parameters.any(|p| p["name"] == "Idempotency-Key");
        let exempt = path
            .split('/')
            .any(|part| without.iter().any(|word| part.starts_with(word)));
        assert!(declares || exempt, "{path} takes no Idempotency-Key");
        if declares {
            let responses = operation["responses"].as_object().expect("responses");
            assert!(responses.contains_key("422"), "{path}");
        }
    }
}

/// Stops the engine's thread until the sender is used or dropped.
async fn stall(desk: &Desk) -> mpsc::SyncSender<()> {
    let (release, wait) = mpsc::sync_channel::<()>(1);
    let (stalled, at) = tokio::sync::oneshot::channel();
    let engine = desk.engine.clone();
    tokio::spawn(async move {
        let _ = engine
            .query(move |_| {
                let _ = stalled.send(());
                let _ = wait.recv();
            })
            .await;
    });
    at.await.expect("the engine stands");
    release
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_first_is_under_way_the_same_key_answers_409_and_it_ends_though_its_asker_has_gone() {
    let (desk, who) = desk().await;
    let path = "/api/v1/accounts/a-root/transfers";
    let body = json!({"amount": "5", "currency": "USD", "reason": "x"});
    // So that identity and account are known before the engine stands.
    assert_eq!(desk.get(&who, "/api/v1/accounts/a-root").await.status, 200);
    let release = stall(&desk).await;
    let first = tokio::spawn(desk.router.clone().oneshot(keyed(&desk, &who, path, "k", &body)));
    // Until the first has taken the key the second would wait for the engine itself.
    let taken = async || {
        let row = sql::query("SELECT 1 FROM idempotency_keys WHERE idempotency_key = $1").bind("k");
        row.fetch_optional(&desk.db).await.expect("store").is_some()
    };
    while !taken().await {
        tokio::task::yield_now().await;
    }
    let second = desk.send(keyed(&desk, &who, path, "k", &body)).await;
    assert_eq!(
        (second.status.as_u16(), second.problem().as_str()),
        (409, "IDEMPOTENCY_IN_FLIGHT")
    );
    assert!(second.headers.contains_key("retry-after"));
    first.abort();
    assert!(first.await.expect_err("it was aborted").is_cancelled());
    drop(release);
    let done = loop {
        let again = desk.send(keyed(&desk, &who, path, "k", &body)).await;
        if again.status != 409 {
            break again;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(done.status, 201, "{}", String::from_utf8_lossy(&done.body));
    assert_eq!(done.headers["idempotency-replayed"], "true");
    let balances = desk.get(&who, "/api/v1/accounts/a-root/balances").await.json();
    assert_eq!(balances["items"][0]["total"], "100005");
}

#[tokio::test]
async fn an_account_that_was_opened_before_a_crash_is_found_again_by_its_key() {
    let (desk, who) = desk().await;
    let body = json!({"name": "one", "venue": "coinbase", "base_currency": "USD", "deposit": "5"});
    let open = async || {
        desk.send(keyed(&desk, &who, "/api/v1/accounts", "k", &body))
            .await
    };
    let first = open().await;
    assert_eq!(first.status, 201, "{}", String::from_utf8_lossy(&first.body));
    // As after a crash between opening and answering: our own record of the key is gone.
    desk.clock.advance(std::time::Duration::from_secs(25 * 3_600));
    let who = desk.session(&"u-root".parse().expect("id")).await;
    // The membership may be missing too: it is unknown after some errors whether the account's record was written.
    let id = first.json()["id"].as_str().expect("an id").to_owned();
    let member = sql::query("DELETE FROM memberships WHERE account = $1").bind(id.as_str());
    assert_eq!(member.execute(&desk.db).await.expect("store"), 1);
    desk.state.identity_changed();
    let again = desk
        .send(keyed(&desk, &who, "/api/v1/accounts", "k", &body))
        .await;
    assert_eq!(
        (again.status.as_u16(), &again.json()["id"]),
        (201, &first.json()["id"])
    );
    let accounts = desk.get(&who, "/api/v1/accounts").await.json();
    assert_eq!(accounts["items"].as_array().map(Vec::len), Some(2));
}

#[tokio::test]
async fn an_asker_who_leaves_before_the_key_is_taken_finds_it_answered() {
    let (desk, who) = desk().await;
    let path = "/api/v1/accounts/a-root/transfers";
    let body = json!({"amount": "5", "currency": "USD", "reason": "x"});
    // So that identity and account are known before the database stands.
    assert_eq!(desk.get(&who, "/api/v1/accounts/a-root").await.status, 200);
    let writer = desk
        .db
        .begin("idempotency u-root")
        .await
        .expect("the only writer");
    let first = tokio::spawn(desk.router.clone().oneshot(keyed(&desk, &who, path, "k", &body)));
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!first.is_finished(), "nothing held it up");
    first.abort();
    assert!(first.await.expect_err("it was aborted").is_cancelled());
    drop(writer);
    let balance =
        async || desk.get(&who, "/api/v1/accounts/a-root/balances").await.json()["items"][0]["total"].clone();
    while balance().await != "100005" {
        tokio::task::yield_now().await;
    }
    let again = loop {
        let again = desk.send(keyed(&desk, &who, path, "k", &body)).await;
        if again.status != 409 {
            break again;
        }
    };
    assert_eq!(again.headers["idempotency-replayed"], "true");
}

#[tokio::test]
async fn a_key_that_the_journal_alone_remembers_moves_nothing_else() {
    let (desk, who) = desk().await;
    let path = "/api/v1/accounts/a-root/transfers";
    let body = |amount: &str, reason: &str| json!({"amount": amount, "currency": "USD", "reason": reason});
    let first = desk.send(keyed(&desk, &who, path, "k", &body("5", "x"))).await;
    assert_eq!(first.status, 201);
    desk.clock.advance(std::time::Duration::from_secs(25 * 3_600));
    let who = desk.session(&"u-root".parse().expect("id")).await;
    for other in [body("6", "x"), body("-5", "x"), body("5", "y")] {
        let refused = desk.send(keyed(&desk, &who, path, "k", &other)).await;
        assert_eq!(
            (refused.status.as_u16(), refused.problem().as_str()),
            (422, "IDEMPOTENCY_KEY_REUSED"),
            "{other}"
        );
    }
    let same = desk
        .send(keyed(&desk, &who, path, "k", &body("5.00", " x ")))
        .await;
    assert_eq!(
        (same.status, &same.json()["id"]),
        (first.status, &first.json()["id"])
    );
}

#[tokio::test]
async fn a_refused_request_gives_its_key_back() {
    let (desk, who) = desk().await;
    let path = "/api/v1/accounts/a-root/transfers";
    let send = async |amount: &str| {
        let body = json!({"amount": amount, "currency": "USD", "reason": "x"});
        desk.send(keyed(&desk, &who, path, "k", &body)).await
    };
    assert_eq!(send("0").await.problem(), "AMOUNT_REFUSED");
    assert_eq!(send("5").await.status, 201);
    assert_eq!(send("5.00").await.headers["idempotency-replayed"], "true");
}
