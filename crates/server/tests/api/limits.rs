//! Rate limits: told in headers, enforced by class, raisable.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::ConnectInfo;
use serde_json::{Value, json};
use tradewind_server::limits::Rate;

use crate::desk::{As, Desk, limit_buy, trading};

#[tokio::test]
async fn the_eleventh_order_of_a_second_is_refused_with_when_to_come_back_and_cancels_still_pass() {
    // The account's own limit is wide here: this is about that of the person.
    let desk = Desk::with(|config| config.rates.rates.account_orders = Rate::new(1_000, 1)).await;
    let (who, account) = trading(&desk).await;
    let path = format!("/api/v1/accounts/{account}/orders");
    for n in 0..10 {
        let answer = desk.call(&who, "POST", &path, json!({})).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.headers["x-ratelimit-limit"], "10");
        assert_eq!(answer.headers["x-ratelimit-remaining"], (9 - n).to_string());
        assert_eq!(
            answer.headers["ratelimit-policy"],
            "\"order\";q=10;w=1, \"account-orders\";q=1000;w=1"
        );
    }
    let refused = desk.call(&who, "POST", &path, json!({})).await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (429, "RATE_LIMITED")
    );
    assert_eq!(refused.headers["retry-after"], "1");
    assert!(refused.headers.contains_key("ratelimit"));
    let cancel = desk
        .call(&who, "POST", &format!("{path}/cancel-all"), Value::Null)
        .await;
    assert_eq!(cancel.status, 202);
    desk.clock.advance(Duration::from_millis(100));
    assert_eq!(desk.call(&who, "POST", &path, json!({})).await.status, 422);
}

#[tokio::test]
async fn failed_sign_ins_are_limited_by_address_and_good_ones_cost_nothing() {
    let desk = Desk::with(|_| ()).await;
    desk.person("asha", tradewind_wire::Role::Trader).await;
    let good = json!({"username": "asha", "password": crate::desk::PASSWORD});
    for _ in 0..12 {
        assert_eq!(
            desk.call(&As::Nobody, "POST", "/api/v1/session", good.clone())
                .await
                .status,
            200
        );
    }
    for n in 0..5 {
        let bad = json!({"token": format!("guess-{n}")});
        assert_eq!(
            desk.call(&As::Nobody, "POST", "/api/v1/session/link", bad)
                .await
                .status,
            401
        );
    }
    let refused = desk.call(&As::Nobody, "POST", "/api/v1/session", good).await;
    assert_eq!(refused.problem(), "RATE_LIMITED");
}

#[tokio::test]
async fn the_addresses_of_an_ipv6_network_guess_together() {
    let desk = Desk::with(|_| ()).await;
    let guess = async |address: &str| {
        let body = json!({"token": "guess"});
        let mut request = desk.request(&As::Nobody, "POST", "/api/v1/session/link", Some(&body));
        let peer: SocketAddr = format!("[{address}]:1").parse().expect("address");
        request.extensions_mut().insert(ConnectInfo(peer));
        desk.send(request).await.problem()
    };
    for n in 1..=5 {
        assert_eq!(guess(&format!("2001:db8:1:2::{n}")).await, "CREDENTIALS_REFUSED");
    }
    assert_eq!(guess("2001:db8:1:2:ffff::6").await, "RATE_LIMITED");
    assert_eq!(guess("2001:db8:1:3::1").await, "CREDENTIALS_REFUSED");
}

#[tokio::test]
async fn a_load_test_can_raise_all_limits() {
    let desk = Desk::with(|config| config.rates.multiplier = 1_000).await;
    let (who, account) = trading(&desk).await;
    for _ in 0..200 {
        let answer = desk
            .call(
                &who,
                "POST",
                &format!("/api/v1/accounts/{account}/orders"),
                json!({}),
            )
            .await;
        assert_eq!(answer.status, 422);
    }
}

