//! What a connection did and saw, countable and bounded: counters, the latest bad messages as they came,
//! and how long data took from the venue to us.
//!
//! Written by the connection's task, read by the API and the metrics page as a [`DiagnosticsSnapshot`].
//! Nothing here influences the connection.

mod latency;
mod ring;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tradewind_types::{UnixNanos, VenueId};

pub use latency::{LatencyHistogram, LatencySummary};
pub use ring::{BadRecord, RawRing, RingLimits};

use crate::connection::BadKind;

/// The window over which clock skew is estimated.
const SKEW_WINDOW: Duration = Duration::from_secs(60);

macro_rules! counters {
    ($($(#[$doc:meta])* $name:ident => $metric:literal,)*) => {
        /// Every counter of a connection, as numbers.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct Counts { $($(#[$doc])* pub $name: u64,)* }

        /// One counter: ours for snapshots, and its twin in the metrics registry.
        struct Counters { $($name: Counter,)* }

        impl Counters {
            fn new(venue: &str, connection: &str) -> Self {
                Self { $($name: Counter {
                    value: AtomicU64::new(0),
                    exported: metrics::counter!($metric, "venue" => venue.to_owned(), "connection" => connection.to_owned()),
                },)* }
            }

            fn read(&self) -> Counts {
                Counts { $($name: self.$name.value.load(Ordering::Relaxed),)* }
            }
        }

        impl Diagnostics {
            $($(#[$doc])* pub(crate) fn $name(&self, by: u64) { self.counters.$name.add(by); })*
        }
    };
}

counters! {
    /// Messages received, pings and pongs not counted.
    messages => "tradewind_connection_messages_total",
    /// Bytes of those messages.
    bytes => "tradewind_connection_bytes_total",
    /// Messages sent.
    sent => "tradewind_connection_sent_total",
    /// Events handed to the consumer.
    events => "tradewind_connection_events_total",
    /// Events that found the consumer's queue full.
    overflowed => "tradewind_connection_overflowed_total",
    /// Messages, or items of messages, that could not be read.
    bad => "tradewind_connection_bad_messages_total",
    /// Messages over the size limit.
    oversized => "tradewind_connection_oversized_total",
    /// Gaps in sequences, and losses of our own.
    gaps => "tradewind_connection_gaps_total",
    /// Snapshots asked for again.
    resyncs => "tradewind_connection_resyncs_total",
    /// Data that was older than the limit when it came.
    late => "tradewind_connection_late_total",
    /// Attempts to connect.
    attempts => "tradewind_connection_attempts_total",
    /// Attempts that failed.
    attempts_failed => "tradewind_connection_attempts_failed_total",
    /// Sessions established.
    sessions => "tradewind_connection_sessions_total",
    /// Calls of connect that joined an attempt under way.
    connects_shared => "tradewind_connection_connects_shared_total",
    /// Calls of connect refused because there is a session.
    connects_refused => "tradewind_connection_connects_refused_total",
    /// Messages that found our own outgoing queue full.
    outgoing_refused => "tradewind_connection_outgoing_refused_total",
}

struct Counter {
    value: AtomicU64,
    exported: metrics::Counter,
}

impl Counter {
    fn add(&self, by: u64) {
        self.value.fetch_add(by, Ordering::Relaxed);
        self.exported.increment(by);
    }
}

/// Clock skew from one-way delays: the largest `venue time − our time` of the last one to two minutes.
/// The quickest message has the least delay in it, so this approaches the skew from below; half of the
/// quickest ping's round trip, added, makes up for the flight.
#[derive(Debug, Clone, Copy)]
struct SkewWindow {
    started: Instant,
    current: Option<i64>,
    previous: Option<i64>,
}

impl SkewWindow {
    fn add(&mut self, ahead_ns: i64, now: Instant) {
        let age = now.saturating_duration_since(self.started);
        if age >= SKEW_WINDOW {
            self.previous = if age < SKEW_WINDOW * 2 { self.current } else { None };
            self.current = None;
            self.started = now;
        }
        self.current = Some(self.current.map_or(ahead_ns, |best| best.max(ahead_ns)));
    }

    fn best(&self) -> Option<i64> {
        self.current.max(self.previous)
    }
}

struct Measured {
    ring: RawRing,
    latency: LatencyHistogram,
    skew: SkewWindow,
    round_trip: Option<Duration>,
    round_trip_best: Option<Duration>,
    bad_by_kind: Vec<(BadKind, u64)>,
    last_message_at: Option<UnixNanos>,
}

/// The diagnostics of one connection.
pub struct Diagnostics {
    venue: String,
    connection: String,
    counters: Counters,
    measured: Mutex<Measured>,
}

impl std::fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Diagnostics")
            .field("counts", &self.counters.read())
            .finish_non_exhaustive()
    }
}

/// Everything about a connection's data at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct DiagnosticsSnapshot {
    /// All counters since the connection was made.
    pub counts: Counts,
    /// Bad messages by kind, most frequent first.
    pub bad_by_kind: Vec<(BadKind, u64)>,
    /// The latest bad messages, oldest first.
    pub bad_messages: Vec<BadRecord>,
    /// Venue time to our time.
    pub latency: LatencySummary,
    /// Venue clock minus ours, estimated; `None` before the first stamped message.
    pub clock_skew_ns: Option<i64>,
    /// The latest ping's round trip.
    pub round_trip: Option<Duration>,
    /// When the latest message came.
    pub last_message_at: Option<UnixNanos>,
}

impl Diagnostics {
    /// Empty diagnostics, labelled in the metrics by venue and connection.
    #[must_use]
    pub fn new(venue: &VenueId, connection: &str, limits: RingLimits) -> Self {
        let measured = Measured {
            ring: RawRing::new(limits),
            latency: LatencyHistogram::default(),
            skew: SkewWindow {
                started: Instant::now(),
                current: None,
                previous: None,
            },
            round_trip: None,
            round_trip_best: None,
            bad_by_kind: Vec::new(),
            last_message_at: None,
        };
        let counters = Counters::new(venue.as_str(), connection);
        let (venue, connection) = (venue.to_string(), connection.to_owned());
        Self {
            venue,
            connection,
            counters,
            measured: Mutex::new(measured),
        }
    }

    /// The counters alone; cheap.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counters.read()
    }

    /// Everything.
    #[must_use]
    pub fn snapshot(&self) -> DiagnosticsSnapshot {
        let measured = self.lock();
        let mut bad_by_kind = measured.bad_by_kind.clone();
        bad_by_kind.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let flight_ns = measured
            .round_trip_best
            .map_or(0, |rtt| i64::try_from(rtt.as_nanos() / 2).unwrap_or(0));
        DiagnosticsSnapshot {
            counts: self.counters.read(),
            bad_by_kind,
            bad_messages: measured.ring.records(),
            latency: measured.latency.summary(),
            clock_skew_ns: measured.skew.best().map(|best| best.saturating_add(flight_ns)),
            round_trip: measured.round_trip,
            last_message_at: measured.last_message_at,
        }
    }

    pub(crate) fn received(&self, bytes: usize, at: UnixNanos) {
        self.messages(1);
        self.bytes(bytes as u64);
        self.lock().last_message_at = Some(at);
    }

    pub(crate) fn bad_message(&self, kind: BadKind, detail: &str, raw: &[u8], at: UnixNanos) {
        self.bad(1);
        metrics::counter!("tradewind_connection_bad_messages_by_kind_total",
            "venue" => self.venue.clone(), "connection" => self.connection.clone(), "kind" => kind.label())
        .increment(1);
        let mut measured = self.lock();
        match measured.bad_by_kind.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, count)) => *count += 1,
            None => measured.bad_by_kind.push((kind, 1)),
        }
        measured.ring.push(kind, detail, raw, at);
    }

    /// Takes the venue's stamp of a piece of data and says how old it was when it came (0 when it is ahead).
    pub(crate) fn stamped(&self, ts_event: UnixNanos, ts_init: UnixNanos) -> Duration {
        let age = Duration::from_nanos(ts_init.since(ts_event));
        let ahead_ns = i128::from(ts_event.0) - i128::from(ts_init.0);
        let ahead_ns = i64::try_from(ahead_ns).unwrap_or(if ahead_ns < 0 { i64::MIN } else { i64::MAX });
        let mut measured = self.lock();
        measured.latency.record(age);
        measured.skew.add(ahead_ns, Instant::now());
        age
    }

    pub(crate) fn round_trip(&self, round_trip: Duration) {
        let mut measured = self.lock();
        measured.round_trip = Some(round_trip);
        measured.round_trip_best = Some(
            measured
                .round_trip_best
                .map_or(round_trip, |best| best.min(round_trip)),
        );
    }

    fn lock(&self) -> MutexGuard<'_, Measured> {
        // Diagnostics stay readable after a panic elsewhere; the worst case is one missed count.
        self.measured.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
