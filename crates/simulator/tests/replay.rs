//! Recordings come back over a socket as they were recorded.

mod client;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use client::Client;
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use tradewind_simulator::replay::{Protocol, Recording};
use tradewind_simulator::{ReplayConfig, ReplayError, ReplayServer, Speed};

fn write(folder: &Path, name: &str, lines: &[String], packed: bool) -> PathBuf {
    let path = folder.join(name);
    let text = lines.join("\n") + "\n";
    if packed {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).expect("packed");
        std::fs::write(&path, encoder.finish().expect("packed")).expect("written");
    } else {
        std::fs::write(&path, text).expect("written");
    }
    path
}

fn coinbase_lines() -> Vec<String> {
    let mut lines = vec![
        "wss://ws-feed.example <-> 1618677816.8".to_owned(),
        r#"wss://ws-feed.example <- 1618677816.9: {"type":"subscribe"}"#.to_owned(),
        r#"1618677817.0: {"type":"subscriptions","channels":[]}"#.to_owned(),
        r#"1618677817.1: {"type":"snapshot","product_id":"A-USD","asks":[["2","1"]],"bids":[["1","1"]]}"#
            .to_owned(),
    ];
    for i in 0..20 {
        let product = if i % 2 == 0 { "A-USD" } else { "B-USD" };
        lines.push(format!(
            r#"1618677817.{}: {{"type":"l2update","product_id":"{product}","changes":[["buy","1","{i}"]],"time":"2021-04-17T16:43:37Z"}}"#,
            200 + i * 20
        ));
    }
    lines
}

