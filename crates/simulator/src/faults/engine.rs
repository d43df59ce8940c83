//! Decides what happens to whom, message by message. One engine is shared by all connections of a simulator.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::kind::{Fault, FaultKind, Scope};
use super::script::FaultScript;
use crate::config::VenueKind;
use crate::rng::Rng;

/// Number of an installed fault.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FaultId(u64);

/// How often an installed fault has happened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FaultReport {
    /// Which.
    pub id: FaultId,
    /// Its kind's name.
    pub kind: &'static str,
    /// How often it has happened.
    pub fired: u32,
}

/// What is done to one outgoing message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MessageEffect {
    /// Not sent.
    Drop,
    /// Sent later, and everything behind it.
    Delay(Duration),
    /// Sent after the next one.
    Reorder,
    /// Sent twice.
    Duplicate,
    /// Cut in half.
    Truncate,
    /// One digit changed; the number picks which.
    Corrupt(u64),
    /// This text goes out first.
    Before(String),
    /// The connection is closed.
    Close(u16, String),
    /// The connection is dropped.
    Abort,
}

/// What is done to a REST request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HttpEffect {
    /// This status, with `Retry-After`.
    Status(u16, Option<u64>),
    /// Carried out, never answered.
    NeverAnswer,
}

/// The lasting conditions of a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LinkState {
    /// Nothing is read or written.
    pub half_open: bool,
    /// Bytes per second out.
    pub write_rate: Option<u64>,
    /// Bytes per second in.
    pub read_rate: Option<u64>,
    /// The venue's clock minus the true one, nanoseconds.
    pub skew_ns: i64,
    /// The venue is down.
    pub maintenance: bool,
}

#[derive(Debug)]
struct Installed {
    id: FaultId,
    fault: Fault,
    installed: Instant,
    /// Messages or requests seen in its scope.
    seen: u64,
    /// When it was first armed.
    armed: Option<Instant>,
    fired: u32,
    /// Messages still to be swallowed by a running sequence gap, and on which connection.
    gap: Option<(VenueKind, u64, u32)>,
}

impl Installed {
    /// Whether it may happen now, apart from its probability. Arms it when its time has come.
    fn live(&mut self, now: Instant) -> bool {
        let due = now.duration_since(self.installed) >= self.fault.trigger.after
            && self.seen >= self.fault.trigger.after_messages;
        if due && self.armed.is_none() {
            self.armed = Some(now);
        }
        let Some(armed) = self.armed else { return false };
        let within = self
            .fault
            .limit
            .duration
            .is_none_or(|d| now.duration_since(armed) < d);
        // A lasting condition counts as one occurrence for as long as it lasts.
        let left = self.fault.kind.lasts() || self.fault.limit.times.is_none_or(|t| self.fired < t);
        within && left
    }
}

#[derive(Debug)]
struct Inner {
    faults: Vec<Installed>,
    next: u64,
    rng: Rng,
}

/// The faults of a running simulator. Clones share them.
#[derive(Clone, Debug)]
pub struct Faults {
    inner: Arc<Mutex<Inner>>,
}

