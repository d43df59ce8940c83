//! The venues and connections of this process, as the API shows them.
//!
//! Whoever starts the feeds fills the directory; the API only reads monitors and asks for reconnects.

use std::sync::Arc;

use tradewind_types::{Market, UnixNanos, VenueId};
use tradewind_venues::breaker::{BreakerState, CircuitBreaker};
use tradewind_venues::connection::ConnectionMonitor;
use tradewind_wire as wire;

/// One connection.
#[derive(Clone)]
pub struct ConnectionEntry {
    /// Its read-only view.
    pub monitor: ConnectionMonitor,
    /// What is subscribed, for people.
    pub subscriptions: Vec<String>,
    /// Asks for a reconnect; returns at once.
    pub reconnect: Arc<dyn Fn() + Send + Sync>,
}

/// One venue.
#[derive(Clone)]
pub struct VenueEntry {
    /// Id.
    pub id: VenueId,
    /// Markets it serves.
    pub markets: Vec<Market>,
    /// The breaker of its REST side.
    pub breaker: Arc<CircuitBreaker>,
    /// Its connections.
    pub connections: Vec<ConnectionEntry>,
    /// Whether it is the simulator.
    pub simulated: bool,
}

/// All venues.
#[derive(Clone, Default)]
pub struct VenueDirectory {
    venues: Vec<VenueEntry>,
}

impl VenueDirectory {
    /// Of these venues.
    #[must_use]
    pub fn new(venues: Vec<VenueEntry>) -> Self {
        Self { venues }
    }

    /// The venues.
    #[must_use]
    pub fn entries(&self) -> &[VenueEntry] {
        &self.venues
    }

    /// The venue of an id.
    #[must_use]
    pub fn venue(&self, id: &str) -> Option<&VenueEntry> {
        self.venues.iter().find(|venue| venue.id.as_str() == id)
    }

    /// The connection of an id, which is its name.
    #[must_use]
    pub fn connection(&self, id: &str) -> Option<&ConnectionEntry> {
        self.connections()
            .find(|connection| connection.monitor.name() == id)
    }

    /// All connections.
    pub fn connections(&self) -> impl Iterator<Item = &ConnectionEntry> {
        self.venues.iter().flat_map(|venue| &venue.connections)
    }
}

fn breaker(breaker: &CircuitBreaker, now: UnixNanos) -> wire::Breaker {
    let state = breaker.state();
    let opened = breaker
        .history()
        .into_iter()
        .rev()
        .find(|t| t.to == "open")
        .map(|t| wire::Time(t.at));
    let (name, failures, retry_at) = match state {
        BreakerState::Closed { failures } => (wire::BreakerState::Closed, failures, None),
        BreakerState::Open { until, .. } => {
            let left = until.saturating_duration_since(tokio::time::Instant::now());
            let at = now.plus(u64::try_from(left.as_nanos()).unwrap_or(u64::MAX));
            (wire::BreakerState::Open, 0, Some(wire::Time(at)))
        }
        BreakerState::HalfOpen { .. } => (wire::BreakerState::HalfOpen, 0, None),
    };
    let opened_at = opened.filter(|_| name != wire::BreakerState::Closed);
    wire::Breaker {
        state: name,
        failures,
        opened_at,
        retry_at,
    }
}

/// A venue for the API.
#[must_use]
pub fn venue_row(venue: &VenueEntry, now: UnixNanos) -> wire::Venue {
    wire::Venue {
        id: venue.id.to_string(),
        markets: venue.markets.iter().map(ToString::to_string).collect(),
        breaker: breaker(&venue.breaker, now),
        connections: venue
            .connections
            .iter()
            .map(|c| c.monitor.name().to_owned())
            .collect(),
        simulated: venue.simulated,
    }
}

/// A connection for the API.
#[must_use]
pub fn connection_row(connection: &ConnectionEntry) -> wire::Connection {
    let monitor = &connection.monitor;
    let data = monitor.diagnostics().snapshot();
    let history = monitor.history();
    let failure = history.iter().rev().find(|t| {
        use tradewind_venues::connection::Reason;
        matches!(
            t.reason,
            Reason::AttemptFailed(_) | Reason::Lost(_) | Reason::Aborted
        )
    });
    let ms = |duration: std::time::Duration| duration.as_secs_f64() * 1e3;
    wire::Connection {
        id: monitor.name().to_owned(),
        venue: monitor.venue().to_string(),
        url: monitor.address().to_owned(),
        state: monitor.state().label().to_ascii_uppercase(),
        state_since: wire::Time(monitor.in_state_since().0),
        session: data.counts.sessions,
        attempts: data.counts.attempts,
        reconnects: data.counts.sessions.saturating_sub(1),
        last_error: failure.map(|t| t.reason.to_string()),
        messages: data.counts.messages,
        bytes: data.counts.bytes,
        errors: data
            .bad_by_kind
            .iter()
            .map(|(kind, count)| (kind.label().to_owned(), *count))
            .collect(),
        gaps: data.counts.gaps,
        latency_p50_ms: data.latency.p50.map(ms),
        latency_p99_ms: data.latency.p99.map(ms),
        clock_skew_ms: data.clock_skew_ns.map(|ns| ns as f64 / 1e6),
        subscriptions: connection.subscriptions.clone(),
        last_message_at: data.last_message_at.map(wire::Time),
        ring_size: u32::try_from(data.bad_messages.len()).unwrap_or(u32::MAX),
    }
}

/// A connection with its history for the API.
#[must_use]
pub fn connection_detail(connection: &ConnectionEntry) -> wire::ConnectionDetail {
    let monitor = &connection.monitor;
    let transition = |t: &tradewind_venues::connection::Transition| wire::ConnectionTransition {
        from: t.from.label().to_ascii_uppercase(),
        to: t.to.label().to_ascii_uppercase(),
        ts: wire::Time(t.at),
        duration_ms: u64::try_from(t.in_previous.as_millis()).unwrap_or(u64::MAX),
        reason: t.reason.to_string(),
    };
    let ring = monitor
        .diagnostics()
        .snapshot()
        .bad_messages
        .into_iter()
        .map(|record| wire::RingEntry {
            ts: wire::Time(record.at),
            error: Some(format!("{}: {}", record.kind.label(), record.detail)),
            raw: String::from_utf8_lossy(&record.raw).into_owned(),
        });
    wire::ConnectionDetail {
        connection: connection_row(connection),
        transitions: monitor.history().iter().map(transition).collect(),
        ring: ring.collect(),
    }
}
