//! On which dates contracts expire: dated rules by underlying, moved to the trading day before where the day is none, and the
//! relative labels `W0`, `M1`, `Q0`.
//!
//! # Labels
//! A label is a letter for the series (`D` daily, `W` weekly, `M` monthly, `Q` quarterly) and a rank. Rank 0 is the nearest
//! expiry that has not passed at the instant asked for, also on its own day until trading in it ends; rank 1 the one after,
//! and so on. A date may have several: where a week's contract is the month's, it is `W3` and `M0`; the last month of a quarter
//! is `M0` and `Q0`. So an expiry is told once for each series it belongs to.
//!
//! # Moves
//! Where the day of a rule has no session, the contract expires on the session before. Sessions of less than three hours do
//! not count: on Diwali and on days of tests there is some trading, but nothing expires (NIFTY's weekly contract of
//! 2025-10-21 expired on the 20th).

mod india;
mod label;
mod rules;
mod world;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tradewind_types::UnixNanos;

use crate::calendar::Calendar;
use crate::day_rule::plus;
use crate::error::CalendarError;
use crate::zone::{instant, local_date, zone};

pub use label::{Label, LabelError};
use rules::{Day, ExpiryTime, Rule, Underlying};

/// How often a series of contracts expires.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Series {
    /// Every day.
    Daily,
    /// Every week; in the week of a monthly contract, that one.
    Weekly,
    /// Every month.
    Monthly,
    /// March, June, September and December.
    Quarterly,
}

impl Series {
    /// All of them.
    pub const ALL: [Series; 4] = [Series::Daily, Series::Weekly, Series::Monthly, Series::Quarterly];

    /// As it is written: `weekly`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Series::Daily => "daily",
            Series::Weekly => "weekly",
            Series::Monthly => "monthly",
            Series::Quarterly => "quarterly",
        }
    }
}

/// One expiry of one series.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Expiry {
    /// The day.
    pub date: Date,
    /// Which series.
    pub series: Series,
    /// The day that the rule names, where the contract was moved from it.
    pub moved_from: Option<Date>,
    /// When trading in it ends.
    pub at: UnixNanos,
    /// The exchange has not published its holidays of that year: the day may still move.
    pub provisional: bool,
    /// Where the rule is from.
    pub source: &'static str,
}

/// Shortest session on which contracts expire, in minutes.
const SESSION_MINUTES_MIN: u64 = 180;
/// Most days that an expiry is moved back.
const MOVE_DAYS_MAX: usize = 15;
/// How far ahead ranks are looked for, in days: eight quarters and some.
const AHEAD_DAYS_MAX: i16 = 800;

/// The expiry rules of an underlying, with the calendar that they are moved by.
#[derive(Clone, Debug)]
pub struct ExpiryRules {
    underlying: &'static Underlying,
    calendar: Calendar,
}

