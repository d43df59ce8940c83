//! Reconnecting: delays, resets, limits, exactly one attempt, one session after the other.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tradewind_venues::connection::*;
use tradewind_venues::rate_limit::{EndpointClass, Quota};

use super::support::*;

/// How long each wait between attempts lasted, oldest first.
fn waits(monitor: &ConnectionMonitor) -> Vec<Duration> {
    let history = monitor.history();
    let waited = history
        .iter()
        .filter(|t| matches!(t.from, ConnectionState::Waiting { .. }));
    waited.map(|t| t.in_previous).collect()
}

async fn attempts(monitor: &ConnectionMonitor, n: u64) {
    let mut states = monitor.watch();
    while monitor.diagnostics().counts().attempts < n {
        states.changed().await.expect("the connection lives");
    }
}

#[tokio::test(start_paused = true)]
async fn a_base_of_100_ms_without_jitter_gives_100_200_400_800_ms() {
    let venue = memory(|s| s.backoff = steady(100));
    drop(venue.end);
    assert!(matches!(
        venue.fixture.connection.connect().await,
        Err(ConnectError::Refused { .. })
    ));
    let monitor = venue.fixture.monitor();
    attempts(&monitor, 5).await;
    let waits = waits(&monitor);
    for (wait, expected) in waits.iter().zip([100_u128, 200, 400, 800]) {
        let ms = wait.as_millis();
        assert!(
            ms * 10 >= expected * 9 && ms * 10 <= expected * 11,
            "{ms} ms instead of {expected}"
        );
    }
    assert_eq!(waits.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn delays_grow_from_one_to_sixty_seconds_with_full_jitter() {
    let venue = memory(|s| s.backoff = BackoffSettings::default());
    drop(venue.end);
    assert!(venue.fixture.connection.connect().await.is_err());
    let monitor = venue.fixture.monitor();
    attempts(&monitor, 9).await;
    // The injected jitter is one half.
    let seconds: Vec<f64> = waits(&monitor)
        .iter()
        .map(|w| (w.as_secs_f64() * 10.0).round() / 10.0)
        .collect();
    assert_eq!(seconds, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
}

#[tokio::test(start_paused = true)]
async fn a_feed_tries_for_ever() {
    let venue = memory(|_| {});
    drop(venue.end);
    assert!(venue.fixture.connection.connect().await.is_err());
    attempts(&venue.fixture.monitor(), 500).await;
    assert!(!matches!(
        venue.fixture.connection.state(),
        ConnectionState::Failed { .. }
    ));
}

async fn delay_after_a_session_of(healthy: Duration) -> Duration {
    let mut venue = memory(|_| {});
    // Three failures first: the far ends are dropped, so that the handshake fails.
    let (_, ()) = tokio::join!(venue.fixture.connection.connect(), async {
        for _ in 0..3 {
            drop(venue.end.accept().await);
        }
    });
    let mut socket = venue.accept().await;
    let monitor = venue.fixture.monitor();
    until(&monitor, is_connected).await;
    let lives_on = async { while text(&mut socket).await != "end" {} };
    // The venue answers pings until the time is over.
    let _ = tokio::time::timeout(healthy, lives_on).await;
    drop(socket);
    match until(&monitor, |s| matches!(s, ConnectionState::Waiting { .. })).await {
        ConnectionState::Waiting { delay, .. } => delay,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn sixty_seconds_of_health_reset_the_delays() {
    assert_eq!(
        delay_after_a_session_of(Duration::from_secs(61)).await,
        Duration::from_secs(1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_short_session_does_not_reset_the_delays() {
    assert_eq!(
        delay_after_a_session_of(Duration::from_secs(58)).await,
        Duration::from_secs(8)
    );
}

#[tokio::test(start_paused = true)]
async fn after_max_attempts_the_connection_has_failed_and_stays_so() {
    let venue = memory(|s| s.backoff.max_attempts = Some(3));
    drop(venue.end);
    assert!(venue.fixture.connection.connect().await.is_err());
    let monitor = venue.fixture.monitor();
    until(&monitor, |s| *s == ConnectionState::Failed { failures: 3 }).await;
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert_eq!(venue.dialer.dialled(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_manual_reconnect_works_after_the_connection_has_failed() {
    let mut venue = memory(|s| s.backoff.max_attempts = Some(1));
    let (outcome, _) = tokio::join!(venue.fixture.connection.connect(), async {
        drop(venue.end.accept().await);
    });
    assert!(outcome.is_err());
    assert_eq!(
        venue.fixture.connection.state(),
        ConnectionState::Failed { failures: 1 }
    );
    let (session, _socket) = tokio::join!(venue.fixture.connection.reconnect(), accept(&mut venue.end));
    assert_eq!(session, Ok(SessionId(1)));
}

#[tokio::test(start_paused = true)]
async fn a_manual_reconnect_does_not_wait_for_the_delay() {
    let mut venue = memory(|s| s.backoff = steady(60_000));
    let (outcome, _) = tokio::join!(venue.fixture.connection.connect(), async {
        drop(venue.end.accept().await);
    });
    assert!(outcome.is_err());
    let started = Instant::now();
    let (session, _socket) = tokio::join!(venue.fixture.connection.reconnect(), accept(&mut venue.end));
    assert_eq!(session, Ok(SessionId(1)));
    assert!(started.elapsed() < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_manual_reconnect_replaces_a_live_session() {
    let mut venue = memory(|_| {});
    let first = venue.connected().await;
    let (session, _second) = tokio::join!(venue.fixture.connection.reconnect(), accept(&mut venue.end));
    assert_eq!(session, Ok(SessionId(2)));
    assert_eq!(venue.fixture.end().await, DisconnectReason::ManualReconnect);
    drop(first);
}

#[tokio::test(start_paused = true)]
async fn attempts_are_limited_over_all_connections_of_a_venue() {
    let (dialer, end) = MemoryDialer::new();
    drop(end);
    let quota = (EndpointClass::Connect, Quota::new(2, Duration::from_secs(10)));
    let shared = environment(Arc::new(dialer.clone()), &[quota]);
    let mut fixtures = Vec::new();
    for _ in 0..3 {
        let mut settings = settings("ws://toy.test/feed");
        settings.backoff = steady(1);
        settings.backoff.max = Duration::from_millis(10);
        fixtures.push(spawn(settings, Toy::default(), shared.clone()));
    }
    let calls = fixtures.iter().map(|f| f.connection.connect());
    let all = futures_util::future::join_all(calls);
    assert!(all.await.iter().all(Result::is_err));
    tokio::time::sleep(Duration::from_secs(100) - Duration::from_secs(5)).await;
    // 2 at once and one every 5 s: alone, each would have made thousands.
    assert!((19..=22).contains(&dialer.dialled()), "{}", dialer.dialled());
}

#[tokio::test(start_paused = true)]
async fn concurrent_connect_calls_share_one_attempt() {
    let mut venue = memory(|_| {});
    let calls = futures_util::future::join_all((0..10).map(|_| venue.fixture.connection.connect()));
    let (sessions, _socket) = tokio::join!(calls, accept(&mut venue.end));
    assert!(sessions.iter().all(|s| *s == Ok(SessionId(1))), "{sessions:?}");
    assert_eq!(venue.dialer.dialled(), 1);
    let counts = venue.fixture.monitor().diagnostics().counts();
    assert_eq!(
        (counts.attempts, counts.connects_shared, counts.sessions),
        (1, 9, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_second_connect_is_counted_and_refused() {
    let mut venue = memory(|_| {});
    let _socket = venue.connected().await;
    let again = venue.fixture.connection.connect().await;
    assert_eq!(
        again,
        Err(ConnectError::AlreadyConnected {
            session: SessionId(1)
        })
    );
    assert_eq!(venue.fixture.monitor().diagnostics().counts().connects_refused, 1);
    assert_eq!(venue.dialer.dialled(), 1);
}

#[tokio::test(start_paused = true)]
async fn every_reconnect_brings_a_new_session_id() {
    let mut venue = memory(|_| {});
    drop(venue.connected().await);
    for expected in 2..=4 {
        let socket = venue.accept().await;
        let state = until(&venue.fixture.monitor(), is_connected).await;
        assert_eq!(
            state,
            ConnectionState::Connected {
                session: SessionId(expected)
            }
        );
        drop(socket);
        until(&venue.fixture.monitor(), |s| !is_connected(s)).await;
    }
}
