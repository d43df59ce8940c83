//! A calendar: the rules of an exchange with what administrators have laid over them, as a value that answers questions.

use std::borrow::Cow;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use tradewind_types::UnixNanos;

use crate::compiled::{Compiled, Exception};
use crate::day_rule::plus;
use crate::error::CalendarError;
use crate::exchanges;
use crate::overrides::{Change, Overrides};
use crate::rules::{Edge, Hours, HoursTable};
use crate::session::{Day, HolidayOn, Phase, Session};
use crate::zone::{WallMinute, instant, local_date};

/// A trading calendar. Cheap to clone.
///
/// ```
/// use jiff::civil::date;
/// use tradewind_calendar::Calendar;
///
/// let nyse = Calendar::find("XNYS")?;
/// let friday = nyse.session_on(date(2024, 11, 29))?.expect("a half day");
/// assert_eq!(friday.close.to_rfc3339(), "2024-11-29T18:00:00Z");
/// assert!(friday.early_close);
/// assert!(!nyse.is_trading_day(date(2024, 11, 28))?);
/// # Ok::<(), tradewind_calendar::CalendarError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Calendar {
    base: Arc<Compiled>,
    overrides: Arc<Overrides>,
    table: HoursTable,
}

/// A session's hours by the clock on the wall, before they are instants.
struct WallSession {
    open: WallMinute,
    close: WallMinute,
    pause: Option<(WallMinute, WallMinute)>,
    name: Option<Cow<'static, str>>,
}

impl Calendar {
    /// The calendar of that id or alias, in whatever case: `XNYS`, `nse`, `CRYPTO`.
    ///
    /// # Errors
    /// [`CalendarError::UnknownCalendar`].
    pub fn find(id: &str) -> Result<Self, CalendarError> {
        let base = exchanges::compiled(id).ok_or_else(|| CalendarError::UnknownCalendar {
            id: id.chars().take(32).collect(),
            known: exchanges::ids().collect::<Vec<_>>().join(", "),
        })?;
        Ok(Self {
            base,
            overrides: Arc::default(),
            table: HoursTable::default(),
        })
    }

    /// Every calendar that there is.
    pub fn all() -> impl Iterator<Item = Self> {
        exchanges::ids().filter_map(|id| Self::find(id).ok())
    }

    /// The same calendar with these changes laid over it, in place of those it had.
    #[must_use]
    pub fn with_overrides(&self, overrides: Overrides) -> Self {
        self.with_shared_overrides(Arc::new(overrides))
    }

    /// The same for changes that several calendars share.
    #[must_use]
    pub fn with_shared_overrides(&self, overrides: Arc<Overrides>) -> Self {
        Self {
            base: Arc::clone(&self.base),
            overrides,
            table: self.table,
        }
    }

    /// The same calendar with the hours of that table.
    #[must_use]
    pub fn with_hours(&self, table: HoursTable) -> Self {
        Self {
            table,
            ..self.clone()
        }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.base.rules.id
    }

