//! The connection's states and the record of its transitions: when, after how long, and why.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{broadcast, watch};
use tokio::time::Instant;
use tradewind_types::{UnixNanos, VenueId};

use super::error::{ConnectError, DisconnectReason};
use super::settings::ConnectionSettings;
use crate::clock::Clock;
use crate::diagnostics::Diagnostics;

/// Transitions that a slow watcher may lag behind before it misses some.
const BROADCAST_MAX: usize = 128;

/// One session of a connection; each reconnect has a new one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "session {}", self.0)
    }
}

/// What a connection does at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionState {
    /// Not asked to connect yet.
    Idle,
    /// An attempt is under way.
    Connecting {
        /// Its number in the current series; 1 is the first.
        attempt: u32,
    },
    /// A session is up.
    Connected {
        /// Which.
        session: SessionId,
    },
    /// Waiting for the next attempt.
    Waiting {
        /// The number that it will have.
        attempt: u32,
        /// How long the wait is.
        delay: Duration,
    },
    /// Saying good-bye.
    Closing,
    /// Closed by its owner; the end.
    Closed,
    /// Given up after so many failures, or because the settings cannot work; a manual reconnect tries again.
    Failed {
        /// Failures in a row.
        failures: u32,
    },
}

impl ConnectionState {
    /// The state in metrics and API.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Connecting { .. } => "connecting",
            Self::Connected { .. } => "connected",
            Self::Waiting { .. } => "waiting",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Failed { .. } => "failed",
        }
    }
}

/// Why a state changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The owner asked to connect.
    #[error("asked to connect")]
    Requested,
    /// A reconnect was asked for by hand.
    #[error("reconnect asked for")]
    ManualReconnect,
    /// The wait was over.
    #[error("the wait was over")]
    RetryDue,
    /// The handshake succeeded.
    #[error("established")]
    Established,
    /// The attempt failed.
    #[error("the attempt failed: {0}")]
    AttemptFailed(ConnectError),
    /// The session was lost.
    #[error("the session was lost: {0}")]
    Lost(DisconnectReason),
    /// The owner asked to close.
    #[error("asked to close")]
    CloseRequested,
    /// The venue answered our close.
    #[error("the venue confirmed the close")]
    CloseConfirmed,
    /// The venue did not answer our close in time, or there was nothing to answer.
    #[error("closed without the venue's answer")]
    CloseUnconfirmed,
    /// The owner forced the close.
    #[error("closed by force")]
    Forced,
    /// The connection's task ended in the middle of its work: a defect (a panic in a protocol, say), or the
    /// runtime shut down.
    #[error("the connection's task ended unexpectedly")]
    Aborted,
}

/// One change of state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transition {
    /// The state left.
    pub from: ConnectionState,
    /// The state entered.
    pub to: ConnectionState,
    /// Wall-clock time of the change.
    pub at: UnixNanos,
    /// How long the left state had lasted.
    pub in_previous: Duration,
    /// Why.
    pub reason: Reason,
}

/// A read-only view of a connection, free of the venue's types; clone it into the API.
#[derive(Clone)]
pub struct ConnectionMonitor {
    name: Arc<str>,
    venue: VenueId,
    address: Arc<str>,
    state: watch::Receiver<ConnectionState>,
    transitions: broadcast::Sender<Transition>,
    history: Arc<Mutex<History>>,
    diagnostics: Arc<Diagnostics>,
}

impl fmt::Debug for ConnectionMonitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionMonitor")
            .field("name", &self.name)
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct History {
    transitions: VecDeque<Transition>,
    since: Instant,
    since_wall: UnixNanos,
}

impl ConnectionMonitor {
    /// The connection's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The venue.
    #[must_use]
    pub fn venue(&self) -> &VenueId {
        &self.venue
    }

    /// The configured address, without its query.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The state at this moment.
    #[must_use]
    pub fn state(&self) -> ConnectionState {
        self.state.borrow().clone()
    }

