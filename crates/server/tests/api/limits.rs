//! Rate limits: told in headers, enforced by class, raisable.

use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::ConnectInfo;
use serde_json::{Value, json};
use tradewind_server::config::RateConfig;

use crate::desk::{As, Desk, trading};

#[tokio::test]
async fn the_eleventh_order_of_a_second_is_refused_with_when_to_come_back_and_cancels_still_pass() {
    let desk = Desk::with(|_| ()).await;
    let (who, account) = trading(&desk).await;
    let path = format!("/api/v1/accounts/{account}/orders");
    for n in 0..10 {
        let answer = desk.call(&who, "POST", &path, json!({})).await;
        assert_eq!(answer.status, 422);
        assert_eq!(answer.headers["x-ratelimit-limit"], "10");
        assert_eq!(answer.headers["x-ratelimit-remaining"], (9 - n).to_string());
        assert_eq!(answer.headers["ratelimit-policy"], "\"order\";q=10;w=1");
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
    let desk = Desk::with(|config| config.rates = RateConfig { multiplier: 1_000 }).await;
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
