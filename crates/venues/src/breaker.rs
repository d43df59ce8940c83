//! The circuit breaker in front of a venue's REST and order entry.
//!
//! It opens after so many consecutive failures, lets one probe at a time through after a cool-down (which
//! doubles while probes fail), and closes again after so many successes. Cancels and kill-switch traffic
//! ([`Priority::Cancel`]) always pass: a venue that looks ill is exactly where risk has to be taken off.
//! The outcome of such traffic counts while the breaker is closed and is ignored otherwise, so that it
//! neither re-opens nor heals a breaker that probes are testing.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::{Clock, UnixNanos};
use crate::rate_limit::Priority;

/// How many transitions are remembered.
const HISTORY_MAX: usize = 64;

/// Thresholds and times of a breaker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Consecutive failures that open it.
    pub failures_to_open: u32,
    /// Consecutive successful probes that close it.
    pub successes_to_close: u32,
    /// First cool-down; doubles each time a probe fails.
    pub cooldown: Duration,
    /// The longest cool-down.
    pub cooldown_max: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self {
            failures_to_open: 5,
            successes_to_close: 3,
            cooldown: Duration::from_secs(30),
            cooldown_max: Duration::from_secs(300),
        }
    }
}

/// What the breaker does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Traffic flows.
    Closed {
        /// Consecutive failures so far.
        failures: u32,
    },
    /// Traffic is refused.
    Open {
        /// When the first probe may pass.
        until: Instant,
        /// The cool-down that is running.
        cooldown: Duration,
    },
    /// One probe at a time may pass.
    HalfOpen {
        /// Consecutive successful probes so far.
        successes: u32,
        /// A probe is under way.
        probing: bool,
        /// The cool-down that has just ended.
        cooldown: Duration,
    },
}

impl BreakerState {
    /// `closed`, `open` or `half_open`.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Closed { .. } => "closed",
            Self::Open { .. } => "open",
            Self::HalfOpen { .. } => "half_open",
        }
    }
}

/// One change of the breaker's state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerTransition {
    /// Label of the state that was left.
    pub from: &'static str,
    /// Label of the state that was entered.
    pub to: &'static str,
    /// Wall-clock time of the change.
    pub at: UnixNanos,
    /// How long the left state had lasted.
    pub in_previous: Duration,
    /// Why it changed.
    pub reason: String,
}

/// The breaker refused a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BreakerRefusal {
    /// It is open.
    #[error("the circuit breaker is open; next probe in {} ms", retry_in.as_millis())]
    Open {
        /// Time until the first probe may pass.
        retry_in: Duration,
    },
    /// It is half-open, and the one probe is under way.
    #[error("the circuit breaker is half-open and its probe is under way")]
    ProbeUnderWay,
}

struct Inner {
    state: BreakerState,
    since: Instant,
    history: VecDeque<BreakerTransition>,
    refused: u64,
}

/// A breaker shared by everything that talks to one venue. Cheap to call; a short lock, never held over await.
pub struct CircuitBreaker {
    name: String,
    settings: BreakerSettings,
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
    gauge: metrics::Gauge,
    refusals: metrics::Counter,
}

impl std::fmt::Debug for CircuitBreaker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CircuitBreaker")
            .field("name", &self.name)
            .field("state", &self.state())
            .finish()
    }
}

impl CircuitBreaker {
    /// A closed breaker. `name` labels its metrics, usually the venue.
    #[must_use]
    pub fn new(name: impl Into<String>, settings: BreakerSettings, clock: Arc<dyn Clock>) -> Self {
        let name = name.into();
        let gauge = metrics::gauge!("tradewind_breaker_state", "venue" => name.clone());
        let refusals = metrics::counter!("tradewind_breaker_refusals_total", "venue" => name.clone());
        let inner = Inner {
            state: BreakerState::Closed { failures: 0 },
            since: Instant::now(),
            history: VecDeque::new(),
            refused: 0,
        };
        Self {
            name,
            settings,
            clock,
            inner: Mutex::new(inner),
            gauge,
            refusals,
        }
    }

    /// The breaker's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The state at this moment; an expired cool-down shows as half-open.
    #[must_use]
    pub fn state(&self) -> BreakerState {
        let mut inner = self.lock();
        self.expire_cooldown(&mut inner);
        inner.state
    }

    /// The latest transitions, oldest first.
    #[must_use]
    pub fn history(&self) -> Vec<BreakerTransition> {
        self.lock().history.iter().cloned().collect()
    }

