//! Limits and what happens at them.

use serde_json::json;

use super::harness::{quotes, serve, serve_in_memory};
use crate::hub::HubConfig;

#[tokio::test]
async fn subscriptions_of_a_socket_and_of_a_user_are_limited_and_given_back() {
    let served = serve(HubConfig {
        subscriptions: 2,
        subscriptions_per_user: 3,
        ..HubConfig::default()
    })
    .await;
    let asked = |symbol: &str| {
        let mut asked = quotes(symbol);
        asked["op"] = json!("subscribe");
        asked
    };
    let mut one = served.client("U1").await;
    one.subscribe(quotes("A-B")).await;
    one.subscribe(quotes("C-D")).await;
    assert_eq!(one.refused(asked("E-F")).await, "SUBSCRIPTION_LIMIT");
    let mut two = served.client("U1").await;
    two.subscribe(quotes("A-B")).await;
    assert_eq!(two.refused(asked("C-D")).await, "SUBSCRIPTION_LIMIT");
    let mut unsubscribe = quotes("A-B");
    unsubscribe["op"] = json!("unsubscribe");
    one.say(unsubscribe).await;
    assert_eq!(one.frame().await["op"], "unsubscribed");
    two.subscribe(quotes("C-D")).await;
}

#[tokio::test]
async fn sockets_of_a_user_and_of_an_address_are_limited() {
    let served = serve(HubConfig {
        sockets_per_user: 2,
        sockets_per_ip: 3,
        ..HubConfig::default()
    })
    .await;
    let one = served.client("U1").await;
    let _two = served.client("U1").await;
    assert_eq!(served.keyed("U1").await.closed().await, 4429);
    let _three = served.client("U2").await;
    assert_eq!(served.keyed("U3").await.closed().await, 4429);
    drop(one);
    while served.hub.status().sockets > 2 {
        tokio::task::yield_now().await;
    }
    let mut again = served.keyed("U1").await;
    // The place is given back a moment after the socket is gone.
    loop {
        match again.hear().await {
            super::harness::Heard::Frame(frame) => break assert_eq!(frame["op"], "welcome"),
            _ => again = served.keyed("U1").await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn messages_a_minute_are_limited() {
    let served = serve_in_memory(HubConfig {
        messages_per_minute: 5,
        ..HubConfig::default()
    });
    let mut client = served.client("U1").await;
    for _ in 0..5 {
        client.say(json!({"op": "ping"})).await;
        assert_eq!(client.frame().await["op"], "pong");
    }
    let began = tokio::time::Instant::now();
    while began.elapsed() < std::time::Duration::from_secs(61) {
        assert!(matches!(
            client.hear().await,
            super::harness::Heard::Frame(_) | super::harness::Heard::Ping
        ));
    }
    for _ in 0..5 {
        client.say(json!({"op": "ping"})).await;
        assert_eq!(client.frame().await["op"], "pong");
    }
    client.say(json!({"op": "ping"})).await;
    assert_eq!(client.closed().await, 4429);
}

#[tokio::test]
async fn messages_a_minute_of_an_address_are_limited_over_all_its_sockets() {
    let served = serve(HubConfig {
        messages_per_minute_ip: 4,
        ..HubConfig::default()
    })
    .await;
    let (mut one, mut two) = (served.client("U1").await, served.client("U2").await);
    for _ in 0..2 {
        one.say(json!({"op": "ping"})).await;
        assert_eq!(one.frame().await["op"], "pong");
        two.say(json!({"op": "ping"})).await;
        assert_eq!(two.frame().await["op"], "pong");
    }
    one.say(json!({"op": "ping"})).await;
    assert_eq!(one.closed().await, 4429);
}
