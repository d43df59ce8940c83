//! Venues and the connections to them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;

/// State of a circuit breaker.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BreakerState {
    /// Requests pass.
    Closed,
    /// Requests are refused at once.
    Open,
    /// A trial request is under way.
    HalfOpen,
}

/// A circuit breaker.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Breaker {
    /// State.
    pub state: BreakerState,
    /// Failures counted in the window.
    pub failures: u32,
    /// When it opened.
    pub opened_at: Option<Time>,
    /// When a trial is let through.
    pub retry_at: Option<Time>,
}

/// A venue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Venue {
    /// Id.
    pub id: String,
    /// Markets it serves.
    pub markets: Vec<String>,
    /// The breaker of its REST side.
    pub breaker: Breaker,
    /// Ids of its connections.
    pub connections: Vec<String>,
    /// True when it is the simulator.
    pub simulated: bool,
}

/// A connection.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Connection {
    /// Id.
    pub id: String,
    /// Venue.
    pub venue: String,
    /// Address, without secrets.
    pub url: String,
    /// State, e.g. `STREAMING`, `BACKOFF`.
    pub state: String,
    /// Since when.
    pub state_since: Time,
    /// Number of the session; each connect adds 1.
    pub session: u64,
    /// Connect attempts in all.
    pub attempts: u64,
    /// Connects after the first.
    pub reconnects: u64,
    /// The last error.
    pub last_error: Option<String>,
    /// Messages received.
    pub messages: u64,
    /// Bytes received.
    pub bytes: u64,
    /// Errors by kind.
    pub errors: BTreeMap<String, u64>,
    /// Gaps in sequence numbers.
    pub gaps: u64,
    /// Median time from the venue's stamp to ours, milliseconds.
    pub latency_p50_ms: Option<f64>,
    /// 99th percentile of it.
    pub latency_p99_ms: Option<f64>,
    /// Our clock − the venue's, milliseconds.
    pub clock_skew_ms: Option<f64>,
    /// What is subscribed.
    pub subscriptions: Vec<String>,
    /// When the last message came.
    pub last_message_at: Option<Time>,
    /// Messages kept for diagnosis.
    pub ring_size: u32,
}

/// One change of a connection's state.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConnectionTransition {
    /// From.
    pub from: String,
    /// To.
    pub to: String,
    /// When.
    pub ts: Time,
    /// How long `from` lasted, milliseconds.
    pub duration_ms: u64,
    /// Why.
    pub reason: String,
}

/// A raw message kept because something about it was wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct RingEntry {
    /// When.
    pub ts: Time,
    /// What was wrong; null = nothing.
    pub error: Option<String>,
    /// The message, cut to a limit.
    pub raw: String,
}

/// A connection with its history.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ConnectionDetail {
    /// The connection.
    #[serde(flatten)]
    pub connection: Connection,
    /// Latest transitions, oldest first.
    pub transitions: Vec<ConnectionTransition>,
    /// Kept messages, oldest first.
    pub ring: Vec<RingEntry>,
}
