//! Readers that do not keep up.

use serde_json::{Value, json};

use super::harness::{Client, Heard, private, quotes, serve};
use crate::hub::HubConfig;

/// Enough to fill what the system buffers between two ends of a connection, many times.
const FLOOD: usize = 6_000;

fn bulk() -> Value {
    json!("x".repeat(4_000))
}

/// Reads until the change `last`.
async fn read_up_to(client: &mut Client, last: u64) {
    while client.frame().await["data"]["n"].as_u64() != Some(last) {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_of_quotes_is_given_the_latest_state_and_never_sees_a_gap() {
    let served = serve(HubConfig::default()).await;
    let mut slow = served.client("U1").await;
    let snapshot = slow.subscribe(quotes("A-B")).await;
    let mut witness = served.client("U2").await;
    witness.subscribe(quotes("A-B")).await;
    for n in 0..FLOOD {
        served.source.change_with("quotes:A-B.TEST", bulk()).await;
        if n % 50 == 49 {
            // The witness keeps up, so that the flood is published before the slow one reads at all.
            read_up_to(&mut witness, n as u64 + 1).await;
        }
    }
    let (mut n, mut seq) = (
        snapshot["data"]["n"].as_u64().expect("n"),
        snapshot["seq"].as_u64().expect("seq"),
    );
    let (mut deltas, mut snapshots) = (0, 0);
    while n < FLOOD as u64 {
        let frame = slow.frame().await;
        let number = frame["seq"].as_u64().expect("seq");
        n = frame["data"]["n"].as_u64().expect("n");
        if frame["op"] == "snapshot" {
            snapshots += 1;
            assert!(number >= seq);
        } else {
            deltas += 1;
            assert_eq!(number, seq + 1, "a gap without a snapshot");
        }
        assert_eq!(n, number, "the state does not belong to its number");
        seq = number;
    }
    assert!(snapshots > 0, "nothing was conflated");
    assert!(deltas < FLOOD, "nothing was skipped");
    assert!(served.hub.status().dropped > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_of_orders_is_closed_with_4409_and_resuming_brings_the_rest() {
    const ORDERS: u64 = 6_000;
    let config = HubConfig {
        history_bytes_private: 64 << 20,
        close_grace: std::time::Duration::from_secs(60),
        ..HubConfig::default()
    };
    let served = serve(config).await;
    served.people.join("U1", "A1");
    let mut slow = served.client("U1").await;
    let snapshot = slow.subscribe(private("orders", "A1")).await;
    let mut witness = served.client("U1").await;
    witness.subscribe(private("orders", "A1")).await;
    for n in 0..ORDERS {
        served.source.change_with("orders:A1", bulk()).await;
        if n % 50 == 49 {
            read_up_to(&mut witness, n + 1).await;
        }
    }
    // What had been written before arrives, in order; then the code.
    let mut seq = snapshot["seq"].as_u64().expect("seq");
    loop {
        match slow.hear().await {
            Heard::Frame(frame) if frame["op"] == "delta" => {
                assert_eq!(frame["seq"].as_u64(), Some(seq + 1));
                seq += 1;
            }
            Heard::Frame(_) | Heard::Ping => {}
            Heard::Closed(code) => {
                assert_eq!(code, 4409);
                break;
            }
            Heard::Lost => panic!("no close code"),
        }
    }
    assert!(seq < ORDERS, "it was not slow");

    let mut again = served.client("U1").await;
    let mut asked = private("orders", "A1");
    asked["op"] = json!("subscribe");
    asked["since"] = json!({"epoch": snapshot["epoch"], "seq": seq});
    again.say(asked).await;
    assert_eq!(again.frame().await["op"], "subscribed");
    // The rest is more than a queue holds, and comes all the same; so does what happens meanwhile.
    served.source.change("orders:A1").await;
    while seq < ORDERS + 1 {
        let frame = again.frame().await;
        assert_eq!(frame["op"], "delta");
        assert_eq!(frame["seq"].as_u64(), Some(seq + 1), "an order was lost");
        seq += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stalled_socket_does_not_hold_up_another() {
    let served = serve(HubConfig::default()).await;
    served.people.join("U1", "A1");
    let mut stalled = served.client("U1").await;
    stalled.subscribe(quotes("A-B")).await;
    stalled.subscribe(private("orders", "A1")).await;
    let mut lively = served.client("U1").await;
    lively.subscribe(quotes("A-B")).await;
    // The stalled one reads nothing from here on; the lively one hears every single change.
    for n in 1..=FLOOD as u64 {
        served.source.change_with("quotes:A-B.TEST", bulk()).await;
        served.source.change("orders:A1").await;
        let frame = lively.frame().await;
        assert_eq!(frame["op"], "delta", "the lively reader was conflated");
        assert_eq!(frame["data"]["n"].as_u64(), Some(n));
    }
    // The other one was left out of quotes, and its orders still fit its queue.
    assert_eq!(served.hub.status().sockets, 2);
}