#[tokio::test]
async fn a_coinbase_exchange_recording_plays_what_was_subscribed_to_and_nothing_else() {
    let folder = tempfile::tempdir().expect("folder");
    let lines = coinbase_lines();
    for packed in [false, true] {
        let path = write(folder.path(), "recording", &lines, packed);
        let replay = ReplayServer::start(ReplayConfig {
            path,
            port: 0,
            speed: Speed::Unlimited,
        })
        .await
        .expect("starts");
        assert_eq!(replay.recording().protocol, Protocol::CoinbaseExchange);
        let mut client = Client::connect(&replay.url()).await;
        client
            .send(json!({"type": "subscribe", "product_ids": ["Z-USD"], "channels": ["level2"]}))
            .await;
        assert_eq!(client.next().await["type"], "error");
        client
            .send(json!({"type": "subscribe", "product_ids": ["A-USD"], "channels": ["level2_batch"]}))
            .await;
        let listed = client.next().await;
        assert_eq!(
            listed["channels"][0],
            json!({"name": "level2", "product_ids": ["A-USD"]})
        );
        let expected: Vec<&str> = lines
            .iter()
            .filter_map(|l| l.split_once(": "))
            .filter(|(stamp, text)| {
                stamp.starts_with("1618677817") && text.contains(r#""product_id":"A-USD""#)
            })
            .map(|(_, text)| text)
            .collect();
        for text in expected {
            assert_eq!(client.text().await.as_deref(), Some(text));
        }
        replay.finished().await;
        replay.shutdown().await;
    }
}

#[tokio::test]
async fn a_kraken_recording_acknowledges_pairs_and_answers_pings() {
    let folder = tempfile::tempdir().expect("folder");
    let lines = vec![
        r#"1618678132.8: {"connectionID":1,"event":"systemStatus","status":"online","version":"1.8.3"}"#
            .to_owned(),
        r#"1618678132.9: [1,{"as":[["2","1","1"]],"bs":[["1","1","1"]]},"book-10","XBT/USD"]"#.to_owned(),
        r#"1618678133.0: {"event":"heartbeat"}"#.to_owned(),
        r#"1618678133.1: [2,{"as":[["2","1","1"]],"bs":[["1","1","1"]]},"book-10","ETH/USD"]"#.to_owned(),
    ];
    let path = write(folder.path(), "kraken", &lines, true);
    let replay = ReplayServer::start(ReplayConfig {
        path,
        port: 0,
        speed: Speed::Unlimited,
    })
    .await
    .expect("starts");
    let mut client = Client::connect(&replay.url()).await;
    assert_eq!(client.next().await["event"], "systemStatus");
    let book = json!({"name": "book", "depth": 10});
    client.send(json!({"event": "ping", "reqid": 5})).await;
    assert_eq!(client.next().await, json!({"event": "pong", "reqid": 5}));
    client
        .send(json!({"event": "subscribe", "pair": ["XBT/USD", "DOT/USD"], "subscription": book}))
        .await;
    assert_eq!(client.next().await["status"], "subscribed");
    assert_eq!(client.next().await["status"], "error");
    assert_eq!(client.next().await[3], "XBT/USD");
    assert_eq!(client.next().await["event"], "heartbeat");
    replay.finished().await;
    assert!(client.try_next().await.is_none(), "nobody asked for ETH/USD");
    replay.shutdown().await;
}

#[tokio::test]
async fn speed_is_kept() {
    let folder = tempfile::tempdir().expect("folder");
    let path = write(folder.path(), "recording", &coinbase_lines(), false);
    let length = Recording::load(&path).expect("read").length_ns();
    let config = ReplayConfig {
        path,
        port: 0,
        speed: Speed::Times(2.0),
    };
    let replay = ReplayServer::start(config).await.expect("starts");
    let mut client = Client::connect(&replay.url()).await;
    let begun = Instant::now();
    client
        .send(json!({"type": "subscribe", "product_ids": ["A-USD", "B-USD"], "channels": ["level2"]}))
        .await;
    for _ in 0..22 {
        client.next().await;
    }
    assert!(
        begun.elapsed() >= Duration::from_nanos(length / 2),
        "{:?} for {length} ns",
        begun.elapsed()
    );
    replay.shutdown().await;
}

#[tokio::test]
async fn what_cannot_be_played_is_refused() {
    assert_eq!("0.5".parse(), Ok(Speed::Times(0.5)));
    assert_eq!("unlimited".parse(), Ok(Speed::Unlimited));
    assert!(
        ["0", "-1", "NaN", "fast"]
            .iter()
            .all(|bad| bad.parse::<Speed>().is_err())
    );
    let folder = tempfile::tempdir().expect("folder");
    let start = |path: PathBuf, speed| ReplayServer::start(ReplayConfig { path, port: 0, speed });
    let missing = start(folder.path().join("none"), Speed::Unlimited).await;
    assert!(matches!(missing, Err(ReplayError::Recording(_))));
    let path = write(folder.path(), "r", &coinbase_lines(), false);
    assert!(matches!(
        start(path, Speed::Times(0.0)).await,
        Err(ReplayError::Speed(_))
    ));
    let cut = folder.path().join("cut.gz");
    let whole = std::fs::read(write(folder.path(), "whole", &coinbase_lines(), true)).expect("read");
    std::fs::write(&cut, &whole[..whole.len() / 2]).expect("written");
    assert!(matches!(
        start(cut, Speed::Unlimited).await,
        Err(ReplayError::Recording(_))
    ));
}

#[tokio::test]
async fn the_real_recordings_play_to_their_last_message() {
    let data = std::env::var("TRADEWIND_TEST_DATA").unwrap_or_else(|_| "../../../shared/data".to_owned());
    for (name, protocol) in [
        ("COINBASE.ws.28.0.gz", Protocol::CoinbaseExchange),
        ("KRAKEN.ws.50.0.gz", Protocol::KrakenV1),
    ] {
        let path = Path::new(&data).join("recordings").join(name);
        if !path.exists() {
            println!("skipped: no {}", path.display());
            return;
        }
        let config = ReplayConfig {
            path,
            port: 0,
            speed: Speed::Unlimited,
        };
        let replay = ReplayServer::start(config).await.expect("starts");
        assert_eq!(replay.recording().protocol, protocol);
        let data: Vec<Value> = replay
            .recording()
            .lines
            .iter()
            .filter_map(|l| serde_json::from_str(&l.text).ok())
            .filter(|v: &Value| v.is_array() || v.get("product_id").is_some())
            .collect();
        let mut client = Client::connect(&replay.url()).await;
        match protocol {
            Protocol::CoinbaseExchange => {
                for channel in ["level2", "ticker", "matches"] {
                    let mut products: Vec<&str> = data
                        .iter()
                        .filter(|v| match v["type"].as_str() {
                            Some("snapshot" | "l2update") => channel == "level2",
                            Some("match" | "last_match") => channel == "matches",
                            other => other == Some(channel),
                        })
                        .filter_map(|v| v["product_id"].as_str())
                        .collect();
                    products.sort_unstable();
                    products.dedup();
                    client
                        .send(json!({"type": "subscribe", "product_ids": products, "channels": [channel]}))
                        .await;
                }
            }
            _ => {
                let mut pairs: Vec<&str> = data
                    .iter()
                    .filter_map(|v| v.as_array()?.last()?.as_str())
                    .collect();
                pairs.sort_unstable();
                pairs.dedup();
                let book = json!({"name": "book", "depth": 1000});
                client
                    .send(json!({"event": "subscribe", "pair": pairs, "subscription": book}))
                    .await;
            }
        }
        let mut got = 0;
        while got < data.len() {
            let message = client.next().await;
            got += usize::from(message.is_array() || message.get("product_id").is_some());
        }
        replay.finished().await;
        println!("{name}: {got} messages");
        replay.shutdown().await;
    }
}
