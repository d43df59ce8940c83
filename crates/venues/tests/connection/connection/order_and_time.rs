//! Arrival order, late data, latency, clock skew.

use std::time::Duration;

use tradewind_types::UnixNanos;
use tradewind_venues::clock::{Clock, RuntimeClock};
use tradewind_venues::connection::*;

use super::support::*;

#[tokio::test]
async fn messages_arrive_in_the_order_in_which_they_were_sent() {
    let (listener, url) = listen().await;
    let mut fixture = real(&url, |_| {});
    let (session, mut socket) = tokio::join!(fixture.connection.connect(), accept_tcp(&listener));
    session.unwrap();
    let server = tokio::spawn(async move {
        for n in 0..5_000 {
            say(&mut socket, format!("+{n}")).await;
        }
        socket
    });
    for n in 0..5_000 {
        assert_eq!(fixture.event().await, (SessionId(1), Event::Text(n.to_string())));
    }
    drop(server.await.unwrap());
}

fn stamped(ts: UnixNanos) -> String {
    format!(r#"{{"type":"trade","price":"1","size":"1","ts":{}}}"#, ts.0)
}

/// Sends trades whose stamps lie so many milliseconds behind the venue's time of sending (negative: ahead).
async fn with_stamps(behind_ms: &[i64]) -> (Memory, Vec<bool>, MemorySocket) {
    let mut venue = memory(|_| {});
    let clock = RuntimeClock::starting_at(START);
    let mut socket = venue.connected().await;
    let mut late = Vec::new();
    for behind in behind_ms {
        let now = i64::try_from(clock.now().as_millis()).unwrap();
        say(
            &mut socket,
            stamped(UnixNanos::from_millis(u64::try_from(now - behind).unwrap())),
        )
        .await;
        let Event::Trade { late: flag, .. } = venue.fixture.event().await.1 else {
            panic!("a trade")
        };
        late.push(flag);
    }
    (venue, late, socket)
}

#[tokio::test(start_paused = true)]
async fn data_older_than_five_seconds_is_flagged_late_and_counted() {
    let (venue, late, _socket) = with_stamps(&[0, 4_900, 5_100, 60_000, -3_000]).await;
    assert_eq!(late, [false, false, true, true, false]);
    assert_eq!(venue.fixture.monitor().diagnostics().counts().late, 2);
}

#[tokio::test(start_paused = true)]
async fn latency_is_summed_up_with_median_and_99th_percentile() {
    let behind: Vec<i64> = (1..=200).collect();
    let (venue, ..) = with_stamps(&behind).await;
    let latency = venue.fixture.monitor().diagnostics().snapshot().latency;
    assert_eq!(latency.count, 200);
    let near = |got: Option<Duration>, ms: u128| {
        let got = got.unwrap().as_millis();
        // A bucket is a sixteenth wide.
        assert!(
            got + 1 >= ms && got <= ms + ms / 16 + 2,
            "{got} ms instead of {ms}"
        );
    };
    near(latency.p50, 100);
    near(latency.p99, 198);
    near(latency.max, 200);
}

#[tokio::test(start_paused = true)]
async fn a_venue_whose_clock_is_ahead_shows_as_skew() {
    let (venue, ..) = with_stamps(&[-2_900, -3_000, -2_950]).await;
    let skew_ms = venue
        .fixture
        .monitor()
        .diagnostics()
        .snapshot()
        .clock_skew_ns
        .unwrap()
        / 1_000_000;
    assert!((2_990..=3_010).contains(&skew_ms), "{skew_ms}");
}

#[tokio::test(start_paused = true)]
async fn a_venue_whose_clock_is_behind_shows_as_negative_skew_that_follows_a_correction() {
    let (mut venue, _, mut socket) = with_stamps(&[700, 650, 900]).await;
    let diagnostics = venue.fixture.monitor().diagnostics().clone();
    let skew_ms = diagnostics.snapshot().clock_skew_ns.unwrap() / 1_000_000;
    assert!((-655..=-645).contains(&skew_ms), "{skew_ms}");
    // The venue sets its clock right; the window forgets the old estimate within two minutes.
    let base = venue.fixture.monitor().history().first().unwrap().at;
    let started = tokio::time::Instant::now();
    for _ in 0..15 {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let elapsed = u64::try_from(started.elapsed().as_nanos()).unwrap();
        // Two seconds behind now: worse than before, so only forgetting can show it.
        say(&mut socket, stamped(base.plus(elapsed - 2_000_000_000))).await;
        venue.fixture.event().await;
    }
    let skew_ms = diagnostics.snapshot().clock_skew_ns.unwrap() / 1_000_000;
    assert!((-2_050..=-1_950).contains(&skew_ms), "{skew_ms}");
}
