//! Subscriptions after a reconnect, sequence gaps, and the wall between sessions.

use std::time::Duration;

use futures_util::SinkExt;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tradewind_venues::connection::*;
use tradewind_venues::rate_limit::{EndpointClass, Quota};

use super::support::*;

#[tokio::test(start_paused = true)]
async fn all_subscriptions_are_restored_in_order_after_a_reconnect() {
    let mut venue = memory(|_| {});
    let mut first = venue.connected().await;
    venue.fixture.subscribe(&["c", "a"]).await;
    venue.fixture.subscribe(&["b", "a"]).await;
    for expected in ["subscribe c", "subscribe a", "subscribe b"] {
        assert_eq!(text(&mut first).await, expected);
    }
    drop(first);
    let mut second = venue.accept().await;
    for expected in ["subscribe c", "subscribe a", "subscribe b"] {
        assert_eq!(text(&mut second).await, expected);
    }
    say(&mut second, "+end").await;
    venue.fixture.event().await;
    assert_eq!(
        venue.fixture.monitor().diagnostics().counts().sent,
        6,
        "nothing was sent twice"
    );
}

#[tokio::test(start_paused = true)]
async fn subscriptions_made_while_offline_are_sent_on_connect() {
    let mut venue = memory(|_| {});
    venue.fixture.subscribe(&["a", "b"]).await;
    let mut socket = venue.connected().await;
    assert_eq!(text(&mut socket).await, "subscribe a");
    assert_eq!(text(&mut socket).await, "subscribe b");
}

#[tokio::test(start_paused = true)]
async fn what_was_unsubscribed_is_not_restored() {
    let mut venue = memory(|_| {});
    let mut first = venue.connected().await;
    venue.fixture.subscribe(&["a", "b"]).await;
    venue
        .fixture
        .connection
        .unsubscribe(vec!["a".into(), "unknown".into()])
        .await
        .unwrap();
    for expected in ["subscribe a", "subscribe b", "unsubscribe a"] {
        assert_eq!(text(&mut first).await, expected);
    }
    drop(first);
    let mut second = venue.accept().await;
    assert_eq!(text(&mut second).await, "subscribe b");
}

#[tokio::test(start_paused = true)]
async fn resubscribing_stays_within_the_venues_rate_limit() {
    let quota = (EndpointClass::Subscribe, Quota::new(2, Duration::from_secs(1)));
    let mut venue = memory_with(Toy::default(), &[quota], |_| {});
    venue.fixture.subscribe(&["a", "b", "c", "d", "e", "f"]).await;
    let mut socket = venue.connected().await;
    let started = Instant::now();
    let mut arrivals = Vec::new();
    for name in ["a", "b", "c", "d", "e", "f"] {
        assert_eq!(text(&mut socket).await, format!("subscribe {name}"));
        arrivals.push(started.elapsed().as_millis() / 100);
    }
    // Two at once, then one every half second.
    assert_eq!(arrivals, [0, 0, 5, 10, 15, 20]);
}

