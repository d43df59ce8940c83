//! Who is let in, to what, and for how long.

use std::time::Duration;

use serde_json::json;
use tokio::time::Instant;
use tradewind_types::UnixNanos;
use tradewind_types::time::SECOND_NS;

use super::harness::{Heard, private, quotes, serve, serve_in_memory};
use crate::hub::HubConfig;

const PRIVATE: [&str; 8] = [
    "orders",
    "fills",
    "positions",
    "accounts",
    "signals",
    "strategies",
    "weights",
    "ledger",
];

#[tokio::test(start_paused = true)]
async fn a_socket_that_does_not_sign_on_is_closed_after_five_seconds() {
    let served = serve_in_memory(HubConfig::default());
    let mut client = served.connect().await;
    let began = Instant::now();
    assert_eq!(client.closed().await, 4408);
    assert!((Duration::from_secs(5)..Duration::from_secs(6)).contains(&began.elapsed()));
}

#[tokio::test]
async fn a_ticket_signs_on_once() {
    let served = serve(HubConfig::default()).await;
    served.people.ticket("U1", "T1");
    let mut first = served.connect().await;
    first.say(json!({"op": "auth", "ticket": "T1"})).await;
    let welcome = first.frame().await;
    assert_eq!(
        (welcome["op"].as_str(), welcome["user"].as_str()),
        (Some("welcome"), Some("U1"))
    );
    assert_eq!(welcome["heartbeat_s"], 15);
    let mut second = served.connect().await;
    second.say(json!({"op": "auth", "ticket": "T1"})).await;
    assert_eq!(second.closed().await, 4401);
}

#[tokio::test]
async fn nothing_is_heard_before_sign_on_and_a_ticket_of_an_ended_session_is_worth_nothing() {
    let served = serve(HubConfig::default()).await;
    let mut client = served.connect().await;
    let mut asked = quotes("A-B");
    asked["op"] = json!("subscribe");
    client.say(asked).await;
    assert_eq!(client.closed().await, 4401);
    served.people.ticket("U1", "T1");
    served.people.revoke("U1");
    let mut client = served.connect().await;
    client.say(json!({"op": "auth", "ticket": "T1"})).await;
    assert_eq!(client.closed().await, 4401);
}

#[tokio::test]
async fn every_private_channel_of_anothers_account_is_refused_in_the_words_for_one_that_is_not_there() {
    let served = serve(HubConfig::default()).await;
    served.people.join("U1", "MINE");
    served.people.join("U2", "OTHERS");
    let mut client = served.client("U1").await;
    for channel in PRIVATE {
        let mut answers = Vec::new();
        for account in ["OTHERS", "NOBODYS"] {
            let mut asked = private(channel, account);
            asked["op"] = json!("subscribe");
            client.say(asked).await;
            let frame = client.frame().await;
            assert_eq!(
                (frame["op"].as_str(), frame["code"].as_str()),
                (Some("error"), Some("UNKNOWN_ACCOUNT"))
            );
            answers.push(frame["detail"].as_str().expect("a detail").replace(account, "…"));
        }
        assert_eq!(answers[0], answers[1], "{channel} tells one from the other");
        client.subscribe(private(channel, "MINE")).await;
    }
    for channel in PRIVATE {
        served.source.change(&format!("{channel}:OTHERS")).await;
        served.source.change(&format!("{channel}:MINE")).await;
        assert_eq!(client.frame().await["topic"], format!("{channel}:MINE"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_revoked_credential_ends_its_open_sockets_within_five_seconds() {
    let served = serve_in_memory(HubConfig::default());
    let mut client = served.client("U1").await;
    let mut other = served.client("U2").await;
    client.subscribe(quotes("A-B")).await;
    served.people.revoke("U1");
    let began = Instant::now();
    assert_eq!(client.closed().await, 4403);
    assert!(
        began.elapsed() <= Duration::from_secs(5),
        "took {:?}",
        began.elapsed()
    );
    other.subscribe(quotes("A-B")).await;
}

#[tokio::test(start_paused = true)]
async fn when_told_that_something_changed_the_hub_checks_at_once() {
    let served = serve_in_memory(HubConfig::default());
    let mut client = served.client("U1").await;
    served.people.revoke("U1");
    let began = Instant::now();
    served.hub.recheck();
    assert_eq!(client.closed().await, 4403);
    assert!(
        began.elapsed() < Duration::from_millis(100),
        "took {:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_lost_membership_ends_the_subscriptions_of_that_account_only() {
    let served = serve_in_memory(HubConfig::default());
    served.people.join("U1", "A1");
    served.people.join("U1", "A2");
    let mut client = served.client("U1").await;
    for account in ["A1", "A2"] {
        client.subscribe(private("orders", account)).await;
    }
    served.people.expel("U1", "A1");
    let began = Instant::now();
    let error = client.frame().await;
    assert!(
        began.elapsed() <= Duration::from_secs(5),
        "took {:?}",
        began.elapsed()
    );
    assert_eq!(
        (error["code"].as_str(), error["id"].as_str()),
        (Some("SUBSCRIPTION_REVOKED"), Some("orders:A1"))
    );
    assert_eq!(client.frame().await["op"], "unsubscribed");
    served.source.change("orders:A1").await;
    served.source.change("orders:A2").await;
    assert_eq!(client.frame().await["topic"], "orders:A2");
    let mut asked = private("orders", "A1");
    asked["op"] = json!("subscribe");
    assert_eq!(client.refused(asked).await, "UNKNOWN_ACCOUNT");
}

#[tokio::test]
async fn an_account_joined_after_sign_on_can_be_subscribed() {
    let served = serve(HubConfig::default()).await;
    let mut client = served.client("U1").await;
    served.people.join("U1", "NEW");
    client.subscribe(private("orders", "NEW")).await;
}

#[tokio::test(start_paused = true)]
async fn a_credential_that_ends_while_it_cannot_be_looked_up_closes_its_sockets_and_keeps_nobody_from_being_checked()
 {
    let served = serve_in_memory(HubConfig::default());
    let now = UnixNanos::from_secs(1_700_000_000);
    served.people.end("U1", now.plus(60 * SECOND_NS));
    let (mut ending, mut lasting) = (served.client("U1").await, served.client("U2").await);
    let mut revoked = served.client("U3").await;
    served.people.lose("U1");
    served.people.lose("U2");
    served.people.revoke("U3");
    let began = Instant::now();
    assert_eq!(revoked.closed().await, 4403);
    assert!(began.elapsed() < Duration::from_secs(5));
    // Pings are answered by reading.
    let hearing =
        tokio::spawn(async move { while !matches!(lasting.hear().await, Heard::Closed(_) | Heard::Lost) {} });
    assert_eq!(ending.closed().await, 4403);
    let took = began.elapsed();
    assert!(
        (Duration::from_secs(59)..Duration::from_secs(65)).contains(&took),
        "{took:?}"
    );
    assert!(!hearing.is_finished(), "one that lasts was closed");
}
