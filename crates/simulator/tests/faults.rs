//! Every fault, seen by a raw client on a real socket.

mod client;

use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{Client, get, try_get};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite;
use tradewind_codecs::{Decoder, KrakenV2, SymbolTable};
use tradewind_simulator::{
    Fault, FaultKind, FaultScript, ManualClock, Simulator, SimulatorConfig, SimulatorHandle, VenueKind,
};
use tradewind_types::{Market, UnixNanos};

const NOW: UnixNanos = UnixNanos::from_secs(1_795_000_030);
/// Long enough to call silence silence.
const SILENCE: Duration = Duration::from_millis(250);
const CB: VenueKind = VenueKind::Coinbase;

/// A simulator and a client that has subscribed to one message a second.
struct Rig {
    simulator: SimulatorHandle,
    clock: Arc<ManualClock>,
    client: Client,
}

impl Rig {
    async fn start(script: &str) -> Self {
        let clock = Arc::new(ManualClock::at(NOW));
        let config = SimulatorConfig {
            clock: clock.clone(),
            history: Duration::from_secs(60),
            faults: FaultScript::parse(script).expect("script"),
            ..SimulatorConfig::default()
        };
        let simulator = Simulator::start(config).await.expect("starts");
        let mut client = Client::connect(&simulator.url(CB).expect("served").ws).await;
        client
            .send(json!({"type": "subscribe", "channel": "heartbeats"}))
            .await;
        assert_eq!(client.next().await["channel"], "subscriptions");
        Self {
            simulator,
            clock,
            client,
        }
    }

    async fn with(kind: FaultKind) -> Self {
        let rig = Self::start("").await;
        rig.simulator.faults().inject(Fault::new(kind).on(CB));
        rig
    }

    /// A virtual second passes: the venue sends one heartbeat.
    fn beat(&self) {
        self.clock.advance(Duration::from_secs(1));
        self.simulator.tick();
    }

    async fn counter(&mut self) -> u64 {
        counter(&self.client.next().await)
    }

    async fn silent(&mut self) -> bool {
        timeout(SILENCE, self.client.event()).await.is_err()
    }

    async fn stop(self) {
        self.simulator.shutdown().await.expect("stops");
    }
}

fn counter(message: &Value) -> u64 {
    message["events"][0]["heartbeat_counter"]
        .as_u64()
        .unwrap_or_else(|| panic!("no heartbeat: {message}"))
}

#[tokio::test]
async fn a_dropped_message_is_missing() {
    let mut rig = Rig::with(FaultKind::Drop).await;
    rig.beat();
    rig.beat();
    assert_eq!(rig.counter().await, 1);
    rig.stop().await;
}

#[tokio::test]
async fn a_delayed_message_comes_late() {
    let mut rig = Rig::with(FaultKind::Delay {
        by: Duration::from_millis(300),
    })
    .await;
    let begun = Instant::now();
    rig.beat();
    assert_eq!(rig.counter().await, 0);
    assert!(begun.elapsed() >= Duration::from_millis(300));
    rig.stop().await;
}

#[tokio::test]
async fn reordered_messages_change_places() {
    let mut rig = Rig::with(FaultKind::Reorder).await;
    rig.beat();
    rig.beat();
    assert_eq!((rig.counter().await, rig.counter().await), (1, 0));
    rig.stop().await;
}

#[tokio::test]
async fn a_duplicated_message_comes_twice() {
    let mut rig = Rig::with(FaultKind::Duplicate).await;
    rig.beat();
    rig.beat();
    assert_eq!(
        (rig.counter().await, rig.counter().await, rig.counter().await),
        (0, 0, 1)
    );
    rig.stop().await;
}

