//! The venues on real sockets.

mod client;

use std::sync::Arc;
use std::time::Duration;

use client::{Client, get};
use serde_json::json;
use tradewind_simulator::{ManualClock, Simulator, SimulatorConfig, SimulatorHandle, VenueKind};
use tradewind_types::UnixNanos;

const NOW: UnixNanos = UnixNanos::from_secs(1_795_000_030);

async fn start() -> (SimulatorHandle, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(NOW));
    let config = SimulatorConfig {
        clock: clock.clone(),
        history: Duration::from_secs(1_200),
        ..SimulatorConfig::default()
    };
    (Simulator::start(config).await.expect("starts"), clock)
}

#[tokio::test]
async fn coinbase_channels_stream_over_a_socket_with_unbroken_sequence_numbers() {
    let (simulator, clock) = start().await;
    let mut client = Client::connect(&simulator.url(VenueKind::Coinbase).expect("served").ws).await;
    for channel in [
        "heartbeats",
        "level2",
        "market_trades",
        "ticker",
        "ticker_batch",
        "candles",
        "status",
    ] {
        client
            .send(json!({"type": "subscribe", "channel": channel, "product_ids": ["BTC-USD", "ADA-USD"]}))
            .await;
    }
    let mut seen = std::collections::BTreeMap::<(String, String), usize>::new();
    let mut expected = 0;
    while seen.len() < 13 || !seen.contains_key(&("ticker_batch".into(), "update".into())) {
        let message = match client.try_next().await {
            Some(message) => message,
            None => {
                clock.advance(Duration::from_millis(500));
                simulator.tick();
                client.next().await
            }
        };
        assert_eq!(message["sequence_num"], expected, "{message}");
        expected += 1;
        let kind = message["events"][0]["type"].as_str().unwrap_or("").to_owned();
        *seen
            .entry((message["channel"].as_str().expect("channel").to_owned(), kind))
            .or_default() += 1;
    }
    for (channel, kind) in [
        ("l2_data", "snapshot"),
        ("l2_data", "update"),
        ("market_trades", "update"),
        ("candles", "snapshot"),
        ("candles", "update"),
        ("status", "snapshot"),
        ("heartbeats", ""),
        ("subscriptions", ""),
    ] {
        assert!(
            seen.contains_key(&(channel.to_owned(), kind.to_owned())),
            "{channel} {kind} missing in {seen:?}"
        );
    }
    simulator.shutdown().await.expect("stops");
}

#[tokio::test]
async fn coinbase_refuses_what_it_does_not_know() {
    let (simulator, _clock) = start().await;
    let mut client = Client::connect(&simulator.url(VenueKind::Coinbase).expect("served").ws).await;
    for bad in [
        json!({"type": "subscribe", "channel": "level2", "product_ids": ["NOPE-USD"]}),
        json!({"type": "subscribe", "channel": "nope", "product_ids": ["BTC-USD"]}),
        json!({"type": "shout", "channel": "level2"}),
        json!({"type": "subscribe", "channel": "level2"}),
    ] {
        client.send(bad).await;
        assert_eq!(client.next().await["type"], "error");
    }
    client.send_text("{").await;
    assert_eq!(client.next().await["type"], "error");
    simulator.shutdown().await.expect("stops");
}

