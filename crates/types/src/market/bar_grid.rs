//! Where bars begin and end: on UTC time, or on the sessions of a market.
//!
//! | interval | UTC grid | sessions |
//! | --- | --- | --- |
//! | below a day | multiples of it from midnight UTC | multiples of it from the opening of each stretch of trading; the last one ends with the stretch and may be shorter |
//! | `D` | the UTC day | all stretches of one trading date, from the first opening to the last close |
//! | `W` | from Monday 00:00 UTC | the trading dates of one week from Monday |
//! | `M` | the calendar month in UTC | the trading dates of one calendar month: a date is the market's own |
//!
//! A bar is stamped with the time at which its slot opens, whether or not something traded there: the week's bar of a
//! week without a Monday session is stamped with Tuesday's opening. [`BarGrid::trading_date`] gives the date that a
//! day's bar stands for, also where the session opens the evening before.
//!
//! After a break a new stretch begins, and intraday bars begin anew with it, as on the charts of those markets.
//! Ticks outside all stretches belong to no bar. [`SessionGrid::with_margins`] takes the ones just before an opening
//! (the opening auction's print) into the first bar, and those just after a close (the closing auction's) into the last.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

use super::bar_interval::{BarInterval, IntervalKind};
use super::bars::Bar;
use crate::UnixNanos;
use crate::time::{DAY_NS, SECOND_NS};

/// Longest margin around a stretch of trading.
pub const MARGIN_MAX_NS: u64 = 3600 * SECOND_NS;

/// One uninterrupted stretch of trading: a session, or the part of it before or after a break.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SessionSpan {
    /// The trading date it belongs to, in the market's reckoning.
    pub date: Date,
    /// When trading begins.
    pub open: UnixNanos,
    /// When it ends, itself outside.
    pub close: UnixNanos,
}

/// Why stretches make no grid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// It has no length.
    #[error("the session of {date} closes at {close}, which is not after its opening at {open}")]
    Empty {
        /// Trading date.
        date: Date,
        /// Its opening.
        open: UnixNanos,
        /// Its close.
        close: UnixNanos,
    },
    /// Openings or dates run backwards, or two stretches overlap.
    #[error("the session of {date} that opens at {open} must come after the one of {before}")]
    Order {
        /// Trading date.
        date: Date,
        /// Its opening.
        open: UnixNanos,
        /// Trading date of the stretch before.
        before: Date,
    },
    /// A margin is too long.
    #[error("a margin around sessions is at most one hour, got {given_ns} ns")]
    Margin {
        /// What was given, nanoseconds.
        given_ns: u64,
    },
}

/// A market's stretches of trading, ascending. Cheap to clone.
///
/// The list is a calendar's to give, and has to cover whole weeks and months: the bar of a month whose first sessions
/// are not in the list is stamped with the first that is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct SessionGrid {
    spans: Arc<[SessionSpan]>,
    before_ns: u64,
    after_ns: u64,
}

/// A grid as it is written down; read through the same checks as any other.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    spans: Vec<SessionSpan>,
    #[serde(default)]
    before_ns: u64,
    #[serde(default)]
    after_ns: u64,
}

impl From<SessionGrid> for Stored {
    fn from(grid: SessionGrid) -> Self {
        Self {
            spans: grid.spans.to_vec(),
            before_ns: grid.before_ns,
            after_ns: grid.after_ns,
        }
    }
}

impl TryFrom<Stored> for SessionGrid {
    type Error = GridError;

    fn try_from(stored: Stored) -> Result<Self, GridError> {
        Self::new(stored.spans)?.with_margins(stored.before_ns, stored.after_ns)
    }
}

impl SessionGrid {
    /// A grid of stretches in order of time.
    ///
    /// # Errors
    /// [`GridError`] when a stretch is empty, overlaps the one before, or its date runs backwards.
    pub fn new(spans: Vec<SessionSpan>) -> Result<Self, GridError> {
        for (at, span) in spans.iter().enumerate() {
            let SessionSpan { date, open, close } = *span;
            if close <= open {
                return Err(GridError::Empty { date, open, close });
            }
            let before = at.checked_sub(1).and_then(|at| spans.get(at));
            if let Some(before) = before.filter(|b| b.close > open || b.date > date) {
                let before = before.date;
                return Err(GridError::Order { date, open, before });
            }
        }
        Ok(Self {
            spans: spans.into(),
            before_ns: 0,
            after_ns: 0,
        })
    }