impl Faults {
    /// An engine with the faults of a script; probabilities are drawn from `seed`.
    #[must_use]
    pub fn new(script: &FaultScript, seed: u64) -> Self {
        let inner = Inner {
            faults: Vec::new(),
            next: 1,
            rng: Rng::new(seed, u64::MAX),
        };
        let faults = Self {
            inner: Arc::new(Mutex::new(inner)),
        };
        for fault in &script.faults {
            faults.inject(fault.clone());
        }
        faults
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // The engine's state is valid between any two statements.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Installs a fault; its times count from now.
    pub fn inject(&self, fault: Fault) -> FaultId {
        let mut inner = self.lock();
        let id = FaultId(inner.next);
        inner.next += 1;
        let installed = Instant::now();
        inner.faults.push(Installed {
            id,
            fault,
            installed,
            seen: 0,
            armed: None,
            fired: 0,
            gap: None,
        });
        id
    }

    /// Removes a fault. False when it was not there.
    pub fn clear(&self, id: FaultId) -> bool {
        let mut inner = self.lock();
        let before = inner.faults.len();
        inner.faults.retain(|f| f.id != id);
        inner.faults.len() < before
    }

    /// Removes all faults.
    pub fn clear_all(&self) {
        self.lock().faults.clear();
    }

    /// How often each fault has happened.
    #[must_use]
    pub fn report(&self) -> Vec<FaultReport> {
        let inner = self.lock();
        let row = |f: &Installed| FaultReport {
            id: f.id,
            kind: f.fault.kind.name(),
            fired: f.fired,
        };
        inner.faults.iter().map(row).collect()
    }

    /// What is to be done to a message of `channel` that is about to leave on a connection.
    #[must_use]
    pub fn on_message(&self, venue: VenueKind, connection: u64, channel: &str) -> Vec<MessageEffect> {
        let now = Instant::now();
        let mut inner = self.lock();
        let Inner { faults, rng, .. } = &mut *inner;
        let mut effects = Vec::new();
        for installed in faults.iter_mut() {
            if installed.fault.kind.is_http() || installed.fault.kind.lasts() {
                continue;
            }
            if let Some((on, number, left)) = &mut installed.gap
                && (*on, *number) == (venue, connection)
            {
                *left -= 1;
                if *left == 0 {
                    installed.gap = None;
                }
                effects.push(MessageEffect::Drop);
                continue;
            }
            let scope = &installed.fault.scope;
            if !in_scope(scope, venue, connection) || scope.channel.as_deref().is_some_and(|c| c != channel) {
                continue;
            }
            let live = installed.live(now);
            installed.seen += 1;
            if live && rng.chance(installed.fault.limit.probability) {
                installed.fired += 1;
                if let FaultKind::SequenceGap { by } = installed.fault.kind
                    && by > 1
                {
                    installed.gap = Some((venue, connection, by - 1));
                }
                effects.extend(effect(&installed.fault.kind, rng));
            }
        }
        effects
    }

    /// What is to be done to a REST request.
    #[must_use]
    pub fn on_request(&self, venue: VenueKind, path: &str) -> Option<HttpEffect> {
        let now = Instant::now();
        let mut inner = self.lock();
        let Inner { faults, rng, .. } = &mut *inner;
        for installed in faults.iter_mut().filter(|f| f.fault.kind.is_http()) {
            let scope = &installed.fault.scope;
            let other_venue = scope.venue.is_some_and(|v| v != venue);
            if other_venue || scope.path.as_deref().is_some_and(|p| !path.starts_with(p)) {
                continue;
            }
            let live = installed.live(now);
            installed.seen += 1;
            if live && rng.chance(installed.fault.limit.probability) {
                installed.fired += 1;
                return match &installed.fault.kind {
                    FaultKind::HttpStatus { status, retry_after } => {
                        Some(HttpEffect::Status(*status, *retry_after))
                    }
                    _ => Some(HttpEffect::NeverAnswer),
                };
            }
        }
        None
    }

    /// The lasting conditions of a connection; `connection` 0 is REST.
    #[must_use]
    pub fn link(&self, venue: VenueKind, connection: u64) -> LinkState {
        let now = Instant::now();
        let mut state = LinkState::default();
        let mut inner = self.lock();
        for installed in inner.faults.iter_mut().filter(|f| f.fault.kind.lasts()) {
            if !in_scope(&installed.fault.scope, venue, connection) || !installed.live(now) {
                continue;
            }
            // Conditions about a WebSocket do not touch REST.
            match installed.fault.kind {
                FaultKind::HalfOpen if connection > 0 => state.half_open = true,
                FaultKind::SlowWrite { bytes_per_s } if connection > 0 => {
                    state.write_rate = Some(bytes_per_s)
                }
                FaultKind::SlowRead { bytes_per_s } if connection > 0 => state.read_rate = Some(bytes_per_s),
                FaultKind::ClockSkew { by_ns } => state.skew_ns = by_ns,
                FaultKind::Maintenance => state.maintenance = true,
                _ => continue,
            }
            installed.fired = installed.fired.max(1);
        }
        state
    }

    /// Counts a message for lasting faults that wait for a number of messages.
    pub fn count_message(&self, venue: VenueKind, connection: u64) {
        for installed in self.lock().faults.iter_mut().filter(|f| f.fault.kind.lasts()) {
            if in_scope(&installed.fault.scope, venue, connection) {
                installed.seen += 1;
            }
        }
    }
}

fn in_scope(scope: &Scope, venue: VenueKind, connection: u64) -> bool {
    scope.venue.is_none_or(|v| v == venue) && scope.connection.is_none_or(|c| c == connection)
}

fn effect(kind: &FaultKind, rng: &mut Rng) -> Option<MessageEffect> {
    Some(match kind {
        FaultKind::Drop | FaultKind::SequenceGap { .. } => MessageEffect::Drop,
        FaultKind::Delay { by } => MessageEffect::Delay(*by),
        FaultKind::Reorder => MessageEffect::Reorder,
        FaultKind::Duplicate => MessageEffect::Duplicate,
        FaultKind::Truncate => MessageEffect::Truncate,
        FaultKind::Corrupt => MessageEffect::Corrupt(rng.next_u64()),
        FaultKind::Malformed => MessageEffect::Before(r#"{"channel":"ticker","events":[{"type":"#.to_owned()),
        FaultKind::Raw { text } => MessageEffect::Before(text.clone()),
        FaultKind::OverLong { bytes } => MessageEffect::Before(over_long(*bytes)),
        FaultKind::Close { code, reason } => MessageEffect::Close(*code, reason.clone()),
        FaultKind::Abort => MessageEffect::Abort,
        _ => return None,
    })
}

/// Valid JSON of exactly this length, of a channel that no client knows.
fn over_long(bytes: usize) -> String {
    const HEAD: &str = r#"{"channel":"padding","data":""#;
    const TAIL: &str = r#""}"#;
    let fill = bytes.saturating_sub(HEAD.len() + TAIL.len());
    let mut text = String::with_capacity(bytes);
    text.push_str(HEAD);
    text.extend(std::iter::repeat_n('x', fill));
    text.push_str(TAIL);
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Limit;

    const ON: VenueKind = VenueKind::Kraken;

    fn engine(fault: Fault) -> Faults {
        let faults = Faults::new(&FaultScript::default(), 1);
        faults.inject(fault);
        faults
    }

    #[tokio::test(start_paused = true)]
    async fn a_fault_waits_for_its_time_and_ends_with_it() {
        let mut fault = Fault::new(FaultKind::Drop).lasting(Duration::from_secs(5));
        fault.trigger.after = Duration::from_secs(10);
        fault.limit.times = None;
        let faults = engine(fault);
        assert!(faults.on_message(ON, 1, "book").is_empty());
        tokio::time::advance(Duration::from_secs(11)).await;
        assert_eq!(faults.on_message(ON, 1, "book"), vec![MessageEffect::Drop]);
        tokio::time::advance(Duration::from_secs(6)).await;
        assert!(faults.on_message(ON, 1, "book").is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn scope_count_and_times_are_kept() {
        let faults = engine(
            Fault::new(FaultKind::Duplicate)
                .on(ON)
                .channel("book")
                .connection(2)
                .after_messages(2),
        );
        let mut hits = Vec::new();
        for (venue, connection, channel) in [
            (VenueKind::Coinbase, 2, "book"),
            (ON, 1, "book"),
            (ON, 2, "trade"),
            (ON, 2, "book"),
            (ON, 2, "book"),
            (ON, 2, "book"),
            (ON, 2, "book"),
        ] {
            hits.push(faults.on_message(venue, connection, channel).len());
        }
        assert_eq!(hits, [0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(faults.report()[0].fired, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_sequence_gap_swallows_consecutive_messages_of_one_connection() {
        let faults = engine(Fault::new(FaultKind::SequenceGap { by: 3 }));
        let dropped: Vec<usize> = (0..5).map(|_| faults.on_message(ON, 1, "book").len()).collect();
        assert_eq!(dropped, [1, 1, 1, 0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn probability_is_kept_over_many_messages() {
        let mut fault = Fault::new(FaultKind::Drop);
        fault.limit = Limit {
            times: None,
            duration: None,
            probability: 0.25,
        };
        let faults = engine(fault);
        let hits = (0..4_000)
            .filter(|_| !faults.on_message(ON, 1, "book").is_empty())
            .count();
        assert!((850..1_150).contains(&hits), "{hits}");
    }

    #[tokio::test(start_paused = true)]
    async fn lasting_conditions_hold_until_cleared_and_spare_rest_where_they_are_about_sockets() {
        let faults = Faults::new(&FaultScript::default(), 1);
        let id = faults.inject(Fault::new(FaultKind::HalfOpen).on(ON));
        assert!(faults.link(ON, 1).half_open && !faults.link(ON, 0).half_open);
        assert!(!faults.link(VenueKind::Coinbase, 1).half_open);
        assert!(faults.clear(id) && !faults.clear(id));
        assert!(!faults.link(ON, 1).half_open);
    }

    #[test]
    fn an_over_long_message_has_its_length_and_is_json() {
        let text = over_long(1_000);
        assert_eq!(text.len(), 1_000);
        assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }
}