#[tokio::test(start_paused = true)]
async fn a_sequence_gap_is_reported_and_a_snapshot_asked_for() {
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    venue.fixture.subscribe(&["a"]).await;
    assert_eq!(text(&mut socket).await, "subscribe a");
    for seq in [1, 2, 5, 6] {
        say(
            &mut socket,
            format!(r#"{{"type":"trade","seq":{seq},"price":"{seq}","size":"1"}}"#),
        )
        .await;
    }
    assert_eq!(text(&mut socket).await, "unsubscribe a");
    assert_eq!(text(&mut socket).await, "subscribe a");
    say(&mut socket, r#"{"type":"snapshot","channel":"a"}"#).await;
    say(&mut socket, r#"{"type":"trade","seq":7,"price":"7","size":"1"}"#).await;
    let mut seen = Vec::new();
    while seen.len() < 5 {
        seen.push(match venue.fixture.delivery().await {
            Delivery::Event {
                event: Event::Trade { price, .. },
                ..
            } => price.to_string(),
            Delivery::Event {
                event: Event::Snapshot(channel),
                ..
            } => format!("snapshot {channel}"),
            Delivery::Gap { gap, .. } => {
                let cause = GapCause::Sequence { expected: 3, got: 5 };
                assert_eq!(
                    gap,
                    Gap {
                        stream: Some("a".into()),
                        cause
                    }
                );
                "gap".to_owned()
            }
            _ => continue,
        });
    }
    // 5 and 6 came on a broken book and were withheld until the snapshot.
    assert_eq!(seen, ["1", "2", "gap", "snapshot a", "7"]);
    let counts = venue.fixture.monitor().diagnostics().counts();
    assert_eq!((counts.gaps, counts.resyncs), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_of_the_old_session_comes_after_the_new_one_has_started() {
    let mut venue = memory(|_| {});
    let mut first = venue.connected().await;
    for n in 1..=3 {
        say(&mut first, trade(&n.to_string())).await;
    }
    // The beginning of a message whose end never comes.
    let beginning = br#"{"type":"trade","price":"66","#.to_vec();
    first
        .send(Message::Frame(Frame::message(
            beginning,
            OpCode::Data(Data::Text),
            false,
        )))
        .await
        .unwrap();
    drop(first);
    let mut second = venue.accept().await;
    for n in 101..=103 {
        say(&mut second, trade(&n.to_string())).await;
    }
    let mut log = Vec::new();
    while log.len() < 9 {
        log.push(match venue.fixture.delivery().await {
            Delivery::SessionStarted { session, .. } => format!("start {}", session.0),
            Delivery::SessionEnded { session, .. } => format!("end {}", session.0),
            Delivery::Event {
                session,
                event: Event::Trade { price, .. },
                ..
            } => format!("{price} on {}", session.0),
            other => panic!("unexpected {other:?}"),
        });
    }
    let expected = [
        "start 1", "1 on 1", "2 on 1", "3 on 1", "end 1", "start 2", "101 on 2", "102 on 2", "103 on 2",
    ];
    assert_eq!(log, expected);
}

#[tokio::test(start_paused = true)]
async fn sequences_start_over_with_the_session() {
    let mut venue = memory(|_| {});
    let mut first = venue.connected().await;
    say(&mut first, r#"{"type":"trade","seq":900,"price":"1","size":"1"}"#).await;
    venue.fixture.event().await;
    drop(first);
    let mut second = venue.accept().await;
    say(&mut second, r#"{"type":"trade","seq":1,"price":"2","size":"1"}"#).await;
    // A gap delivery would panic in `event`.
    assert!(matches!(
        venue.fixture.event().await,
        (SessionId(2), Event::Trade { .. })
    ));
    assert_eq!(venue.fixture.monitor().diagnostics().counts().gaps, 0);
}

#[tokio::test(start_paused = true)]
async fn messages_queued_for_the_old_session_are_not_sent_on_the_new_one() {
    let quota = (EndpointClass::Subscribe, Quota::new(1, Duration::from_secs(10)));
    let mut venue = memory_with(Toy::default(), &[quota], |_| {});
    let mut first = venue.connected().await;
    for n in 1..=3 {
        venue
            .fixture
            .connection
            .send(Outgoing::text(format!("once {n}")))
            .await
            .unwrap();
    }
    assert_eq!(text(&mut first).await, "once 1");
    // A clean end of the stream, with two messages still waiting for the limit.
    first.get_mut().shutdown().await.unwrap();
    drop(first);
    let mut second = venue.accept().await;
    until(&venue.fixture.monitor(), |s| {
        *s == ConnectionState::Connected {
            session: SessionId(2),
        }
    })
    .await;
    venue.fixture.subscribe(&["a"]).await;
    assert_eq!(text(&mut second).await, "subscribe a");
}