impl ExpiryRules {
    /// The rules of that underlying, by name or alias in whatever case: `NIFTY`, `US-EQUITY`, `ES`.
    ///
    /// # Errors
    /// [`CalendarError::UnknownUnderlying`].
    pub fn find(name: &str) -> Result<Self, CalendarError> {
        let name = name.trim();
        let named = |u: &&&Underlying| {
            u.name.eq_ignore_ascii_case(name)
                || u.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name))
        };
        let underlying =
            rules::all()
                .find(|u| named(&u))
                .ok_or_else(|| CalendarError::UnknownUnderlying {
                    underlying: name.chars().take(32).collect(),
                    known: Self::names().collect::<Vec<_>>().join(", "),
                })?;
        Ok(Self {
            underlying,
            calendar: Calendar::find(underlying.calendar)?,
        })
    }

    /// The names that have rules.
    pub fn names() -> impl Iterator<Item = &'static str> {
        rules::all().map(|u| u.name)
    }

    /// The same rules moved by another calendar: the exchange's with overrides.
    #[must_use]
    pub fn with_calendar(self, calendar: Calendar) -> Self {
        Self { calendar, ..self }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.underlying.name
    }

    /// The calendar that expiries are moved by.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The expiries from one date to another, both included, by date and within it by series.
    ///
    /// # Errors
    /// [`CalendarError::EmptyPeriod`]; [`CalendarError::OutsideCoverage`] where the calendar does not reach so far.
    pub fn between(&self, from: Date, to: Date) -> Result<Vec<Expiry>, CalendarError> {
        if to < from {
            return Err(CalendarError::EmptyPeriod { from, to });
        }
        for date in [from, to] {
            self.calendar.day(date)?;
        }
        let mut expiries = Vec::new();
        let far = i16::try_from(MOVE_DAYS_MAX).unwrap_or(i16::MAX);
        // What is named for a day after the period may be moved into it.
        let last = plus(to, far).unwrap_or(to).min(self.calendar.coverage().1);
        // And what is named for a week is, in a month's last, a day later in it.
        let first = plus(from, -7).unwrap_or(from);
        for rule in self.underlying.rules {
            let mut date = first.max(rule.first);
            let end = last.min(rule.last);
            while date <= end {
                if rule.day.is(date) {
                    self.add(rule, date, (from, to), &mut expiries)?;
                }
                let Some(next) = plus(date, 1) else { break };
                date = next;
            }
        }
        expiries.sort_by_key(|e| (e.date, e.series));
        expiries.dedup_by_key(|e| (e.date, e.series));
        Ok(expiries)
    }

    /// Adds what a rule names for `date`, where it falls into the period.
    fn add(
        &self,
        rule: &Rule,
        date: Date,
        (from, to): (Date, Date),
        expiries: &mut Vec<Expiry>,
    ) -> Result<(), CalendarError> {
        let mut day = date;
        let mut source = rule.source;
        if rule.series == Series::Weekly
            && let Some((monthly, of)) = self.monthly_in_week_of(date)
        {
            (day, source) = (monthly, of);
        }
        let Some((settled, at)) = self.settle(day)? else {
            return Ok(());
        };
        if settled < from || settled > to {
            return Ok(());
        }
        let expiry = |series| Expiry {
            date: settled,
            series,
            moved_from: (settled != day).then_some(day),
            at,
            provisional: settled > self.calendar.published_to(),
            source,
        };
        expiries.push(expiry(rule.series));
        if rule.series == Series::Monthly && date.month() % 3 == 0 {
            expiries.push(expiry(Series::Quarterly));
        }
        Ok(())
    }

    /// The day named for a monthly contract in the week (Monday to Sunday) of `date`.
    fn monthly_in_week_of(&self, date: Date) -> Option<(Date, &'static str)> {
        let monday = plus(date, -i16::from(date.weekday().to_monday_zero_offset()))?;
        let monthly = |r: &&Rule| r.series == Series::Monthly;
        (0..7).filter_map(|days| plus(monday, days)).find_map(|day| {
            self.underlying
                .rules
                .iter()
                .filter(monthly)
                .find(|r| r.first <= day && day <= r.last && r.day.is(day))
                .map(|r| (day, r.source))
        })
    }

    /// The day on which a contract named for `day` expires, and when.
    fn settle(&self, day: Date) -> Result<Option<(Date, UnixNanos)>, CalendarError> {
        let mut day = match self.underlying.days_before {
            0 => day,
            before => match self.sessions_before(day, before)? {
                Some(day) => day,
                None => return Ok(None),
            },
        };
        for _ in 0..MOVE_DAYS_MAX {
            if day < self.calendar.coverage().0 {
                return Ok(None);
            }
            if let Some(session) = self.calendar.session_on(day)?
                && session.minutes() >= SESSION_MINUTES_MIN
            {
                let at = match self.underlying.time {
                    ExpiryTime::SessionClose => session.close,
                    ExpiryTime::At(zone_name, minute) => match zone(zone_name) {
                        Some(zone) => instant(&zone, day, minute)?,
                        None => session.close,
                    },
                };
                return Ok(Some((day, at)));
            }
            match plus(day, -1) {
                Some(before) => day = before,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    fn sessions_before(&self, mut day: Date, sessions: u8) -> Result<Option<Date>, CalendarError> {
        for _ in 0..sessions {
            match self.calendar.previous_session(day)? {
                Some(session) => day = session.date,
                None => return Ok(None),
            }
        }
        Ok(Some(day))
    }

    /// The expiries of a series that have not passed at `as_of`, nearest first: the rank is the place.
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`] for the date of `as_of`.
    pub fn unexpired(&self, series: Series, as_of: UnixNanos) -> Result<Vec<Expiry>, CalendarError> {
        let today = local_date(self.calendar.zone(), as_of);
        let last = plus(today, AHEAD_DAYS_MAX)
            .unwrap_or(today)
            .min(self.calendar.coverage().1);
        let mut expiries = self.between(today, last.max(today))?;
        expiries.retain(|e| e.series == series && e.at > as_of);
        Ok(expiries)
    }

    /// The expiry that a label means at `as_of`; `None` where there is none in the next two years.
    ///
    /// # Errors
    /// [`CalendarError::OutsideCoverage`] for the date of `as_of`.
    pub fn resolve(&self, label: Label, as_of: UnixNanos) -> Result<Option<Expiry>, CalendarError> {
        let unexpired = self.unexpired(label.series, as_of)?;
        Ok(unexpired.into_iter().nth(usize::from(label.rank)))
    }

    /// The expiries between two dates with their labels as they are at the beginning of the first.
    ///
    /// # Errors
    /// As [`ExpiryRules::between`].
    pub fn labelled(&self, from: Date, to: Date) -> Result<Vec<(Expiry, Label)>, CalendarError> {
        let mut next = [0u16; Series::ALL.len()];
        let labelled = self.between(from, to)?.into_iter().map(|expiry| {
            let rank = &mut next[expiry.series as usize];
            let label = Label {
                series: expiry.series,
                rank: *rank,
            };
            *rank = rank.saturating_add(1);
            (expiry, label)
        });
        Ok(labelled.collect())
    }
}

impl Day {
    /// Does the rule name this date?
    fn is(self, date: Date) -> bool {
        let nth = |n| date.nth_weekday_of_month(n, date.weekday()).ok() == Some(date);
        match self {
            Day::Every => true,
            Day::Weekly(weekday) => date.weekday() == weekday,
            Day::LastInMonth(weekday) => date.weekday() == weekday && nth(-1),
            Day::NthInMonth(weekday, n) => date.weekday() == weekday && nth(n),
            Day::NthInQuarter(weekday, n) => date.month() % 3 == 0 && date.weekday() == weekday && nth(n),
        }
    }
}
