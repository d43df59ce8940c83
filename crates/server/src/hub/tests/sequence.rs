//! Snapshots, changes, numbering, resuming.

use serde_json::{Value, json};

use super::harness::{Client, private, quotes, serve, serve_in_memory};
use crate::hub::HubConfig;

/// Follows a topic from its snapshot to the change `last`; panics on any gap.
async fn follow(client: &mut Client, snapshot: &Value, last: u64) {
    let (mut n, mut seq) = (
        snapshot["data"]["n"].as_u64().expect("n"),
        snapshot["seq"].as_u64().expect("seq"),
    );
    while n < last {
        let frame = client.frame().await;
        assert_eq!(frame["op"], "delta", "{frame}");
        assert_eq!(frame["seq"].as_u64(), Some(seq + 1), "a gap in the numbering");
        assert_eq!(
            frame["data"]["n"].as_u64(),
            Some(n + 1),
            "a change is missing or comes twice"
        );
        (n, seq) = (n + 1, seq + 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_subscriber_gets_a_snapshot_and_then_every_change_while_many_publish() {
    const CHANGES: u64 = 4_000;
    let served = serve(HubConfig {
        conflate_frames: 8_000,
        conflate_bytes: 1 << 20,
        ..HubConfig::default()
    })
    .await;
    let mut opener = served.client("U1").await;
    let first = opener.subscribe(quotes("A-B")).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let source = std::sync::Arc::clone(&served.source);
        tasks.spawn(async move {
            for _ in 0..CHANGES / 4 {
                source.change("quotes:A-B.TEST").await;
                tokio::task::yield_now().await;
            }
        });
    }
    for _ in 0..12 {
        let mut client = served.client("U1").await;
        tasks.spawn(async move {
            let snapshot = client.subscribe(quotes("A-B")).await;
            follow(&mut client, &snapshot, CHANGES).await;
        });
    }
    tasks.spawn(async move { follow(&mut opener, &first, CHANGES).await });
    while let Some(done) = tasks.join_next().await {
        done.expect("no gap");
    }
}

#[tokio::test]
async fn resuming_brings_exactly_what_was_missed() {
    let served = serve(HubConfig::default()).await;
    served.people.join("U1", "A1");
    let mut client = served.client("U1").await;
    let snapshot = client.subscribe(private("orders", "A1")).await;
    for _ in 0..3 {
        served.source.change("orders:A1").await;
    }
    follow(&mut client, &snapshot, 3).await;
    drop(client);
    for _ in 0..5 {
        served.source.change("orders:A1").await;
    }

    let mut client = served.client("U1").await;
    let mut asked = private("orders", "A1");
    asked["op"] = json!("subscribe");
    asked["since"] = json!({"epoch": snapshot["epoch"], "seq": 3});
    client.say(asked).await;
    assert_eq!(client.frame().await["op"], "subscribed");
    served.source.change("orders:A1").await;
    for n in 4..=9 {
        let frame = client.frame().await;
        assert_eq!(
            (frame["op"].as_str(), frame["seq"].as_u64()),
            (Some("delta"), Some(n)),
            "{frame}"
        );
        assert_eq!(frame["data"]["n"].as_u64(), Some(n));
    }
}

#[tokio::test]
async fn who_resumes_from_before_the_history_or_from_another_epoch_gets_the_new_state() {
    let served = serve(HubConfig {
        history_frames: 4,
        ..HubConfig::default()
    })
    .await;
    let mut client = served.client("U1").await;
    let snapshot = client.subscribe(quotes("A-B")).await;
    for _ in 0..10 {
        served.source.change("quotes:A-B.TEST").await;
    }
    follow(&mut client, &snapshot, 10).await;

    let epoch = snapshot["epoch"].as_str().expect("an epoch");
    for (epoch, seq, resumes) in [
        (epoch, 6, true),
        (epoch, 5, false),
        ("other", 9, false),
        (epoch, 99, false),
    ] {
        let mut client = served.client("U1").await;
        let mut asked = quotes("A-B");
        asked["op"] = json!("subscribe");
        asked["since"] = json!({"epoch": epoch, "seq": seq});
        client.say(asked).await;
        assert_eq!(client.frame().await["op"], "subscribed");
        let frame = client.frame().await;
        if resumes {
            assert_eq!(
                (frame["op"].as_str(), frame["seq"].as_u64()),
                (Some("delta"), Some(seq + 1))
            );
        } else {
            assert_eq!(frame["op"], "snapshot", "since {epoch} {seq}");
            assert_eq!(
                (frame["seq"].as_u64(), frame["data"]["n"].as_u64()),
                (Some(10), Some(10))
            );
        }
    }
}

#[tokio::test]
async fn a_restarted_topic_begins_a_new_epoch_with_a_snapshot_for_every_reader() {
    let served = serve(HubConfig::default()).await;
    let mut client = served.client("U1").await;
    let before = client.subscribe(quotes("A-B")).await;
    served.source.change("quotes:A-B.TEST").await;
    follow(&mut client, &before, 1).await;
    served.source.restart("quotes:A-B.TEST").await;
    let after = client.frame().await;
    assert_eq!(after["op"], "snapshot");
    assert_ne!(after["epoch"], before["epoch"]);
    served.source.change("quotes:A-B.TEST").await;
    follow(&mut client, &after, 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_topic_nobody_reads_is_given_up_and_comes_back_under_another_epoch() {
    let served = serve_in_memory(HubConfig::default());
    let mut client = served.client("U1").await;
    let before = client.subscribe(quotes("A-B")).await;
    drop(client);
    tokio::time::sleep(std::time::Duration::from_secs(63)).await;
    assert!(!served.source.has("quotes:A-B.TEST"), "still fed without readers");
    let mut client = served.client("U1").await;
    let after = client.subscribe(quotes("A-B")).await;
    assert_ne!(before["epoch"], after["epoch"]);
}