#[tokio::test]
async fn the_eleventh_order_of_a_minute_on_an_account_is_refused_whoever_sends_it_and_batches_count_whole() {
    let desk = Desk::with(|_| ()).await;
    let (who, account) = trading(&desk).await;
    let bela = desk.person("bela", tradewind_wire::Role::Trader).await;
    let other = desk
        .account("a-bela", &[(&bela, tradewind_wire::MemberRole::Owner)])
        .await;
    let path = format!("/api/v1/accounts/{account}/orders");
    let orders: Vec<Value> = (0..9)
        .map(|n| limit_buy(&format!("o{n}"), "0.01", "50"))
        .collect();
    let batch = json!({"mode": "INDEPENDENT", "orders": orders});
    let sent = desk
        .call(&who, "POST", &format!("{path}/batch"), batch.clone())
        .await;
    assert_eq!(sent.status, 201, "{}", String::from_utf8_lossy(&sent.body));
    let key = desk
        .key(&"u-asha".parse().expect("id"), &crate::access::ALL_SCOPES, None)
        .await;
    assert_eq!(
        desk.call(&key, "POST", &path, limit_buy("o9", "0.01", "50"))
            .await
            .status,
        201
    );
    let refused = desk
        .call(&who, "POST", &path, limit_buy("o10", "0.01", "50"))
        .await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (429, "RATE_LIMITED")
    );
    assert_eq!(refused.headers["retry-after"], "6");
    assert_eq!(refused.headers["x-ratelimit-limit"], "10");
    let none = desk.get(&who, &format!("{path}/o10")).await;
    assert_eq!(none.problem(), "ORDER_UNKNOWN", "it came past the limit");
    // Another cannot spend what the account has, and has room on the own one.
    let bela = desk.session(&bela).await;
    assert_eq!(
        desk.call(&bela, "POST", &path, limit_buy("x", "0.01", "50"))
            .await
            .status,
        404
    );
    let own = format!("/api/v1/accounts/{other}/orders");
    assert_eq!(
        desk.call(&bela, "POST", &own, limit_buy("x", "0.01", "50"))
            .await
            .status,
        201
    );
    desk.clock.advance(Duration::from_secs(6));
    let whole = desk.call(&who, "POST", &format!("{path}/batch"), batch).await;
    assert_eq!(
        whole.problem(),
        "RATE_LIMITED",
        "a batch passes whole or not at all"
    );
    assert_eq!(whole.headers["x-ratelimit-limit"], "10");
}

#[tokio::test]
async fn a_batch_that_never_fits_is_told_what_would_and_spends_nothing() {
    let desk = Desk::with(|_| ()).await;
    let (who, account) = trading(&desk).await;
    let path = format!("/api/v1/accounts/{account}/orders/batch");
    let batch = |size: usize| {
        let orders: Vec<Value> = (0..size)
            .map(|n| limit_buy(&format!("o{n}"), "0.01", "50"))
            .collect();
        json!({"mode": "INDEPENDENT", "orders": orders})
    };
    let never = desk.call(&who, "POST", &path, batch(11)).await;
    assert_eq!(
        (never.status.as_u16(), never.field().as_str()),
        (422, "orders:OUT_OF_RANGE")
    );
    assert!(!never.headers.contains_key("retry-after"));
    let fits = desk.call(&who, "POST", &path, batch(10)).await;
    assert_eq!(fits.status, 201, "{}", String::from_utf8_lossy(&fits.body));
    assert_eq!(fits.headers["x-ratelimit-remaining"], "0");
}

#[tokio::test]
async fn what_no_route_answers_counts_for_its_address() {
    let desk = Desk::with(|config| config.rates.rates.address = Rate::new(3, 60)).await;
    let ask = async |method: &str, path: &str| desk.call(&As::Nobody, method, path, Value::Null).await;
    assert_eq!(ask("GET", "/api/v1/nothing").await.status, 404);
    let other = ask("PATCH", "/api/v1/session").await;
    assert_eq!(
        (other.status.as_u16(), other.problem().as_str()),
        (405, "METHOD_NOT_ALLOWED")
    );
    assert!(other.headers.contains_key("allow"));
    assert_eq!(ask("GET", "/").await.status, 200);
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/api/v1/nothing"),
        ("PATCH", "/api/v1/session"),
    ] {
        let refused = ask(method, path).await;
        assert_eq!(
            (refused.status.as_u16(), refused.problem().as_str()),
            (429, "RATE_LIMITED"),
            "{path}"
        );
        assert!(refused.headers.contains_key("retry-after"));
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_each_client_has_limits_of_its_own_and_nobody_names_an_address_by_itself() {
    let desk = Desk::with(|config| {
        config
            .proxies
            .trusted
            .0
            .push("203.0.113.7".parse().expect("a network"));
    })
    .await;
    let guess = async |peer: &str, forwarded: &str| {
        let body = json!({"token": "guess"});
        let mut request = desk.request(&As::Nobody, "POST", "/api/v1/session/link", Some(&body));
        let peer: SocketAddr = format!("{peer}:1").parse().expect("address");
        request.extensions_mut().insert(ConnectInfo(peer));
        let value = forwarded.parse().expect("header");
        request.headers_mut().insert("x-forwarded-for", value);
        desk.send(request).await.problem()
    };
    for n in 0..5 {
        // What stands further left is the client's own word.
        let forwarded = format!("6.6.6.{n}, 192.0.2.1");
        assert_eq!(guess("203.0.113.7", &forwarded).await, "CREDENTIALS_REFUSED");
    }
    assert_eq!(guess("203.0.113.7", "6.6.6.6, 192.0.2.1").await, "RATE_LIMITED");
    assert_eq!(guess("203.0.113.7", "192.0.2.2").await, "CREDENTIALS_REFUSED");
    for n in 0..5 {
        let forwarded = format!("198.51.100.{n}");
        assert_eq!(guess("203.0.113.8", &forwarded).await, "CREDENTIALS_REFUSED");
    }
    assert_eq!(guess("203.0.113.8", "198.51.100.9").await, "RATE_LIMITED");
}
