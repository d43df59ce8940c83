//! The program itself: what runs, how well.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{DataState, KillSwitch, Time};

/// How the program was started.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Mode {
    /// With simulated venues.
    Demo,
    /// With real ones.
    Serve,
}

/// Whether a part works.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PartState {
    /// It works.
    Ok,
    /// It does not.
    Down,
}

/// The journal.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct JournalStatus {
    /// Last durable sequence number.
    pub seq: u64,
    /// Hash of the chain up to it.
    pub hash: String,
    /// Mean time of a group commit, milliseconds; null before the first.
    pub durable_ms_mean: Option<f64>,
    /// Whether it takes records.
    pub state: PartState,
}

/// The SQL projections of the journal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct ProjectionStatus {
    /// Last record applied.
    pub applied_seq: u64,
    /// Records behind the journal.
    pub lag: u64,
}

/// The engine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct EngineStatus {
    /// Commands waiting.
    pub queue_depth: u64,
    /// How many may wait.
    pub queue_max: u64,
    /// Events processed.
    pub events: u64,
    /// Quotes replaced by a newer one before they were processed.
    pub conflated: u64,
}

/// The feed of one venue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct FeedStatus {
    /// Venue.
    pub venue: String,
    /// Worst state over its instruments.
    pub state: DataState,
}

/// The hub.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct HubStatus {
    /// Open sockets.
    pub sockets: u64,
    /// Subscriptions over all sockets.
    pub subscriptions: u64,
    /// Frames not delivered because a socket was too slow (conflated or closed).
    pub dropped: u64,
}

/// System status.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Version of the program.
    pub version: String,
    /// When it started.
    pub started_at: Time,
    /// Seconds since then.
    pub uptime_s: u64,
    /// How it was started.
    pub mode: Mode,
    /// Its time.
    pub now: Time,
    /// Journal.
    pub journal: JournalStatus,
    /// Projections.
    pub projection: ProjectionStatus,
    /// Engine.
    pub engine: EngineStatus,
    /// The kill switch of all accounts, while engaged.
    pub kill_switch: Option<KillSwitch>,
    /// Database.
    pub store: PartState,
    /// Feeds.
    pub feeds: Vec<FeedStatus>,
    /// Hub.
    pub hub: HubStatus,
}