    /// Calls refused so far.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.lock().refused
    }

    /// Asks to make one call. Report its outcome on the returned [`Admission`]; dropping it unreported
    /// counts as neither.
    ///
    /// # Errors
    /// [`BreakerRefusal`] while open or probing; never for [`Priority::Cancel`].
    pub fn admit(self: &Arc<Self>, priority: Priority) -> Result<Admission, BreakerRefusal> {
        let mut inner = self.lock();
        self.expire_cooldown(&mut inner);
        let kind = match (&mut inner.state, priority) {
            (BreakerState::Closed { .. }, _) => AdmissionKind::Normal,
            (_, Priority::Cancel) => AdmissionKind::Bypass,
            (BreakerState::HalfOpen { probing, .. }, Priority::Normal) if !*probing => {
                *probing = true;
                AdmissionKind::Probe
            }
            (state, Priority::Normal) => {
                let refusal = match state {
                    BreakerState::Open { until, .. } => BreakerRefusal::Open {
                        retry_in: until.saturating_duration_since(Instant::now()),
                    },
                    _ => BreakerRefusal::ProbeUnderWay,
                };
                inner.refused += 1;
                self.refusals.increment(1);
                return Err(refusal);
            }
        };
        Ok(Admission {
            breaker: Arc::clone(self),
            kind,
            reported: false,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Every write below is a single assignment, so the state is whole even after a panic elsewhere.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn expire_cooldown(&self, inner: &mut Inner) {
        if let BreakerState::Open { until, cooldown } = inner.state
            && Instant::now() >= until
        {
            let next = BreakerState::HalfOpen {
                successes: 0,
                probing: false,
                cooldown,
            };
            self.change(
                inner,
                next,
                format!("cool-down of {} ms ended", cooldown.as_millis()),
            );
        }
    }

    fn change(&self, inner: &mut Inner, next: BreakerState, reason: String) {
        let transition = BreakerTransition {
            from: inner.state.label(),
            to: next.label(),
            at: self.clock.now(),
            in_previous: inner.since.elapsed(),
            reason,
        };
        tracing::info!(breaker = %self.name, from = transition.from, to = transition.to, reason = %transition.reason, "circuit breaker changed");
        if inner.history.len() == HISTORY_MAX {
            inner.history.pop_front();
        }
        inner.history.push_back(transition);
        inner.state = next;
        inner.since = Instant::now();
        self.gauge.set(match next {
            BreakerState::Closed { .. } => 0.0,
            BreakerState::HalfOpen { .. } => 1.0,
            BreakerState::Open { .. } => 2.0,
        });
    }

    fn succeeded(&self, kind: AdmissionKind) {
        let mut inner = self.lock();
        match (inner.state, kind) {
            (BreakerState::Closed { failures }, _) if failures > 0 => {
                inner.state = BreakerState::Closed { failures: 0 };
            }
            (
                BreakerState::HalfOpen {
                    successes, cooldown, ..
                },
                AdmissionKind::Probe,
            ) => {
                let successes = successes + 1;
                if successes >= self.settings.successes_to_close {
                    let reason = format!("{successes} probes succeeded");
                    self.change(&mut inner, BreakerState::Closed { failures: 0 }, reason);
                } else {
                    inner.state = BreakerState::HalfOpen {
                        successes,
                        probing: false,
                        cooldown,
                    };
                }
            }
            _ => {}
        }
    }

    fn failed(&self, kind: AdmissionKind, why: &str) {
        let mut inner = self.lock();
        match (inner.state, kind) {
            (BreakerState::Closed { failures }, _) => {
                let failures = failures + 1;
                if failures >= self.settings.failures_to_open {
                    let reason = format!("{failures} consecutive failures, the last: {why}");
                    self.open(&mut inner, self.settings.cooldown, reason);
                } else {
                    inner.state = BreakerState::Closed { failures };
                }
            }
            (BreakerState::HalfOpen { cooldown, .. }, AdmissionKind::Probe) => {
                let doubled = cooldown.saturating_mul(2).min(self.settings.cooldown_max);
                self.open(&mut inner, doubled, format!("a probe failed: {why}"));
            }
            _ => {}
        }
    }

    fn open(&self, inner: &mut Inner, cooldown: Duration, reason: String) {
        self.change(
            inner,
            BreakerState::Open {
                until: Instant::now() + cooldown,
                cooldown,
            },
            reason,
        );
    }

    fn abandoned(&self, kind: AdmissionKind) {
        let mut inner = self.lock();
        if let (BreakerState::HalfOpen { probing, .. }, AdmissionKind::Probe) = (&mut inner.state, kind) {
            *probing = false;
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AdmissionKind {
    Normal,
    Probe,
    Bypass,
}

/// Leave to make one call. Report the outcome once.
#[must_use = "report the outcome of the call"]
#[derive(Debug)]
pub struct Admission {
    breaker: Arc<CircuitBreaker>,
    kind: AdmissionKind,
    reported: bool,
}

impl Admission {
    /// The venue answered as it should (a refusal of ours, such as a 400, is an answer).
    pub fn succeeded(mut self) {
        self.reported = true;
        self.breaker.succeeded(self.kind);
    }

    /// The venue could not be reached, did not answer, or answered with a fault of its own.
    pub fn failed(mut self, why: &str) {
        self.reported = true;
        self.breaker.failed(self.kind, why);
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        if !self.reported {
            self.breaker.abandoned(self.kind);
        }
    }
}