#[tokio::test]
async fn kraken_channels_acknowledge_then_snapshot_then_update() {
    let (simulator, clock) = start().await;
    let mut client = Client::connect(&simulator.url(VenueKind::Kraken).expect("served").ws).await;
    let status = client.next().await;
    assert_eq!(
        (&status["channel"], &status["data"][0]["system"]),
        (&json!("status"), &json!("online"))
    );
    for (i, params) in [
        json!({"channel": "book", "symbol": ["BTC/USD", "ETH/USD"], "depth": 25}),
        json!({"channel": "trade", "symbol": ["BTC/USD"]}),
        json!({"channel": "ticker", "symbol": ["BTC/USD"], "event_trigger": "bbo"}),
        json!({"channel": "ohlc", "symbol": ["BTC/USD"], "interval": 5}),
        json!({"channel": "instrument"}),
    ]
    .into_iter()
    .enumerate()
    {
        client
            .send(json!({"method": "subscribe", "params": params, "req_id": i}))
            .await;
    }
    let mut replies = 0;
    let mut kinds = std::collections::BTreeMap::<(String, String), usize>::new();
    while kinds.len() < 10 {
        let message = match client.try_next().await {
            Some(message) => message,
            None => {
                clock.advance(Duration::from_millis(500));
                simulator.tick();
                client.next().await
            }
        };
        if message["method"] == "subscribe" {
            assert_eq!(message["success"], true, "{message}");
            replies += 1;
        } else {
            let text = |key: &str| message[key].as_str().unwrap_or("").to_owned();
            *kinds.entry((text("channel"), text("type"))).or_default() += 1;
        }
    }
    assert_eq!(replies, 6);
    client.send(json!({"method": "ping", "req_id": 7})).await;
    client
        .send(json!({"method": "subscribe", "params": {"channel": "book", "symbol": ["XBT/USD"]}}))
        .await;
    client
        .send(
            json!({"method": "subscribe", "params": {"channel": "book", "symbol": ["BTC/USD"], "depth": 7}}),
        )
        .await;
    client
        .send(json!({"method": "unsubscribe", "params": {"channel": "trade", "symbol": ["BTC/USD"]}}))
        .await;
    client.send_text("[").await;
    let mut answers = Vec::new();
    while answers.len() < 5 {
        let message = client.next().await;
        if message.get("method").is_some() {
            answers.push(message);
        }
    }
    assert_eq!(
        (&answers[0]["method"], &answers[0]["req_id"]),
        (&json!("pong"), &json!(7))
    );
    assert_eq!(answers[1]["error"], "Currency pair not supported XBT/USD");
    assert_eq!(answers[2]["error"], "Subscription depth not supported");
    assert_eq!(
        (&answers[3]["method"], &answers[3]["success"]),
        (&json!("unsubscribe"), &json!(true))
    );
    assert_eq!(answers[4]["error"], "Malformed request");
    simulator.shutdown().await.expect("stops");
}