#[tokio::test]
async fn a_truncated_message_is_half_a_message() {
    let mut rig = Rig::with(FaultKind::Truncate).await;
    rig.beat();
    let text = rig.client.text().await.expect("open");
    assert!(text.starts_with(r#"{"channel":"heartbeats""#) && serde_json::from_str::<Value>(&text).is_err());
    rig.beat();
    assert_eq!(rig.counter().await, 1);
    rig.stop().await;
}

#[tokio::test]
async fn corrupted_books_fail_their_checksum_and_stay_json() {
    let rig = Rig::start("").await;
    let mut client = Client::connect(&rig.simulator.url(VenueKind::Kraken).expect("served").ws).await;
    let params = json!({"channel": "book", "symbol": ["BTC/USD"], "depth": 10});
    client
        .send(json!({"method": "subscribe", "params": params}))
        .await;
    rig.simulator.faults().inject(
        Fault::new(FaultKind::Corrupt)
            .channel("book")
            .after_messages(5)
            .times(40),
    );
    let mut decoder = KrakenV2::new(SymbolTable::growing(Market::new("KRAKEN").expect("market")));
    let mut out = Vec::new();
    while decoder.counters().checksums_bad == 0 {
        rig.clock.advance(Duration::from_millis(200));
        rig.simulator.tick();
        while let Some(message) = client.try_next().await {
            // A corrupted time or name is refused; that is noticed as well.
            let _ = decoder.decode(message.to_string().as_bytes(), NOW, &mut out);
        }
        assert!(
            decoder.counters().messages < 2_000,
            "forty corruptions went unnoticed"
        );
    }
    rig.stop().await;
}

#[tokio::test]
async fn malformed_and_raw_messages_come_before_the_next_one() {
    let mut rig = Rig::with(FaultKind::Malformed).await;
    rig.simulator.faults().inject(Fault::new(FaultKind::Raw {
        text: r#"{"price":"NaN"}"#.to_owned(),
    }));
    rig.beat();
    let malformed = rig.client.text().await.expect("open");
    assert!(serde_json::from_str::<Value>(&malformed).is_err());
    assert_eq!(rig.client.text().await.as_deref(), Some(r#"{"price":"NaN"}"#));
    assert_eq!(rig.counter().await, 0);
    rig.stop().await;
}

#[tokio::test]
async fn an_over_long_message_has_the_length_asked_for() {
    let mut rig = Rig::with(FaultKind::OverLong { bytes: 15_000_000 }).await;
    rig.beat();
    assert_eq!(rig.client.text().await.map(|t| t.len()), Some(15_000_000));
    assert_eq!(rig.counter().await, 0);
    rig.stop().await;
}

#[tokio::test]
async fn a_sequence_gap_is_as_wide_as_asked_for() {
    let mut rig = Rig::with(FaultKind::SequenceGap { by: 3 }).await;
    (0..4).for_each(|_| rig.beat());
    // 0 was the answer to the subscription; 1, 2 and 3 are gone.
    assert_eq!(rig.client.next().await["sequence_num"], 4);
    rig.stop().await;
}

#[tokio::test]
async fn slow_writes_trickle() {
    let mut rig = Rig::with(FaultKind::SlowWrite { bytes_per_s: 2_000 }).await;
    rig.simulator
        .faults()
        .inject(Fault::new(FaultKind::OverLong { bytes: 1_000 }));
    settle(&rig, "slow_write").await;
    let begun = Instant::now();
    rig.beat();
    assert_eq!(rig.client.text().await.map(|t| t.len()), Some(1_000));
    assert!(
        begun.elapsed() >= Duration::from_millis(400),
        "{:?}",
        begun.elapsed()
    );
    rig.stop().await;
}

#[tokio::test]
async fn slow_reads_take_in_requests_slowly() {
    let mut rig = Rig::with(FaultKind::SlowRead { bytes_per_s: 1_000 }).await;
    settle(&rig, "slow_read").await;
    let begun = Instant::now();
    let request = json!({"type": "subscribe", "channel": "status", "pad": "x".repeat(500)});
    rig.client.send(request).await;
    assert_eq!(rig.client.next().await["channel"], "status");
    assert!(
        begun.elapsed() >= Duration::from_millis(400),
        "{:?}",
        begun.elapsed()
    );
    rig.stop().await;
}

/// Waits until a lasting fault has been noticed by the connection.
async fn settle(rig: &Rig, kind: &str) {
    for _ in 0..100 {
        if rig
            .simulator
            .faults()
            .report()
            .iter()
            .any(|f| f.kind == kind && f.fired > 0)
        {
            // One more look of the connection, so that the stream has it too.
            return tokio::time::sleep(Duration::from_millis(60)).await;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{kind} was not noticed");
}

#[tokio::test]
async fn a_half_open_link_falls_silent_without_closing_and_comes_back_when_cleared() {
    let mut rig = Rig::start("").await;
    let id = rig
        .simulator
        .faults()
        .inject(Fault::new(FaultKind::HalfOpen).on(CB));
    settle(&rig, "half_open").await;
    rig.beat();
    rig.client
        .send(json!({"type": "subscribe", "channel": "status"}))
        .await;
    assert!(rig.silent().await);
    assert!(rig.simulator.faults().clear(id));
    let mut channels = vec![
        rig.client.next().await["channel"].clone(),
        rig.client.next().await["channel"].clone(),
    ];
    channels.push(rig.client.next().await["channel"].clone());
    assert!(
        channels.contains(&json!("heartbeats")) && channels.contains(&json!("status")),
        "{channels:?}"
    );
    rig.stop().await;
}

#[tokio::test]
async fn a_connection_is_closed_with_the_code_asked_for() {
    let mut rig = Rig::with(FaultKind::Close {
        code: 4_000,
        reason: "enough".to_owned(),
    })
    .await;
    rig.beat();
    assert_eq!(rig.client.close_code().await, Some(4_000));
    rig.stop().await;
}

#[tokio::test]
async fn an_aborted_connection_ends_without_a_goodbye() {
    let mut rig = Rig::with(FaultKind::Abort).await;
    rig.beat();
    assert!(matches!(rig.client.event().await, Some(Err(_)) | None));
    rig.stop().await;
}

#[tokio::test]
async fn rest_answers_429_with_retry_after_and_5xx_as_often_as_asked_for() {
    let script = r#"
[[fault]]
kind = "http_status"
status = 429
retry_after = 3
venue = "kraken"
path = "/0/public/Time"
times = 2
[[fault]]
kind = "http_status"
status = 502
venue = "coinbase"
"#;
    let rig = Rig::start(script).await;
    let kraken = rig.simulator.url(VenueKind::Kraken).expect("served").port;
    for _ in 0..2 {
        let reply = get(kraken, "/0/public/Time").await;
        assert!(
            reply.status == 429 && reply.head.contains("retry-after: 3"),
            "{}",
            reply.head
        );
    }
    assert_eq!(get(kraken, "/0/public/Time").await.status, 200);
    let coinbase = rig.simulator.url(CB).expect("served").port;
    assert_eq!(get(coinbase, "/api/v3/brokerage/time").await.status, 502);
    assert_eq!(get(coinbase, "/api/v3/brokerage/time").await.status, 200);
    rig.stop().await;
}

#[tokio::test]
async fn an_ambiguous_request_is_taken_and_never_answered() {
    let rig = Rig::with(FaultKind::AmbiguousTimeout).await;
    let port = rig.simulator.url(CB).expect("served").port;
    assert!(try_get(port, "/api/v3/brokerage/time", SILENCE).await.is_none());
    assert_eq!(rig.simulator.counters(CB).map(|c| c.requests), Some(1));
    assert_eq!(get(port, "/api/v3/brokerage/time").await.status, 200);
    rig.stop().await;
}

#[tokio::test]
async fn a_skewed_clock_shows_in_messages_and_rest() {
    let mut rig = Rig::with(FaultKind::ClockSkew {
        by_ns: -7_000_000_000,
    })
    .await;
    settle(&rig, "clock_skew").await;
    rig.beat();
    let message = rig.client.next().await;
    let stamp: UnixNanos = message["timestamp"]
        .as_str()
        .and_then(|t| t.parse().ok())
        .expect("time");
    let behind = UnixNanos(NOW.0 + 1_000_000_000).since(stamp) as f64 / 1e9;
    assert!((6.0..8.0).contains(&behind), "{behind}");
    let port = rig.simulator.url(CB).expect("served").port;
    let time = get(port, "/api/v3/brokerage/time").await.json();
    assert_eq!(time["epochSeconds"], (NOW.as_secs() + 1 - 7).to_string());
    rig.stop().await;
}

#[tokio::test]
async fn maintenance_closes_refuses_and_ends() {
    let mut rig = Rig::start("").await;
    let id = rig
        .simulator
        .faults()
        .inject(Fault::new(FaultKind::Maintenance).on(CB));
    assert_eq!(rig.client.close_code().await, Some(1_012));
    let url = rig.simulator.url(CB).expect("served").clone();
    match Client::try_connect(&url.ws).await {
        Err(tungstenite::Error::Http(response)) => assert_eq!(response.status(), 503),
        other => panic!("expected a refusal, got {:?}", other.map(|_| ())),
    }
    assert_eq!(get(url.port, "/api/v3/brokerage/time").await.status, 503);
    rig.simulator.faults().clear(id);
    assert!(Client::try_connect(&url.ws).await.is_ok());
    assert_eq!(get(url.port, "/api/v3/brokerage/time").await.status, 200);
    rig.stop().await;
}

#[tokio::test]
async fn a_scripted_fault_waits_for_its_message_and_its_connection() {
    let script = "[[fault]]\nkind = \"drop\"\nconnection = 1\nchannel = \"heartbeats\"\nafter_messages = 2\n";
    let mut rig = Rig::start(script).await;
    (0..4).for_each(|_| rig.beat());
    assert_eq!(
        (rig.counter().await, rig.counter().await, rig.counter().await),
        (0, 1, 3)
    );
    rig.stop().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_dropped_and_does_not_hold_up_the_world() {
    let rig = Rig::start("").await;
    let mut stalled = Client::connect(&rig.simulator.url(CB).expect("served").ws).await;
    let products = ["BTC-USD", "ETH-USD", "SOL-USD", "ADA-USD"];
    stalled
        .send(json!({"type": "subscribe", "channel": "level2", "product_ids": products}))
        .await;
    let dropped = || rig.simulator.counters(CB).map_or(0, |c| c.slow_dropped);
    for _ in 0..2_000 {
        rig.clock.advance(Duration::from_secs(4));
        rig.simulator.tick();
        tokio::task::yield_now().await;
        if dropped() > 0 {
            break;
        }
    }
    assert!(dropped() > 0, "still connected");
    rig.stop().await;
}
