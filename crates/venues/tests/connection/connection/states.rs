//! Every transition is on record, with time, duration and reason, and can be watched.

use std::time::Duration;

use tradewind_types::UnixNanos;
use tradewind_venues::connection::*;

use super::support::*;

#[tokio::test(start_paused = true)]
async fn every_transition_carries_time_duration_and_reason() {
    let mut venue = memory(|_| {});
    let monitor = venue.fixture.monitor();
    let mut broadcast = monitor.transitions();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let socket = venue.connected().await;
    tokio::time::sleep(Duration::from_secs(7)).await;
    drop(socket);
    let _second = venue.accept().await;
    until(&monitor, |s| {
        *s == ConnectionState::Connected {
            session: SessionId(2),
        }
    })
    .await;
    venue.fixture.connection.close_now().await;

    let history = monitor.history();
    let seen: Vec<_> = history
        .iter()
        .map(|t| (t.from.label(), t.to.label(), t.in_previous.as_secs()))
        .collect();
    let expected = [
        ("idle", "connecting", 10),
        ("connecting", "connected", 0),
        ("connected", "waiting", 7),
        ("waiting", "connecting", 1),
        ("connecting", "connected", 0),
        ("connected", "closed", 0),
    ];
    assert_eq!(seen, expected);
    let reasons: Vec<_> = history.iter().map(|t| t.reason.clone()).collect();
    assert_eq!(reasons[..2], [Reason::Requested, Reason::Established]);
    assert!(
        matches!(
            &reasons[2],
            Reason::Lost(DisconnectReason::Broken { .. } | DisconnectReason::Protocol { .. })
        ),
        "{reasons:?}"
    );
    assert_eq!(
        reasons[3..],
        [Reason::RetryDue, Reason::Established, Reason::Forced]
    );
    assert_eq!(history[0].at.as_secs(), START.as_secs() + 10);
    assert_eq!(history[2].at.as_secs(), START.as_secs() + 17);
    assert!(
        history
            .iter()
            .zip(&history[1..])
            .all(|(a, b)| a.at <= b.at && a.to == b.from)
    );
    for transition in &history {
        assert_eq!(
            broadcast.recv().await.as_ref(),
            Ok(transition),
            "watchers see the same"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_history_of_transitions_is_bounded() {
    let venue = memory(|s| s.history_max = 8);
    drop(venue.end);
    assert!(venue.fixture.connection.connect().await.is_err());
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(venue.fixture.monitor().history().len(), 8);
}

#[tokio::test(start_paused = true)]
async fn the_monitor_says_since_when_and_hides_the_query_of_the_address() {
    let mut venue = memory(|s| s.endpoint = Endpoint::new("ws://toy.test/feed?token=secret"));
    let _socket = venue.connected().await;
    tokio::time::sleep(Duration::from_secs(4)).await;
    let monitor = venue.fixture.monitor();
    let (since, lasted): (UnixNanos, Duration) = monitor.in_state_since();
    assert_eq!((since.as_secs(), lasted.as_secs()), (START.as_secs(), 4));
    assert_eq!(monitor.address(), "ws://toy.test/feed");
    assert_eq!((monitor.name(), monitor.venue().as_str()), ("feed", "TOY"));
    assert!(!format!("{monitor:?}").contains("secret"));
}

#[tokio::test(start_paused = true)]
async fn state_and_counters_are_in_the_metrics() {
    let recorder = metrics_exporter_prometheus::PrometheusBuilder::new().build_recorder();
    let handle = recorder.handle();
    // Local to this thread, on which the test's runtime runs everything.
    let _guard = metrics::set_default_local_recorder(&recorder);
    let mut venue = memory(|_| {});
    let mut socket = venue.connected().await;
    say(&mut socket, "nonsense").await;
    say(&mut socket, "+fine").await;
    venue.fixture.event().await;
    let page = handle.render();
    let holds = |name: &str, value: &str| {
        let found = page.lines().any(|l| {
            l.starts_with(name)
                && l.contains(r#"venue="TOY""#)
                && l.contains(r#"connection="feed""#)
                && l.ends_with(value)
        });
        assert!(found, "no {name} {value} in\n{page}");
    };
    holds("tradewind_connection_up", " 1");
    holds("tradewind_connection_messages_total", " 2");
    holds("tradewind_connection_bad_messages_total", " 1");
    holds("tradewind_connection_bad_messages_by_kind_total", " 1");
    holds("tradewind_connection_transitions_total", " 2");
}