    /// Takes ticks up to `before_ns` ahead of an opening into the first bar, and up to `after_ns` behind a close into
    /// the last. Where both reach a tick it belongs to the close; a stretch that has opened ends the margin before it.
    ///
    /// # Errors
    /// [`GridError::Margin`] above an hour.
    pub fn with_margins(self, before_ns: u64, after_ns: u64) -> Result<Self, GridError> {
        let given_ns = before_ns.max(after_ns);
        if given_ns > MARGIN_MAX_NS {
            return Err(GridError::Margin { given_ns });
        }
        Ok(Self {
            before_ns,
            after_ns,
            ..self
        })
    }

    /// The stretches.
    #[must_use]
    pub fn spans(&self) -> &[SessionSpan] {
        &self.spans
    }

    /// The stretch that a time belongs to, and the time moved into it.
    fn place(&self, ts: UnixNanos) -> Option<(usize, UnixNanos)> {
        let next = self.spans.partition_point(|span| span.open <= ts);
        if let Some(at) = next.checked_sub(1) {
            let span = &self.spans[at];
            if ts < span.close {
                return Some((at, ts));
            }
            if ts < span.close.plus(self.after_ns) {
                return Some((at, UnixNanos(span.close.0 - 1)));
            }
        }
        let span = self.spans.get(next)?;
        (ts.plus(self.before_ns) >= span.open).then_some((next, span.open))
    }

    /// The slot of `interval` that holds a time inside the stretch `at`.
    fn slot_in(&self, at: usize, ts: UnixNanos, interval: BarInterval) -> BarSlot {
        let span = &self.spans[at];
        if let IntervalKind::Fixed { .. } = interval.kind() {
            let length = interval.nanos();
            let start = span.open.plus((ts.0 - span.open.0) / length * length);
            let end = start.plus(length).min(span.close);
            return self.slot(start, end, end == span.close, at + 1);
        }
        let (from, to) = self.dates(span.date, interval.kind());
        let first = self.spans.partition_point(|s| s.date < from);
        let beyond = self.spans.partition_point(|s| s.date <= to);
        // Both ends hold at least the stretch itself.
        let (start, end) = (self.spans[first].open, self.spans[beyond - 1].close);
        self.slot(start, end, true, beyond)
    }

    /// A slot whose stretch, when it is the last of it, may still get ticks of the margin.
    fn slot(&self, start: UnixNanos, end: UnixNanos, last: bool, next: usize) -> BarSlot {
        let until = if last { end.plus(self.after_ns) } else { end };
        let next_open = self.spans.get(next).map_or(until, |span| span.open.max(end));
        BarSlot {
            start,
            end,
            settles: until.min(next_open),
        }
    }

    /// The first and last date of the day, week or month of a date.
    fn dates(&self, date: Date, kind: IntervalKind) -> (Date, Date) {
        match kind {
            IntervalKind::Week => {
                let weekday = i64::from(date.weekday().since(Weekday::Monday));
                let monday = date.saturating_sub(jiff::Span::new().days(weekday));
                (monday, monday.saturating_add(jiff::Span::new().days(6)))
            }
            IntervalKind::Month => (date.first_of_month(), date.last_of_month()),
            _ => (date, date),
        }
    }
}

/// One place on a grid.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BarSlot {
    /// When it opens: the stamp of its bar.
    pub start: UnixNanos,
    /// When it ends, itself outside.
    pub end: UnixNanos,
    /// From when on no tick belongs to it any more: its end, and the margin behind a close.
    pub settles: UnixNanos,
}

/// Where bars begin and end.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum BarGrid {
    /// UTC days without end: crypto.
    #[default]
    Utc,
    /// The sessions of a market.
    Sessions(SessionGrid),
}

impl From<SessionGrid> for BarGrid {
    fn from(grid: SessionGrid) -> Self {
        Self::Sessions(grid)
    }
}

impl BarGrid {
    /// The slot of an interval that a tick belongs to; `None` outside the sessions. For tick, volume and value bars,
    /// which start over with the trading day, it is the day's. O(log sessions).
    #[must_use]
    pub fn slot(&self, interval: BarInterval, ts: UnixNanos) -> Option<BarSlot> {
        match self {
            Self::Utc => Some(utc_slot(interval, ts)),
            Self::Sessions(grid) => {
                let (at, ts) = grid.place(ts)?;
                Some(grid.slot_in(at, ts, interval))
            }
        }
    }