#[tokio::test]
async fn rest_answers_as_documented_on_both_venues() {
    let (simulator, _clock) = start().await;
    let coinbase = simulator.url(VenueKind::Coinbase).expect("served").port;
    let kraken = simulator.url(VenueKind::Kraken).expect("served").port;
    let base = "/api/v3/brokerage";
    let (end, start) = (NOW.as_secs(), NOW.as_secs() - 900);
    let products = get(coinbase, &format!("{base}/market/products")).await;
    assert_eq!(
        (products.status, products.json()["num_products"].clone()),
        (200, json!(4))
    );
    let candles = get(
        coinbase,
        &format!("{base}/market/products/BTC-USD/candles?start={start}&end={end}&granularity=ONE_MINUTE"),
    )
    .await
    .json();
    let starts: Vec<u64> = candles["candles"]
        .as_array()
        .expect("list")
        .iter()
        .map(|c| c["start"].as_str().and_then(|s| s.parse().ok()).expect("seconds"))
        .collect();
    assert!(
        starts.len() >= 14 && starts.windows(2).all(|w| w[0] > w[1]),
        "{starts:?}"
    );
    let too_many = format!("{base}/market/products/BTC-USD/candles?start=0&end={end}&granularity=ONE_MINUTE");
    assert_eq!(get(coinbase, &too_many).await.status, 400);
    let trades = get(
        coinbase,
        &format!("{base}/market/products/ETH-USD/ticker?limit=7"),
    )
    .await
    .json();
    assert_eq!(trades["trades"].as_array().map(Vec::len), Some(7));
    let book = get(
        coinbase,
        &format!("{base}/market/product_book?product_id=SOL-USD&limit=5"),
    )
    .await
    .json();
    assert_eq!(book["pricebook"]["bids"].as_array().map(Vec::len), Some(5));
    assert_eq!(
        get(coinbase, &format!("{base}/time")).await.json()["epochSeconds"],
        NOW.as_secs().to_string()
    );
    assert_eq!(
        get(coinbase, &format!("{base}/market/products/X-Y")).await.status,
        404
    );
    assert_eq!(
        get(coinbase, &format!("{base}/orders/historical/batch"))
            .await
            .status,
        401
    );

    let ohlc = get(kraken, "/0/public/OHLC?pair=XBT/USD&interval=1").await.json();
    let rows = ohlc["result"]["XXBTZUSD"].as_array().expect("rows").clone();
    assert!(
        rows.windows(2)
            .all(|w| w[1][0].as_u64() == w[0][0].as_u64().map(|s| s + 60)),
        "gap in minutes"
    );
    assert_eq!(ohlc["result"]["last"], rows[rows.len() - 2][0]);
    let trades = get(kraken, "/0/public/Trades?pair=SOLUSD&count=9").await.json();
    assert_eq!(trades["result"]["SOLUSD"].as_array().map(Vec::len), Some(9));
    let depth = get(kraken, "/0/public/Depth?pair=ADAUSD&count=3").await.json();
    assert_eq!(
        depth["result"]["ADAUSD"]["asks"].as_array().map(Vec::len),
        Some(3)
    );
    let pairs = get(kraken, "/0/public/AssetPairs").await.json();
    assert_eq!(pairs["result"]["XETHZUSD"]["wsname"], "ETH/USD");
    assert_eq!(
        get(kraken, "/0/public/Time").await.json()["result"]["unixtime"],
        NOW.as_secs()
    );
    assert_eq!(
        get(kraken, "/0/public/OHLC?pair=NOPE").await.json()["error"],
        json!(["EQuery:Unknown asset pair"])
    );
    simulator.shutdown().await.expect("stops");
}

#[tokio::test]
async fn shutdown_waits_for_no_client_and_says_goodbye() {
    let (simulator, _clock) = start().await;
    let mut client = Client::connect(&simulator.url(VenueKind::Kraken).expect("served").ws).await;
    client.next().await;
    let stopping = tokio::spawn(simulator.shutdown());
    assert_eq!(client.close_code().await, Some(1001));
    stopping.await.expect("joined").expect("stops");
}

#[tokio::test]
async fn a_second_start_continues_at_the_prices_where_the_first_stopped() {
    let folder = tempfile::tempdir().expect("folder");
    let clock = Arc::new(ManualClock::at(NOW));
    let config = SimulatorConfig {
        clock: clock.clone(),
        history: Duration::from_secs(600),
        state_file: Some(folder.path().join("world.json")),
        ..SimulatorConfig::default()
    };
    let last = |s: &SimulatorHandle| {
        let look = |w: &tradewind_simulator::world::World| {
            w.listings(VenueKind::Kraken)
                .iter()
                .map(|l| *l.history().last().expect("traded"))
                .collect::<Vec<_>>()
        };
        s.with_world(look).expect("venues")
    };
    let first = Simulator::start(config.clone()).await.expect("starts");
    clock.advance(Duration::from_secs(30));
    first.tick();
    let before = last(&first);
    first.shutdown().await.expect("stops");
    let second = Simulator::start(config).await.expect("starts again");
    assert_eq!(last(&second), before, "no time has passed, nothing has traded");
    clock.advance(Duration::from_secs(60));
    second.tick();
    for (old, new) in before.iter().zip(last(&second)) {
        assert!(new.id > old.id && new.ts > old.ts);
        assert!((new.price.0 as f64 / old.price.0 as f64 - 1.0).abs() < 0.02);
    }
    let kept = second.with_world(|w| w.listings(VenueKind::Coinbase)[0].history().trades().len());
    assert!(kept.expect("venues") > 300, "history did not survive");
    second.shutdown().await.expect("stops");
}
