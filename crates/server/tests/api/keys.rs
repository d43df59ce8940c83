//! From where, and how much, an API key may be used.

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use serde_json::{Value, json};
use tradewind_server::extract::Proxies;
use tradewind_wire::{MemberRole, Role};

use crate::desk::{Answer, As, BTC, Desk, limit_buy, trading};

async fn made(desk: &Desk, who: &As, terms: Value) -> As {
    let mut new = json!({"name": "program", "scopes": ["READ", "TRADE", "CANCEL", "MANAGE"]});
    let fields = terms.as_object().expect("an object").clone();
    new.as_object_mut().expect("an object").extend(fields);
    let made = desk.call(who, "POST", "/api/v1/keys", new).await;
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    As::Key(made.json()["key"].as_str().expect("a key").to_owned())
}

/// Asks for the session from an address, with a header of a proxy.
async fn from(desk: &Desk, key: &As, peer: &str, forwarded: Option<&str>) -> Answer {
    let mut request = desk.request(key, "GET", "/api/v1/session", None);
    let peer: SocketAddr = peer.parse().expect("an address");
    request.extensions_mut().insert(ConnectInfo(peer));
    if let Some(forwarded) = forwarded {
        let value = forwarded.parse().expect("a header");
        request.headers_mut().insert("x-forwarded-for", value);
    }
    desk.send(request).await
}

#[tokio::test]
async fn networks_that_are_none_and_limits_that_are_none_are_refused_by_field() {
    let desk = Desk::open().await;
    let user = desk.person("asha", Role::Trader).await;
    let who = desk.session(&user).await;
    for (terms, refused) in [
        (json!({"networks": []}), "networks:EMPTY"),
        (json!({"networks": vec!["10.0.0.0/8"; 33]}), "networks:TOO_MANY"),
        (
            json!({"networks": ["10.0.0.0/8", "office"]}),
            "networks[1]:MALFORMED",
        ),
        (json!({"networks": ["10.0.0.0/33"]}), "networks[0]:MALFORMED"),
        (json!({"networks": ["2001:db8::/129"]}), "networks[0]:MALFORMED"),
        (json!({"networks": ["10.0.0.0/-1"]}), "networks[0]:MALFORMED"),
        (
            json!({"networks": ["10.1.2.3/8"]}),
            "networks[0]:BITS_BEYOND_PREFIX",
        ),
        (
            json!({"requests_per_minute": 0}),
            "requests_per_minute:OUT_OF_RANGE",
        ),
        (
            json!({"orders_per_minute": 1_000_001}),
            "orders_per_minute:OUT_OF_RANGE",
        ),
    ] {
        let mut new = json!({"name": "program", "scopes": ["READ"]});
        let fields = terms.as_object().expect("an object").clone();
        new.as_object_mut().expect("an object").extend(fields);
        let answer = desk.call(&who, "POST", "/api/v1/keys", new).await;
        assert_eq!(answer.field(), refused, "{terms}");
    }
    for terms in [
        json!({"networks": "10.0.0.0/8"}),
        json!({"requests_per_minute": -1}),
        json!({"orders_per_minute": 1.5}),
    ] {
        let mut new = json!({"name": "program", "scopes": ["READ"]});
        let fields = terms.as_object().expect("an object").clone();
        new.as_object_mut().expect("an object").extend(fields);
        let answer = desk.call(&who, "POST", "/api/v1/keys", new).await;
        assert_eq!(answer.status, 422, "{terms}");
    }
    let none = desk.get(&who, "/api/v1/keys").await.json();
    assert_eq!(none["items"], json!([]), "a refused key was made");
}

#[tokio::test]
async fn a_key_holds_from_its_networks_alone_and_a_use_from_elsewhere_is_none() {
    let desk = Desk::open().await;
    let user = desk.person("asha", Role::Trader).await;
    let who = desk.session(&user).await;
    let terms = json!({"networks": ["192.0.2.0/24", "2001:db8:5::/48", "192.0.2.0/24"]});
    let key = made(&desk, &who, terms).await;
    let listed = async || desk.get(&who, "/api/v1/keys").await.json()["items"][0].clone();
    assert_eq!(
        listed().await["networks"],
        json!(["192.0.2.0/24", "2001:db8:5::/48"])
    );
    for elsewhere in ["192.0.3.1:9", "[2001:db8:6::1]:9", "127.0.0.1:9"] {
        let refused = from(&desk, &key, elsewhere, None).await;
        assert_eq!(
            (refused.status.as_u16(), refused.problem().as_str()),
            (403, "ADDRESS_REFUSED")
        );
    }
    assert_eq!(listed().await["last_used_at"], Value::Null, "nobody used it");
    for inside in ["192.0.2.200:9", "[2001:db8:5:1::1]:9", "[::ffff:192.0.2.7]:9"] {
        assert_eq!(from(&desk, &key, inside, None).await.status, 200, "{inside}");
        // What is remembered of the key lets nobody in from elsewhere.
        let refused = from(&desk, &key, "192.0.3.1:9", None).await;
        assert_eq!(refused.problem(), "ADDRESS_REFUSED");
    }
    assert_ne!(listed().await["last_used_at"], Value::Null);
    let unknown = {
        let mut request = desk.request(&key, "GET", "/api/v1/session", None);
        request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
        desk.send(request).await
    };
    assert_eq!(unknown.problem(), "ADDRESS_REFUSED", "nobody knows from where");
}

