//! A session: when it opens, pauses and closes, in UTC.

use std::borrow::Cow;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tradewind_types::UnixNanos;

use crate::rules::PhaseKind;

/// One trading session. Times are UTC; a session belongs to its date even where it opens on the evening before.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Session {
    /// The date the exchange books it under.
    pub date: Date,
    /// First instant of trading.
    pub open: UnixNanos,
    /// First instant after trading.
    pub close: UnixNanos,
    /// The break: its first instant and the first after it.
    pub pause: Option<(UnixNanos, UnixNanos)>,
    /// It closes before the regular close of its date.
    pub early_close: bool,
    /// What is special about it: the reason of an early close, the name of a special session.
    pub name: Option<Cow<'static, str>>,
    /// What the exchange has not published yet: hours by the rules known, holidays may still come.
    pub provisional: bool,
}

const MINUTE_NS: u64 = 60_000_000_000;

impl Session {
    /// Is it trading at that instant: from the open on, not during the break, not at the close.
    #[must_use]
    pub fn is_open_at(&self, ts: UnixNanos) -> bool {
        let paused = self.pause.is_some_and(|(start, end)| start <= ts && ts < end);
        self.open <= ts && ts < self.close && !paused
    }

    /// Whole minutes of trading, without the break.
    #[must_use]
    pub fn minutes(&self) -> u64 {
        self.trading_ns(self.open, self.close) / MINUTE_NS
    }

    /// Nanoseconds of trading between two instants, without the break.
    #[must_use]
    pub fn trading_ns(&self, from: UnixNanos, to: UnixNanos) -> u64 {
        let within = |start: UnixNanos, end: UnixNanos| end.min(to).since(start.max(from));
        let all = within(self.open, self.close);
        all - self.pause.map_or(0, |(start, end)| within(start, end)).min(all)
    }
}

/// A phase before or after a session.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Phase {
    /// What it is.
    pub kind: PhaseKind,
    /// First instant.
    pub start: UnixNanos,
    /// First instant after it.
    pub end: UnixNanos,
}

/// What a date is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Day {
    /// There is a session.
    Open(Session),
    /// A holiday or closure on what would be a day of trading; its name.
    Holiday(Cow<'static, str>),
    /// A day of the week without sessions.
    Weekend,
}

/// A holiday with its name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct HolidayOn {
    /// When.
    pub date: Date,
    /// What.
    pub name: Cow<'static, str>,
    /// It follows from a rule, but the exchange has not published the year yet.
    pub provisional: bool,
}
