//! What a fault is.

use std::time::Duration;

use crate::config::VenueKind;

/// What goes wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// The message is not sent.
    Drop,
    /// The message, and all after it, is held back.
    Delay {
        /// For how long.
        by: Duration,
    },
    /// The message changes places with the next one.
    Reorder,
    /// The message is sent twice.
    Duplicate,
    /// The second half of the message is cut off.
    Truncate,
    /// One digit of the message is changed: still JSON, but wrong.
    Corrupt,
    /// A message that is no JSON is sent before this one.
    Malformed,
    /// Any text is sent before this message.
    Raw {
        /// The text.
        text: String,
    },
    /// A message of this length is sent before this one.
    OverLong {
        /// Length in bytes.
        bytes: usize,
    },
    /// This and the following messages are not sent, so that sequence numbers jump.
    SequenceGap {
        /// How many messages.
        by: u32,
    },
    /// Bytes leave slowly.
    SlowWrite {
        /// Bytes per second.
        bytes_per_s: u64,
    },
    /// Bytes are taken in slowly.
    SlowRead {
        /// Bytes per second.
        bytes_per_s: u64,
    },
    /// Nothing is read or written any more, and the connection is not closed.
    HalfOpen,
    /// The connection is closed with a WebSocket code.
    Close {
        /// The code.
        code: u16,
        /// The reason.
        reason: String,
    },
    /// The connection ends without a closing handshake.
    Abort,
    /// REST answers a status; 429 and 503 carry `Retry-After` when set.
    HttpStatus {
        /// The status.
        status: u16,
        /// Seconds for `Retry-After`.
        retry_after: Option<u64>,
    },
    /// REST carries out the request and then never answers.
    AmbiguousTimeout,
    /// The venue's clock is off: later when positive.
    ClockSkew {
        /// Nanoseconds.
        by_ns: i64,
    },
    /// The venue is down for maintenance: connections are closed with 1012, new ones and REST get 503.
    Maintenance,
}

impl FaultKind {
    /// Name in scripts and reports.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            FaultKind::Drop => "drop",
            FaultKind::Delay { .. } => "delay",
            FaultKind::Reorder => "reorder",
            FaultKind::Duplicate => "duplicate",
            FaultKind::Truncate => "truncate",
            FaultKind::Corrupt => "corrupt",
            FaultKind::Malformed => "malformed",
            FaultKind::Raw { .. } => "raw",
            FaultKind::OverLong { .. } => "over_long",
            FaultKind::SequenceGap { .. } => "sequence_gap",
            FaultKind::SlowWrite { .. } => "slow_write",
            FaultKind::SlowRead { .. } => "slow_read",
            FaultKind::HalfOpen => "half_open",
            FaultKind::Close { .. } => "close",
            FaultKind::Abort => "abort",
            FaultKind::HttpStatus { .. } => "http_status",
            FaultKind::AmbiguousTimeout => "ambiguous_timeout",
            FaultKind::ClockSkew { .. } => "clock_skew",
            FaultKind::Maintenance => "maintenance",
        }
    }

    /// Whether it is a lasting condition rather than something done to single messages or requests.
    #[must_use]
    pub fn lasts(&self) -> bool {
        matches!(
            self,
            FaultKind::SlowWrite { .. }
                | FaultKind::SlowRead { .. }
                | FaultKind::HalfOpen
                | FaultKind::ClockSkew { .. }
                | FaultKind::Maintenance
        )
    }

    /// Whether it concerns REST requests.
    #[must_use]
    pub fn is_http(&self) -> bool {
        matches!(self, FaultKind::HttpStatus { .. } | FaultKind::AmbiguousTimeout)
    }
}

/// To whom a fault happens; `None` = to all.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Scope {
    /// Only this venue.
    pub venue: Option<VenueKind>,
    /// Only the venue's n-th WebSocket connection since the start, from 1.
    pub connection: Option<u64>,
    /// Only messages of this channel.
    pub channel: Option<String>,
    /// Only REST requests whose path begins so.
    pub path: Option<String>,
}

impl Scope {
    /// Everything of one venue.
    #[must_use]
    pub fn venue(venue: VenueKind) -> Self {
        Self {
            venue: Some(venue),
            ..Self::default()
        }
    }
}

/// From when a fault is armed; both conditions must hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Trigger {
    /// This long after it was installed.
    pub after: Duration,
    /// After this many messages in its scope.
    pub after_messages: u64,
}

/// How often a fault happens.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Limit {
    /// At most so many times; `None` = without end.
    pub times: Option<u32>,
    /// Only for so long after it was armed.
    pub duration: Option<Duration>,
    /// With this probability each time, 0 to 1.
    pub probability: f64,
}

impl Limit {
    /// Once.
    pub const ONCE: Limit = Limit {
        times: Some(1),
        duration: None,
        probability: 1.0,
    };
    /// Every time, without end.
    pub const ALWAYS: Limit = Limit {
        times: None,
        duration: None,
        probability: 1.0,
    };
}

/// One fault.
#[derive(Clone, PartialEq, Debug)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// To whom.
    pub scope: Scope,
    /// From when.
    pub trigger: Trigger,
    /// How often.
    pub limit: Limit,
}

impl Fault {
    /// At once, to everybody: once for things done to a message, until cleared for lasting conditions.
    #[must_use]
    pub fn new(kind: FaultKind) -> Self {
        let limit = if kind.lasts() { Limit::ALWAYS } else { Limit::ONCE };
        Self {
            kind,
            scope: Scope::default(),
            trigger: Trigger::default(),
            limit,
        }
    }

    /// The same fault for one venue only.
    #[must_use]
    pub fn on(mut self, venue: VenueKind) -> Self {
        self.scope.venue = Some(venue);
        self
    }

    /// The same fault for one channel only.
    #[must_use]
    pub fn channel(mut self, channel: &str) -> Self {
        self.scope.channel = Some(channel.to_owned());
        self
    }

    /// The same fault for one connection only, counted from 1.
    #[must_use]
    pub fn connection(mut self, number: u64) -> Self {
        self.scope.connection = Some(number);
        self
    }

    /// The same fault, `times` times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.limit.times = Some(times);
        self
    }

    /// The same fault, from the `count`-th message of its scope on.
    #[must_use]
    pub fn after_messages(mut self, count: u64) -> Self {
        self.trigger.after_messages = count;
        self
    }

    /// The same fault, for so long.
    #[must_use]
    pub fn lasting(mut self, duration: Duration) -> Self {
        self.limit.duration = Some(duration);
        self
    }
}