#[tokio::test]
async fn an_address_counts_when_a_trusted_proxy_names_it_and_not_when_a_client_does() {
    let desk = Desk::with(|config| {
        config.proxies = Proxies {
            trusted: tradewind_server::extract::Networks(vec!["10.0.0.1".parse().expect("a network")]),
            ..Proxies::default()
        };
    })
    .await;
    let user = desk.person("asha", Role::Trader).await;
    let who = desk.session(&user).await;
    let key = made(&desk, &who, json!({"networks": ["192.0.2.0/24"]})).await;
    let status =
        async |peer: &str, forwarded: Option<&str>| from(&desk, &key, peer, forwarded).await.status.as_u16();
    assert_eq!(status("10.0.0.1:9", Some("192.0.2.9")).await, 200);
    assert_eq!(status("10.0.0.1:9", Some("198.51.100.1")).await, 403);
    assert_eq!(status("10.0.0.1:9", Some("192.0.2.9, 198.51.100.1")).await, 403);
    assert_eq!(status("10.0.0.1:9", None).await, 403, "the proxy itself");
    assert_eq!(
        status("198.51.100.1:9", Some("192.0.2.9")).await,
        403,
        "a client's own word"
    );
}

#[tokio::test]
async fn a_key_that_may_ask_three_times_a_minute_is_refused_the_fourth_and_can_still_stop() {
    let desk = Desk::with(|_| {}).await;
    let (who, account) = trading(&desk).await;
    let slow = made(&desk, &who, json!({"requests_per_minute": 3})).await;
    let free = made(&desk, &who, json!({})).await;
    let ask = async |key: &As| desk.get(key, "/api/v1/session").await;
    for left in [2, 1, 0] {
        let answer = ask(&slow).await;
        assert_eq!(answer.status, 200);
        let told = answer.headers["ratelimit"].to_str().expect("text");
        assert!(told.contains(&format!("\"key\";r={left}")), "{told}");
    }
    let refused = ask(&slow).await;
    assert_eq!(
        (refused.status.as_u16(), refused.problem().as_str()),
        (429, "RATE_LIMITED")
    );
    assert_eq!(refused.headers["retry-after"], "20");
    assert_eq!(refused.headers["x-ratelimit-limit"], "3");
    assert_eq!(ask(&free).await.status, 200, "one key's limit was another's");
    assert_eq!(ask(&who).await.status, 200, "and its owner's");
    let stop = json!({"flatten": false, "reason": "halt"});
    let path = format!("/api/v1/accounts/{account}/kill-switch");
    let stopped = desk.call(&slow, "POST", &path, stop).await;
    assert_eq!(stopped.status, 200, "{}", String::from_utf8_lossy(&stopped.body));
}

#[tokio::test]
async fn the_orders_of_a_key_are_counted_over_all_accounts_and_a_batch_whole() {
    let desk = Desk::with(|_| {}).await;
    let (who, _) = trading(&desk).await;
    let user = "u-asha".parse().expect("id");
    desk.account("a-second", &[(&user, MemberRole::Owner)]).await;
    let key = made(&desk, &who, json!({"orders_per_minute": 3})).await;
    let order = |name: &str| limit_buy(name, "0.01", "50");
    let base = |account: &str| format!("/api/v1/accounts/{account}/orders");
    let one = desk.call(&key, "POST", &base("a-asha"), order("o1")).await;
    assert_eq!(one.status, 201, "{}", String::from_utf8_lossy(&one.body));
    let batch = |names: &[&str]| {
        let orders: Vec<Value> = names.iter().map(|name| order(name)).collect();
        json!({"mode": "INDEPENDENT", "orders": orders})
    };
    let path = format!("{}/batch", base("a-second"));
    let over = desk.call(&key, "POST", &path, batch(&["b1", "b2", "b3"])).await;
    assert_eq!(over.problem(), "RATE_LIMITED");
    assert_eq!(
        over.json()["detail"],
        "the limit of 3 key-orders requests in 60 s is used up"
    );
    // Of the refused batch nothing counted; two are left.
    let last = desk.call(&key, "POST", &path, batch(&["b1", "b2"])).await;
    assert_eq!(last.status, 201, "{}", String::from_utf8_lossy(&last.body));
    let refused = desk.call(&key, "POST", &base("a-asha"), order("o3")).await;
    assert_eq!(refused.problem(), "RATE_LIMITED");
    let own = desk.call(&who, "POST", &base("a-asha"), order("o4")).await;
    assert_eq!(own.status, 201, "the person lost what the key may not");
    assert_eq!(own.json()["instrument"], BTC);
}
