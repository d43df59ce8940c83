//! What is answered to what.

use serde_json::json;

use super::harness::{quotes, serve};
use crate::hub::HubConfig;

#[tokio::test]
async fn mistakes_are_named_and_the_socket_stays() {
    let served = serve(HubConfig::default()).await;
    let mut client = served.client("U1").await;
    for (message, code) in [
        (json!({"op": "dance"}), "UNKNOWN_OP"),
        (json!({"no": "op"}), "BAD_MESSAGE"),
        (json!({"op": "auth", "ticket": "T"}), "ALREADY_AUTHENTICATED"),
        (
            json!({"op": "subscribe", "channel": "secrets"}),
            "UNKNOWN_CHANNEL",
        ),
        (
            json!({"op": "subscribe", "channel": "quotes"}),
            "BAD_SUBSCRIPTION",
        ),
        (
            json!({"op": "subscribe", "channel": "quotes", "instrument": "nodot"}),
            "BAD_SUBSCRIPTION",
        ),
        (
            json!({"op": "subscribe", "channel": "quotes", "instrument": "NONE-X.TEST"}),
            "UNKNOWN_INSTRUMENT",
        ),
        (
            json!({"op": "subscribe", "channel": "bars", "instrument": "A-B.TEST", "interval": "7m"}),
            "BAD_SUBSCRIPTION",
        ),
        (
            json!({"op": "unsubscribe", "channel": "system"}),
            "NOT_SUBSCRIBED",
        ),
    ] {
        assert_eq!(client.refused(message.clone()).await, code, "{message}");
    }
    client.say(json!({"op": "ping"})).await;
    let pong = client.frame().await;
    assert_eq!(
        (
            pong["op"].as_str(),
            pong["server_time"].as_str().map(|t| &t[..10])
        ),
        (Some("pong"), Some("2023-11-14"))
    );
}

#[tokio::test]
async fn what_is_no_message_at_all_closes_the_socket() {
    let served = serve(HubConfig::default()).await;
    let mut client = served.client("U1").await;
    client.say_text("{").await;
    assert_eq!(client.closed().await, 4400);
    let mut client = served.client("U1").await;
    client.say_bytes(b"{\"op\":\"ping\"}").await;
    assert_eq!(client.closed().await, 4400);
    let mut client = served.client("U1").await;
    client
        .say(json!({"op": "ping", "padding": "x".repeat(5_000)}))
        .await;
    assert_eq!(client.closed().await, 1009);
}

#[tokio::test]
async fn ids_come_back_and_an_ended_subscription_is_silent() {
    let served = serve(HubConfig::default()).await;
    let mut client = served.client("U1").await;
    let mut asked = quotes("A-B");
    asked["op"] = json!("subscribe");
    asked["id"] = json!("mine");
    client.say(asked.clone()).await;
    let frame = client.frame().await;
    assert_eq!(
        (frame["id"].as_str(), frame["topic"].as_str()),
        (Some("mine"), Some("quotes:A-B.TEST"))
    );
    assert_eq!(client.frame().await["op"], "snapshot");
    assert_eq!(served.hub.status().subscriptions, 1);

    asked["op"] = json!("unsubscribe");
    client.say(asked).await;
    let frame = client.frame().await;
    assert_eq!(
        (frame["op"].as_str(), frame["id"].as_str()),
        (Some("unsubscribed"), Some("mine"))
    );
    assert_eq!(served.hub.status().subscriptions, 0);
    served.source.change("quotes:A-B.TEST").await;
    client.subscribe(quotes("C-D")).await;
}

#[tokio::test]
async fn subscribing_again_gives_one_fresh_start_and_no_change_twice() {
    let served = serve(HubConfig::default()).await;
    let mut client = served.client("U1").await;
    client.subscribe(quotes("A-B")).await;
    client.subscribe(quotes("A-B")).await;
    assert_eq!(served.hub.status().subscriptions, 1);
    for n in 1..=2 {
        served.source.change("quotes:A-B.TEST").await;
        assert_eq!(client.frame().await["data"]["n"], n);
    }
}