    /// Since when the connection is in its state, and for how long.
    #[must_use]
    pub fn in_state_since(&self) -> (UnixNanos, Duration) {
        let history = lock(&self.history);
        (history.since_wall, history.since.elapsed())
    }

    /// Follows the state; sees the latest, may skip short ones.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<ConnectionState> {
        self.state.clone()
    }

    /// Follows every transition from now on.
    #[must_use]
    pub fn transitions(&self) -> broadcast::Receiver<Transition> {
        self.transitions.subscribe()
    }

    /// The latest transitions, oldest first.
    #[must_use]
    pub fn history(&self) -> Vec<Transition> {
        lock(&self.history).transitions.iter().cloned().collect()
    }

    /// Counters, bad messages, latency.
    #[must_use]
    pub fn diagnostics(&self) -> &Arc<Diagnostics> {
        &self.diagnostics
    }
}

fn lock(history: &Mutex<History>) -> MutexGuard<'_, History> {
    // The history stays readable after a panic elsewhere.
    history.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The writing side, held by the connection's task.
pub(super) struct StateLog {
    state: watch::Sender<ConnectionState>,
    monitor: ConnectionMonitor,
    clock: Arc<dyn Clock>,
    history_max: usize,
    gauge: metrics::Gauge,
    transitions: metrics::Counter,
}

impl StateLog {
    pub(super) fn new(
        settings: &ConnectionSettings,
        clock: Arc<dyn Clock>,
        diagnostics: Arc<Diagnostics>,
    ) -> Self {
        let (state, watched) = watch::channel(ConnectionState::Idle);
        let history = History {
            transitions: VecDeque::new(),
            since: Instant::now(),
            since_wall: clock.now(),
        };
        let labels = [
            ("venue", settings.venue.to_string()),
            ("connection", settings.name.clone()),
        ];
        let monitor = ConnectionMonitor {
            name: Arc::from(settings.name.as_str()),
            venue: settings.venue.clone(),
            address: Arc::from(settings.endpoint.shown()),
            state: watched,
            transitions: broadcast::channel(BROADCAST_MAX).0,
            history: Arc::new(Mutex::new(history)),
            diagnostics,
        };
        Self {
            state,
            monitor,
            clock,
            history_max: settings.history_max.max(1),
            gauge: metrics::gauge!("tradewind_connection_up", &labels),
            transitions: metrics::counter!("tradewind_connection_transitions_total", &labels),
        }
    }

    pub(super) fn monitor(&self) -> ConnectionMonitor {
        self.monitor.clone()
    }

    pub(super) fn current(&self) -> ConnectionState {
        self.state.borrow().clone()
    }

    pub(super) fn enter(&self, to: ConnectionState, reason: Reason) {
        let at = self.clock.now();
        let transition = {
            let mut history = lock(&self.monitor.history);
            let in_previous = history.since.elapsed();
            (history.since, history.since_wall) = (Instant::now(), at);
            let transition = Transition {
                from: self.current(),
                to,
                at,
                in_previous,
                reason,
            };
            if history.transitions.len() == self.history_max {
                history.transitions.pop_front();
            }
            history.transitions.push_back(transition.clone());
            transition
        };
        tracing::info!(venue = %self.monitor.venue, connection = %self.monitor.name,
            from = transition.from.label(), to = transition.to.label(),
            after_ms = transition.in_previous.as_millis() as u64, reason = %transition.reason, "connection changed");
        self.gauge
            .set(if matches!(transition.to, ConnectionState::Connected { .. }) {
                1.0
            } else {
                0.0
            });
        self.transitions.increment(1);
        self.state.send_replace(transition.to.clone());
        // Nobody may be listening; the history has it.
        let _ = self.monitor.transitions.send(transition);
    }
}

impl Drop for StateLog {
    /// However the task ends, nobody shall go on seeing a connection that is up.
    fn drop(&mut self) {
        if self.current() != ConnectionState::Closed {
            self.enter(ConnectionState::Closed, Reason::Aborted);
        }
    }
}
