//! Closing: gracefully, by force, and from every state.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tradewind_venues::connection::*;

use super::support::*;

fn last(monitor: &ConnectionMonitor) -> (ConnectionState, Reason) {
    let transition = monitor.history().pop().expect("there were transitions");
    (transition.to, transition.reason)
}

#[tokio::test(start_paused = true)]
async fn a_graceful_close_says_good_bye_and_waits_for_the_answer() {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    let monitor = venue.fixture.monitor();
    let far = tokio::spawn(async move {
        let frame = socket.next().await;
        // Reading on sends the answer.
        while socket.next().await.is_some() {}
        frame
    });
    assert_eq!(venue.fixture.connection.close().await, CloseOutcome::Graceful);
    assert!(matches!(far.await.unwrap(), Some(Ok(Message::Close(Some(f)))) if f.code == CloseCode::Normal));
    assert_eq!(last(&monitor), (ConnectionState::Closed, Reason::CloseConfirmed));
}

#[tokio::test(start_paused = true)]
async fn a_graceful_close_is_forced_after_three_seconds() {
    let mut venue = memory(|_| {});
    let _deaf = venue.connected().await;
    let monitor = venue.fixture.monitor();
    let started = Instant::now();
    assert_eq!(venue.fixture.connection.close().await, CloseOutcome::Forced);
    assert_eq!(started.elapsed().as_millis() / 100, 30);
    assert_eq!(last(&monitor), (ConnectionState::Closed, Reason::Forced));
}

#[tokio::test(start_paused = true)]
async fn a_forced_close_of_a_session_takes_no_time() {
    let mut venue = memory(|_| {});
    let _deaf = venue.connected().await;
    let monitor = venue.fixture.monitor();
    let started = Instant::now();
    venue.fixture.connection.close_now().await;
    assert!(started.elapsed() <= Duration::from_millis(200));
    assert_eq!(monitor.state(), ConnectionState::Closed);
    let mut ended = None;
    while let Some(delivery) = venue.fixture.deliveries.recv().await {
        if let Delivery::SessionEnded { reason, .. } = delivery {
            ended = Some(reason);
        }
    }
    assert_eq!(
        ended,
        Some(DisconnectReason::Closed),
        "the consumer learns of it before the queue ends"
    );
}

#[tokio::test(start_paused = true)]
async fn a_forced_close_interrupts_a_write_that_does_not_move() {
    let mut venue = memory(|_| {});
    let _deaf = venue.connected().await;
    // More than fits into the stream: the write waits for a reader that never comes.
    venue
        .fixture
        .connection
        .send(Outgoing::text("x".repeat(500_000)))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let started = Instant::now();
    venue.fixture.connection.close_now().await;
    assert!(started.elapsed() <= Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn a_close_interrupts_an_attempt() {
    let mut venue = memory(|_| {});
    let monitor = venue.fixture.monitor();
    let connection = std::sync::Arc::new(venue.fixture.connection);
    let caller = tokio::spawn({
        let connection = std::sync::Arc::clone(&connection);
        async move { connection.connect().await }
    });
    let _stream = venue.end.accept().await;
    let started = Instant::now();
    drop(connection);
    caller.abort();
    until(&monitor, |s| *s == ConnectionState::Closed).await;
    assert!(started.elapsed() <= Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn a_close_while_waiting_ends_the_attempts() {
    let venue = memory(|_| {});
    drop(venue.end);
    assert!(venue.fixture.connection.connect().await.is_err());
    let monitor = venue.fixture.monitor();
    assert_eq!(venue.fixture.connection.close().await, CloseOutcome::Graceful);
    assert_eq!(last(&monitor), (ConnectionState::Closed, Reason::CloseRequested));
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(venue.dialer.dialled(), 1);
}

#[tokio::test(start_paused = true)]
async fn dropping_the_handle_closes_the_connection() {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    let monitor = venue.fixture.monitor();
    drop(venue.fixture.connection);
    until(&monitor, |s| *s == ConnectionState::Closed).await;
    assert!(!matches!(socket.next().await, Some(Ok(Message::Text(_)))));
}

#[tokio::test(start_paused = true)]
async fn a_connection_whose_events_nobody_reads_closes_itself() {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    let monitor = venue.fixture.monitor();
    drop(venue.fixture.deliveries);
    socket.send(Message::Text("+hello".into())).await.unwrap();
    until(&monitor, |s| *s == ConnectionState::Closed).await;
    assert_eq!(last(&monitor).1, Reason::Lost(DisconnectReason::ConsumerGone));
}

#[tokio::test(start_paused = true)]
async fn a_quiet_connection_notices_at_once_that_nobody_reads() {
    let mut venue = memory(|_| {});
    let _socket = venue.connected().await;
    let monitor = venue.fixture.monitor();
    drop(venue.fixture.deliveries);
    let started = Instant::now();
    until(&monitor, |s| *s == ConnectionState::Closed).await;
    assert!(started.elapsed() <= Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_a_protocol_shows_as_a_closed_connection() {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    let monitor = venue.fixture.monitor();
    say(&mut socket, r#"{"type":"panic"}"#).await;
    until(&monitor, |s| *s == ConnectionState::Closed).await;
    assert_eq!(last(&monitor).1, Reason::Aborted);
    assert_eq!(
        venue.fixture.connection.connect().await,
        Err(ConnectError::Closed)
    );
}