    /// Its name, for people.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.base.rules.name
    }

    /// The IANA name of its time zone.
    #[must_use]
    pub fn zone_name(&self) -> &'static str {
        self.base.rules.zone
    }

    /// Its time zone.
    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.base.zone
    }

    /// First and last date that it answers for.
    #[must_use]
    pub fn coverage(&self) -> (Date, Date) {
        (self.base.rules.from, self.base.rules.to)
    }

    /// Last date that is published or follows from a standing rule; sessions after it are provisional.
    #[must_use]
    pub fn published_to(&self) -> Date {
        self.base.rules.published_to
    }

    fn covered(&self, date: Date) -> Result<(), CalendarError> {
        let (from, to) = self.coverage();
        match date >= from && date <= to {
            true => Ok(()),
            false => Err(CalendarError::OutsideCoverage {
                calendar: self.id(),
                date,
                from,
                to,
            }),
        }
    }

    /// What that date is.
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`].
    pub fn day(&self, date: Date) -> Result<Day, CalendarError> {
        self.covered(date)?;
        let exception = self.base.exception(date);
        let regular = self.base.hours(date, self.table);
        let full = |name| WallSession {
            open: regular.open,
            close: regular.close,
            pause: regular.pause,
            name,
        };
        let usual = match exception {
            Some(Exception::Closed { name }) if self.base.is_weekly_day(date.weekday()) => {
                Err(Day::Holiday(Cow::Borrowed(name)))
            }
            Some(Exception::Special {
                name,
                open,
                close,
                pause,
            }) => Ok(WallSession {
                open: *open,
                close: *close,
                pause: *pause,
                name: Some(Cow::Borrowed(*name)),
            }),
            _ if !self.base.is_weekly_day(date.weekday()) => Err(Day::Weekend),
            Some(Exception::Early { name, close }) => Ok(WallSession {
                close: *close,
                ..full(Some(Cow::Borrowed(*name)))
            }),
            _ => Ok(full(None)),
        };
        let wall = match (self.overrides.on(self.id(), date), usual) {
            (None, usual) => usual,
            (Some(change), usual) => changed(change, usual),
        };
        match wall {
            Ok(wall) => Ok(Day::Open(self.session(date, wall, &regular)?)),
            Err(day) => Ok(day),
        }
    }

    fn session(&self, date: Date, wall: WallSession, regular: &Hours) -> Result<Session, CalendarError> {
        let at = |minute| instant(&self.base.zone, date, minute);
        // After an early close in the break or before it there is no afternoon, and so no break.
        let pause = wall.pause.filter(|(_, end)| *end < wall.close);
        Ok(Session {
            date,
            open: at(wall.open)?,
            close: at(wall.close)?,
            pause: pause.map(|(s, e)| Ok((at(s)?, at(e)?))).transpose()?,
            early_close: wall.close < regular.close,
            name: wall.name,
            provisional: date > self.base.rules.published_to,
        })
    }

    /// The session of that date, if there is one.
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`].
    pub fn session_on(&self, date: Date) -> Result<Option<Session>, CalendarError> {
        Ok(match self.day(date)? {
            Day::Open(session) => Some(session),
            Day::Holiday(_) | Day::Weekend => None,
        })
    }

    /// Is there a session on that date?
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`].
    pub fn is_trading_day(&self, date: Date) -> Result<bool, CalendarError> {
        Ok(matches!(self.day(date)?, Day::Open(_)))
    }

    /// The sessions from one date to another, both included. Linear in the days between them.
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`] for either end, [`CalendarError::EmptyPeriod`].
    pub fn sessions(&self, from: Date, to: Date) -> Result<Vec<Session>, CalendarError> {
        let mut sessions = Vec::new();
        for date in self.dates(from, to)? {
            sessions.extend(self.session_on(date)?);
        }
        Ok(sessions)
    }

    /// The holidays from one date to another on days that would have a session, both included.
    ///
    /// # Errors
    /// As [`Calendar::sessions`].
    pub fn holidays(&self, from: Date, to: Date) -> Result<Vec<HolidayOn>, CalendarError> {
        let mut holidays = Vec::new();
        for date in self.dates(from, to)? {
            if let Day::Holiday(name) = self.day(date)? {
                let provisional = date > self.published_to();
                holidays.push(HolidayOn {
                    date,
                    name,
                    provisional,
                });
            }
        }
        Ok(holidays)
    }

    fn dates(&self, from: Date, to: Date) -> Result<impl Iterator<Item = Date>, CalendarError> {
        if to < from {
            return Err(CalendarError::EmptyPeriod { from, to });
        }
        self.covered(from)?;
        self.covered(to)?;
        Ok(from
            .series(jiff::Span::new().days(1))
            .take_while(move |date| *date <= to))
    }

    /// The first session after that date, or `None` when the calendar ends before.
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`] for the date itself.
    pub fn next_session(&self, date: Date) -> Result<Option<Session>, CalendarError> {
        self.covered(date)?;
        self.walk(date, 1)
    }

    /// The last session before that date, or `None` when the calendar begins after.
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`] for the date itself.
    pub fn previous_session(&self, date: Date) -> Result<Option<Session>, CalendarError> {
        self.covered(date)?;
        self.walk(date, -1)
    }

    fn walk(&self, mut date: Date, step: i16) -> Result<Option<Session>, CalendarError> {
        while let Some(next) = plus(date, step)
            && self.covered(next).is_ok()
        {
            date = next;
            if let Some(session) = self.session_on(date)? {
                return Ok(Some(session));
            }
        }
        Ok(None)
    }

    /// The session of that date or the last before it: where an expiry on a holiday goes.
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`] for the date itself.
    pub fn session_on_or_before(&self, date: Date) -> Result<Option<Session>, CalendarError> {
        match self.session_on(date)? {
            Some(session) => Ok(Some(session)),
            None => self.previous_session(date),
        }
    }

    /// The session that an instant lies in (its break included): it opened at or before, and closes after.
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`].
    pub fn session_at(&self, ts: UnixNanos) -> Result<Option<Session>, CalendarError> {
        let today = local_date(&self.base.zone, ts);
        self.covered(today)?;
        // A session may begin on the evening before its date, so tomorrow's may have begun.
        for date in [Some(today), plus(today, 1)].into_iter().flatten() {
            if self.covered(date).is_ok()
                && let Some(session) = self.session_on(date)?
                && session.open <= ts
                && ts < session.close
            {
                return Ok(Some(session));
            }
        }
        Ok(None)
    }

    /// Is there trading at that instant?
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`].
    pub fn is_open_at(&self, ts: UnixNanos) -> Result<bool, CalendarError> {
        Ok(self.session_at(ts)?.is_some_and(|session| session.is_open_at(ts)))
    }

    /// The first session that opens after that instant.
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`].
    pub fn next_open(&self, ts: UnixNanos) -> Result<Option<Session>, CalendarError> {
        let today = local_date(&self.base.zone, ts);
        let mut session = self.session_on(today)?;
        while session.as_ref().is_none_or(|s| s.open <= ts) {
            let after = session.map_or(today, |s| s.date);
            session = self.next_session(after)?;
            if session.is_none() {
                return Ok(None);
            }
        }
        Ok(session)
    }

    /// Whole minutes of trading between two instants, breaks left out.
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`].
    pub fn trading_minutes(&self, from: UnixNanos, to: UnixNanos) -> Result<u64, CalendarError> {
        if to <= from {
            return Ok(0);
        }
        let first = local_date(&self.base.zone, from);
        let last = local_date(&self.base.zone, to);
        // The session of the day after may have begun on the evening before.
        let last = plus(last, 1).filter(|d| self.covered(*d).is_ok()).unwrap_or(last);
        let mut ns = 0;
        for session in self.sessions(first, last)? {
            ns += session.trading_ns(from, to);
        }
        Ok(ns / 60_000_000_000)
    }

    /// Has the date, where it has a session, one with hours of its own: *muhurat* trading, a test on a Saturday?
    #[must_use]
    pub fn is_special(&self, date: Date) -> bool {
        match self.overrides.on(self.id(), date) {
            Some(change) => matches!(change, Change::Special { .. }),
            None => matches!(self.base.exception(date), Some(Exception::Special { .. })),
        }
    }

    /// What is laid over the rules of that date, if anything.
    #[must_use]
    pub fn change_on(&self, date: Date) -> Option<&Change> {
        self.overrides.on(self.id(), date)
    }

    /// The phases before and after the session of that date, where they are known; none for special sessions.
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`].
    pub fn phases(&self, date: Date) -> Result<Vec<Phase>, CalendarError> {
        let Some(session) = self.session_on(date)? else {
            return Ok(Vec::new());
        };
        if self.is_special(date) {
            return Ok(Vec::new());
        }
        let at = |edge: Edge| {
            let shifted = |from: UnixNanos, minutes: i16| {
                let ns = u64::from(minutes.unsigned_abs()) * 60_000_000_000;
                UnixNanos(match minutes < 0 {
                    true => from.0.saturating_sub(ns),
                    false => from.0.saturating_add(ns),
                })
            };
            match edge {
                Edge::At(minute) => instant(&self.base.zone, date, minute),
                Edge::Open(minutes) => Ok(shifted(session.open, minutes)),
                Edge::Close(minutes) => Ok(shifted(session.close, minutes)),
            }
        };
        let known = |p: &&crate::rules::PhaseRule| p.from <= date && date <= p.to;
        let mut phases = Vec::new();
        for rule in self.base.rules.phases.iter().filter(known) {
            let (start, end) = (at(rule.start)?, at(rule.end)?);
            if start < end {
                let kind = rule.kind;
                phases.push(Phase { kind, start, end });
            }
        }
        Ok(phases)
    }
}

/// What an override makes of a day.
fn changed(change: &Change, usual: Result<WallSession, Day>) -> Result<WallSession, Day> {
    let named = |name: &str| Some(Cow::Owned(name.to_owned()));
    match change {
        Change::Holiday { name } => Err(Day::Holiday(Cow::Owned(name.clone()))),
        Change::Special {
            name,
            open,
            close,
            pause,
        } => Ok(WallSession {
            open: *open,
            close: *close,
            pause: *pause,
            name: named(name),
        }),
        // Where there is no session there is none to shorten.
        Change::EarlyClose { name, close } => match usual {
            // Closed before it would open.
            Ok(wall) if *close <= wall.open => Err(Day::Holiday(Cow::Owned(name.clone()))),
            usual => usual.map(|wall| WallSession {
                close: (*close).min(wall.close),
                name: named(name),
                ..wall
            }),
        },
    }
}
