//! Sizes and queues: everything has a limit, and a defined behaviour at it.

use std::time::Duration;

use futures_util::StreamExt;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tradewind_venues::connection::*;

use super::support::*;

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn messages_of_one_and_five_megabytes_pass() {
    let (listener, url) = listen().await;
    let mut fixture = real(&url, |_| {});
    let (session, mut socket) = tokio::join!(fixture.connection.connect(), accept_tcp(&listener));
    session.unwrap();
    for size in [MIB, 5 * MIB] {
        let message = format!("+{}", "x".repeat(size));
        let (_, event) = tokio::join!(say(&mut socket, message), fixture.event());
        assert!(matches!(event, (SessionId(1), Event::Text(t)) if t.len() == size));
    }
}

#[tokio::test]
async fn a_message_of_fifteen_megabytes_is_refused_with_1009_and_the_link_comes_back() {
    let (listener, url) = listen().await;
    let mut fixture = real(&url, |_| {});
    let (session, mut socket) = tokio::join!(fixture.connection.connect(), accept_tcp(&listener));
    session.unwrap();
    let server = tokio::spawn(async move {
        say(&mut socket, format!("+{}", "x".repeat(15 * MIB))).await;
        let close = socket.next().await;
        drop(socket);
        let mut again = accept_tcp(&listener).await;
        say(&mut again, "+after").await;
        (close, again)
    });
    let reason = fixture.end().await;
    let limit_bytes = 10 * MIB;
    assert!(
        matches!(reason, DisconnectReason::MessageTooLong { size_bytes, limit_bytes: l } if size_bytes > limit_bytes && l == limit_bytes),
        "{reason:?}"
    );
    // A server that gave up would leave the client waiting for good.
    let (close, _again) = server.await.unwrap();
    assert!(matches!(close, Some(Ok(Message::Close(Some(frame)))) if frame.code == CloseCode::Size));
    assert_eq!(fixture.event().await, (SessionId(2), Event::Text("after".into())));
    let snapshot = fixture.monitor().diagnostics().snapshot();
    assert_eq!(snapshot.counts.oversized, 1);
    assert_eq!(snapshot.bad_by_kind, [(BadKind::TooLong, 1)]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_costs_counted_events_a_reported_gap_and_new_snapshots() {
    let mut venue = memory(|s| s.deliveries_max = 10);
    let mut socket = venue.connected().await;
    venue.fixture.subscribe(&["a"]).await;
    assert_eq!(text(&mut socket).await, "subscribe a");
    for n in 1..=100 {
        say(&mut socket, trade(&n.to_string())).await;
    }
    let monitor = venue.fixture.monitor();
    while monitor.diagnostics().counts().messages < 100 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // The session's start takes one place of ten.
    assert_eq!(monitor.diagnostics().counts().overflowed, 91);
    assert!(matches!(
        venue.fixture.delivery().await,
        Delivery::SessionStarted { .. }
    ));
    for _ in 0..9 {
        assert!(matches!(venue.fixture.delivery().await, Delivery::Event { .. }));
    }
    let Delivery::Gap { gap, .. } = venue.fixture.delivery().await else {
        panic!("the loss must be told")
    };
    assert_eq!(
        gap,
        Gap {
            stream: None,
            cause: GapCause::Overflow { dropped: 91 }
        }
    );
    assert_eq!(text(&mut socket).await, "unsubscribe a");
    assert_eq!(text(&mut socket).await, "subscribe a");
    say(&mut socket, trade("101")).await;
    assert!(matches!(venue.fixture.event().await.1, Event::Trade { price, .. } if price == 101.into()));
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_learns_of_the_end_of_a_session_though_no_other_follows() {
    let mut venue = memory(|s| s.deliveries_max = 2);
    let mut socket = venue.connected().await;
    for n in 1..=3 {
        say(&mut socket, trade(&n.to_string())).await;
    }
    drop(socket);
    drop(venue.end);
    until(&venue.fixture.monitor(), |s| {
        matches!(s, ConnectionState::Waiting { attempt: 4, .. })
    })
    .await;
    let mut kinds = Vec::new();
    while kinds.len() < 4 {
        kinds.push(match venue.fixture.delivery().await {
            Delivery::SessionStarted { .. } => "started",
            Delivery::Event { .. } => "event",
            Delivery::Gap { .. } => "gap",
            Delivery::SessionEnded { .. } => "ended",
        });
    }
    assert_eq!(kinds, ["started", "event", "gap", "ended"]);
}

#[tokio::test(start_paused = true)]
async fn the_outgoing_queue_is_bounded_and_refusals_are_counted() {
    use tradewind_venues::rate_limit::{EndpointClass, Quota};
    let quota = (
        EndpointClass::Subscribe,
        Quota::new(1, Duration::from_secs(3_600)),
    );
    let mut venue = memory_with(Toy::default(), &[quota], |s| s.outgoing_max = 3);
    let mut socket = venue.connected().await;
    venue
        .fixture
        .connection
        .send(Outgoing::text("first"))
        .await
        .unwrap();
    assert_eq!(text(&mut socket).await, "first");
    for _ in 0..3 {
        venue
            .fixture
            .connection
            .send(Outgoing::text("waits"))
            .await
            .unwrap();
    }
    let refused = venue.fixture.connection.send(Outgoing::text("too many")).await;
    assert_eq!(refused, Err(SendError::QueueFull { limit: 3 }));
    assert_eq!(venue.fixture.monitor().diagnostics().counts().outgoing_refused, 1);
    assert!(is_connected(&venue.fixture.connection.state()));
}

#[tokio::test(start_paused = true)]
async fn subscriptions_are_bounded_and_refused_as_a_whole() {
    let mut venue = memory(|s| s.subscriptions_max = 2);
    let refused = venue
        .fixture
        .connection
        .subscribe(["a", "b", "c"].map(String::from).to_vec())
        .await;
    assert_eq!(refused, Err(SendError::TooManySubscriptions { limit: 2 }));
    venue.fixture.subscribe(&["d", "e"]).await;
    let mut socket = venue.connected().await;
    assert_eq!(text(&mut socket).await, "subscribe d");
    assert_eq!(text(&mut socket).await, "subscribe e");
}

#[tokio::test(start_paused = true)]
async fn a_message_without_a_session_is_refused_and_not_kept() {
    let venue = memory(|_| {});
    let refused = venue.fixture.connection.send(Outgoing::text("now")).await;
    assert_eq!(refused, Err(SendError::NotConnected));
}
