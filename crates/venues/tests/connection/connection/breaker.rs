//! The circuit breaker, over time that is paused.

use std::sync::Arc;
use std::time::Duration;

use tradewind_venues::breaker::{BreakerRefusal, BreakerSettings, BreakerState, CircuitBreaker};
use tradewind_venues::clock::RuntimeClock;
use tradewind_venues::rate_limit::Priority;

use super::support::START;

fn breaker() -> Arc<CircuitBreaker> {
    let clock = Arc::new(RuntimeClock::starting_at(START));
    Arc::new(CircuitBreaker::new("TOY", BreakerSettings::default(), clock))
}

fn fail(breaker: &Arc<CircuitBreaker>, times: u32) {
    for _ in 0..times {
        breaker
            .admit(Priority::Normal)
            .expect("it admits")
            .failed("HTTP 503");
    }
}

fn succeed(breaker: &Arc<CircuitBreaker>, times: u32) {
    for _ in 0..times {
        breaker.admit(Priority::Normal).expect("it admits").succeeded();
    }
}

async fn seconds(n: u64) {
    tokio::time::advance(Duration::from_secs(n)).await;
}

#[tokio::test(start_paused = true)]
async fn the_breaker_opens_after_five_consecutive_failures() {
    let breaker = breaker();
    fail(&breaker, 4);
    assert_eq!(breaker.state(), BreakerState::Closed { failures: 4 });
    fail(&breaker, 1);
    let refusal = breaker.admit(Priority::Normal).unwrap_err();
    assert_eq!(
        refusal,
        BreakerRefusal::Open {
            retry_in: Duration::from_secs(30)
        }
    );
    assert_eq!(breaker.refused(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_success_between_failures_starts_the_count_again() {
    let breaker = breaker();
    fail(&breaker, 4);
    succeed(&breaker, 1);
    fail(&breaker, 4);
    assert_eq!(breaker.state(), BreakerState::Closed { failures: 4 });
}

#[tokio::test(start_paused = true)]
async fn the_breaker_is_half_open_after_thirty_seconds_and_closes_after_three_successes() {
    let breaker = breaker();
    fail(&breaker, 5);
    seconds(29).await;
    assert!(breaker.admit(Priority::Normal).is_err());
    seconds(1).await;
    assert_eq!(breaker.state().label(), "half_open");
    succeed(&breaker, 2);
    assert_eq!(breaker.state().label(), "half_open");
    succeed(&breaker, 1);
    assert_eq!(breaker.state(), BreakerState::Closed { failures: 0 });
}

#[tokio::test(start_paused = true)]
async fn the_cool_down_doubles_up_to_five_minutes_and_starts_over_once_closed() {
    let breaker = breaker();
    fail(&breaker, 5);
    let mut cooldowns = Vec::new();
    for _ in 0..6 {
        let BreakerState::Open { cooldown, .. } = breaker.state() else {
            panic!("{:?}", breaker.state())
        };
        cooldowns.push(cooldown.as_secs());
        seconds(cooldown.as_secs() - 1).await;
        assert!(breaker.admit(Priority::Normal).is_err(), "not a second early");
        seconds(1).await;
        fail(&breaker, 1);
    }
    assert_eq!(cooldowns, [30, 60, 120, 240, 300, 300]);
    seconds(300).await;
    succeed(&breaker, 3);
    fail(&breaker, 5);
    assert!(matches!(breaker.state(), BreakerState::Open { cooldown, .. } if cooldown.as_secs() == 30));
}

#[tokio::test(start_paused = true)]
async fn one_probe_at_a_time_passes_a_half_open_breaker() {
    let breaker = breaker();
    fail(&breaker, 5);
    seconds(30).await;
    let probe = breaker.admit(Priority::Normal).unwrap();
    assert_eq!(
        breaker.admit(Priority::Normal).unwrap_err(),
        BreakerRefusal::ProbeUnderWay
    );
    drop(probe);
    breaker
        .admit(Priority::Normal)
        .expect("an abandoned probe frees its place")
        .succeeded();
}

#[tokio::test(start_paused = true)]
async fn cancels_and_kill_switch_traffic_are_never_stopped() {
    let breaker = breaker();
    fail(&breaker, 5);
    for _ in 0..100 {
        breaker
            .admit(Priority::Cancel)
            .expect("cancels pass an open breaker")
            .failed("HTTP 503");
    }
    seconds(30).await;
    let _probe = breaker.admit(Priority::Normal).unwrap();
    breaker
        .admit(Priority::Cancel)
        .expect("cancels pass while a probe is under way")
        .succeeded();
}

#[tokio::test(start_paused = true)]
async fn the_outcome_of_cancels_neither_heals_nor_reopens_the_breaker() {
    let breaker = breaker();
    fail(&breaker, 5);
    seconds(30).await;
    for _ in 0..5 {
        breaker.admit(Priority::Cancel).unwrap().succeeded();
    }
    assert_eq!(breaker.state().label(), "half_open");
    breaker.admit(Priority::Cancel).unwrap().failed("HTTP 503");
    assert_eq!(breaker.state().label(), "half_open");
}

#[tokio::test(start_paused = true)]
async fn the_breakers_transitions_are_on_record() {
    let breaker = breaker();
    seconds(5).await;
    fail(&breaker, 5);
    seconds(30).await;
    succeed(&breaker, 3);
    let rows: Vec<_> = breaker
        .history()
        .iter()
        .map(|t| (t.from, t.to, t.in_previous.as_secs()))
        .collect();
    assert_eq!(
        rows,
        [
            ("closed", "open", 5),
            ("open", "half_open", 30),
            ("half_open", "closed", 0)
        ]
    );
    let first = &breaker.history()[0];
    assert_eq!(first.at.as_secs(), START.as_secs() + 5);
    assert_eq!(first.reason, "5 consecutive failures, the last: HTTP 503");
}