    /// The first slot that ends after a time: the one that holds it, or else the next. `None` after the last session.
    #[must_use]
    pub fn slot_from(&self, interval: BarInterval, ts: UnixNanos) -> Option<BarSlot> {
        match self {
            Self::Utc => Some(utc_slot(interval, ts)),
            Self::Sessions(grid) => {
                let at = grid.spans.partition_point(|span| span.close <= ts);
                let span = grid.spans.get(at)?;
                Some(grid.slot_in(at, ts.max(span.open), interval))
            }
        }
    }

    /// When a closed bar had ended: the end of its slot, margin included; or, for tick, volume and value bars and for a
    /// stamp outside the sessions, [`Bar::ended_by`].
    #[must_use]
    pub fn end_of(&self, bar: &Bar) -> UnixNanos {
        let slot = bar
            .interval
            .is_time()
            .then(|| self.slot(bar.interval, bar.ts))
            .flatten();
        slot.map_or_else(|| bar.ended_by(), |slot| slot.settles)
    }

    /// When a bar of history that opened at `ts` had ended, wherever its source begins its bars: after its length, at the
    /// latest with the stretch of trading that it opened in; a month ends with the calendar's.
    #[must_use]
    pub fn closes(&self, interval: BarInterval, ts: UnixNanos) -> UnixNanos {
        match (self, interval.kind()) {
            (Self::Utc, IntervalKind::Month) => utc_slot(interval, ts).end,
            (Self::Sessions(grid), IntervalKind::Fixed { .. }) => {
                let end = ts.plus(interval.nanos());
                let next = grid.spans.partition_point(|span| span.open <= ts);
                let span = next.checked_sub(1).map(|at| &grid.spans[at]);
                span.filter(|span| ts < span.close)
                    .map_or(end, |span| end.min(span.close))
            }
            (Self::Sessions(_), IntervalKind::Day | IntervalKind::Week | IntervalKind::Month) => {
                let slot = self.slot(interval, ts);
                slot.unwrap_or_else(|| utc_slot(interval, ts)).end
            }
            _ => ts.plus(interval.nanos()),
        }
    }

    /// The trading date of a tick, or of a bar by its stamp: the market's own, in UTC without sessions. `None` outside
    /// the sessions.
    #[must_use]
    pub fn trading_date(&self, ts: UnixNanos) -> Option<Date> {
        match self {
            Self::Utc => {
                let stamp = Timestamp::from_nanosecond(i128::from(ts.0)).ok()?;
                Some(TimeZone::UTC.to_datetime(stamp).date())
            }
            Self::Sessions(grid) => grid.place(ts).map(|(at, _)| grid.spans[at].date),
        }
    }
}

fn utc_slot(interval: BarInterval, ts: UnixNanos) -> BarSlot {
    let day = ts.0 / DAY_NS;
    let days = |from: u64, count: u64| {
        (
            UnixNanos(from * DAY_NS),
            UnixNanos(from * DAY_NS).plus(count * DAY_NS),
        )
    };
    let (start, end) = match interval.kind() {
        IntervalKind::Fixed { .. } => {
            let start = ts.floor_to(interval.nanos());
            (start, start.plus(interval.nanos()))
        }
        // 1970-01-01 was a Thursday; the days before it cannot be told, so that the first week is short.
        IntervalKind::Week => match day.checked_sub((day + 3) % 7) {
            Some(monday) => days(monday, 7),
            None => days(0, 4),
        },
        IntervalKind::Month => {
            let (first, length) = month_of(day);
            days(first, length)
        }
        IntervalKind::Day | IntervalKind::Ticks(_) | IntervalKind::Volume(_) | IntervalKind::Value(_) => {
            days(day, 1)
        }
    };
    BarSlot {
        start,
        end,
        settles: end,
    }
}

/// The first day of the month that holds a day, and the month's length, in days since 1970-01-01.
///
/// Proleptic Gregorian calendar, reckoned in eras of 400 years from 1 March. Source: Howard Hinnant, "chrono-compatible
/// low-level date algorithms", `civil_from_days`.
fn month_of(day: u64) -> (u64, u64) {
    let shifted = day + 719_468;
    let in_era = shifted % 146_097;
    let year_of_era = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * in_year + 2) / 153;
    let before = (153 * month + 2) / 5;
    let in_month = in_year - before;
    let length = if month == 11 {
        // February ends the year that begins in March.
        let year = year_of_era + 1;
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        28 + u64::from(leap)
    } else {
        (153 * (month + 1) + 2) / 5 - before
    };
    (day - in_month, length)
}
