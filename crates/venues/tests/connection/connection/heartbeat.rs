//! Pings, silence, and the venue's own heartbeat.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tradewind_venues::connection::*;

use super::support::*;

#[tokio::test(start_paused = true)]
async fn a_ping_goes_out_every_fifteen_seconds() {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    let started = Instant::now();
    let mut at = Vec::new();
    while at.len() < 4 {
        // Reading answers the ping.
        if let Message::Ping(_) = socket.next().await.unwrap().unwrap() {
            at.push(started.elapsed().as_secs());
        }
    }
    assert_eq!(at, [15, 30, 45, 60]);
    assert!(is_connected(&venue.fixture.connection.state()));
}

#[tokio::test(start_paused = true)]
async fn silence_of_twice_the_interval_is_a_dead_link() {
    let mut venue = memory(|_| {});
    // Held but never read: no pong comes back.
    let _deaf = venue.connected().await;
    let started = Instant::now();
    let reason = venue.fixture.end().await;
    assert!(
        matches!(reason, DisconnectReason::Silent { silent_for } if silent_for.as_secs() == 30),
        "{reason:?}"
    );
    assert_eq!(started.elapsed().as_secs(), 30);
    let _socket = venue.accept().await;
    until(&venue.fixture.monitor(), |s| {
        *s == ConnectionState::Connected {
            session: SessionId(2),
        }
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn any_message_is_a_sign_of_life() {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    for _ in 0..20 {
        tokio::time::sleep(Duration::from_secs(25)).await;
        say(&mut socket, "+alive").await;
        assert_eq!(venue.fixture.event().await.1, Event::Text("alive".into()));
    }
    assert_eq!(
        venue.fixture.connection.state(),
        ConnectionState::Connected {
            session: SessionId(1)
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_venue_with_its_own_ping_and_interval_gets_them() {
    let mut toy = Toy::default();
    (toy.interval, toy.own_ping) = (Some(Duration::from_secs(4)), true);
    let mut venue = memory_with(toy, &[], |_| {});
    let mut socket = venue.connected().await;
    let started = Instant::now();
    for expected in [4, 8, 12] {
        assert_eq!(text(&mut socket).await, "ping");
        assert_eq!(started.elapsed().as_secs(), expected);
        say(&mut socket, "+pong").await;
    }
    // From here on the venue is silent.
    let reason = venue.fixture.end().await;
    assert!(
        matches!(reason, DisconnectReason::Silent { silent_for } if silent_for.as_secs() == 8),
        "{reason:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_jump_of_the_venues_heartbeat_counter_is_a_dead_link() {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    for counter in [7, 8, 9, 11] {
        say(
            &mut socket,
            format!(r#"{{"type":"heartbeat","counter":{counter}}}"#),
        )
        .await;
    }
    assert_eq!(
        venue.fixture.end().await,
        DisconnectReason::HeartbeatJump {
            expected: 10,
            got: 11
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_session_starts_its_heartbeat_counter_anywhere() {
    let mut venue = memory(|_| {});
    let mut first = venue.connected().await;
    say(&mut first, r#"{"type":"heartbeat","counter":50}"#).await;
    drop(first);
    let mut second = venue.accept().await;
    say(&mut second, r#"{"type":"heartbeat","counter":1}"#).await;
    say(&mut second, "+fine").await;
    assert_eq!(
        venue.fixture.event().await,
        (SessionId(2), Event::Text("fine".into()))
    );
}

#[tokio::test(start_paused = true)]
async fn the_round_trip_of_pings_is_measured() {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    tokio::time::sleep(Duration::from_millis(15_040)).await;
    // The ping of second 15 is answered 40 ms later.
    assert!(matches!(socket.next().await, Some(Ok(Message::Ping(_)))));
    say(&mut socket, "+x").await;
    venue.fixture.event().await;
    let snapshot = venue.fixture.monitor().diagnostics().snapshot();
    let ms = snapshot.round_trip.map(|d| d.as_millis());
    assert!(ms.is_some_and(|ms| (39..=42).contains(&ms)), "{ms:?}");
}

#[tokio::test]
async fn a_half_open_socket_is_noticed_and_replaced() {
    let (listener, url) = listen().await;
    let mut fixture = real(&url, |s| s.heartbeat_interval = Duration::from_millis(20));
    let (session, half_open) = tokio::join!(fixture.connection.connect(), accept_tcp(&listener));
    session.unwrap();
    // The far side still holds the socket but nobody is behind it.
    assert!(matches!(fixture.end().await, DisconnectReason::Silent { .. }));
    // On a machine that stalls, a later session may fall silent too before it can speak.
    let server = tokio::spawn(async move {
        loop {
            let mut socket = accept_tcp(&listener).await;
            let _ = socket.send(Message::Text("+back".into())).await;
            tokio::spawn(async move { while let Some(Ok(_)) = socket.next().await {} });
        }
    });
    let (session, event) = fixture.event().await;
    assert!(session > SessionId(1));
    assert_eq!(event, Event::Text("back".into()));
    server.abort();
    drop(half_open);
}
