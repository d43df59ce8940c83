//! Heartbeats, silence, shutting down.

use std::time::Duration;

use tokio::time::Instant;

use super::harness::{Heard, serve, serve_in_memory};
use crate::hub::HubConfig;

#[tokio::test(start_paused = true)]
async fn a_heartbeat_with_the_servers_time_comes_every_fifteen_seconds() {
    let served = serve_in_memory(HubConfig::default());
    let mut client = served.client("U1").await;
    let mut beats = Vec::new();
    let mut pings = 0;
    while beats.len() < 4 {
        match client.hear().await {
            Heard::Frame(frame) => {
                assert_eq!(frame["op"], "heartbeat");
                assert!(frame["server_time"].as_str().expect("a time").ends_with('Z'));
                beats.push(Instant::now());
            }
            Heard::Ping => pings += 1,
            end => panic!("{end:?}"),
        }
    }
    for pair in beats.windows(2) {
        let between = pair[1].duration_since(pair[0]);
        assert!(
            (Duration::from_millis(14_900)..Duration::from_millis(15_100)).contains(&between),
            "{between:?}"
        );
    }
    assert!(pings >= 3, "the other way was not asked for");
}

#[tokio::test(start_paused = true)]
async fn a_socket_without_a_sign_of_life_is_given_up_and_one_that_answers_pings_is_not() {
    let served = serve_in_memory(HubConfig::default());
    let _mute = served.client("U1").await;
    let mut answering = served.client("U2").await;
    assert_eq!(served.hub.status().sockets, 2);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(120) {
        assert!(!matches!(answering.hear().await, Heard::Closed(_) | Heard::Lost));
    }
    assert_eq!(served.hub.status().sockets, 1);
}

#[tokio::test]
async fn shutting_down_closes_every_socket_with_1001() {
    let served = serve(HubConfig::default()).await;
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(served.client("U1").await);
    }
    let mut unsigned = served.connect().await;
    let hub = std::sync::Arc::clone(&served.hub);
    let stopping = tokio::spawn(async move { hub.shutdown().await });
    for client in &mut clients {
        assert_eq!(client.closed().await, 1001);
    }
    assert_eq!(unsigned.closed().await, 1001);
    stopping.await.expect("shut down");
    assert_eq!(served.hub.status().sockets, 0);
    assert_eq!(served.keyed("U1").await.closed().await, 1001);
}
