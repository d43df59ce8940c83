//! Whether a figure may be believed.

use serde::{Deserialize, Serialize};

use crate::UnixNanos;

/// The state of a quote, bar or derived figure. `SIMULATED` is a flag beside it, on the instrument.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DataState {
    /// Recent enough to act on.
    Valid,
    /// Older than the instrument's threshold, or its feed was interrupted.
    Stale,
    /// Subscribed, nothing received yet.
    NoData,
    /// Nobody asked for it.
    NotSubscribed,
}

impl DataState {
    /// The state at `now` of data last heard of at `last` (our time), with a threshold in nanoseconds.
    #[must_use]
    pub fn at(last: Option<UnixNanos>, now: UnixNanos, stale_after_ns: u64) -> DataState {
        match last {
            None => DataState::NoData,
            Some(ts) if now.since(ts) > stale_after_ns => DataState::Stale,
            Some(_) => DataState::Valid,
        }
    }
}
