//! What an exchange's calendar is made of: hours, holidays, early closes and special sessions, each with its dates.

use jiff::civil::{Date, Weekday};

use crate::day_rule::{DayRule, Moved};
use crate::zone::WallMinute;

/// The whole of an exchange's rules. Every table is dated: what changed has a row for before and one for after.
#[derive(Debug)]
pub(crate) struct Rules {
    /// The id, upper case: a market identifier code where there is one.
    pub(crate) id: &'static str,
    /// For people.
    pub(crate) name: &'static str,
    /// Other names under which it is found.
    pub(crate) aliases: &'static [&'static str],
    /// IANA name of the zone of its clocks.
    pub(crate) zone: &'static str,
    /// First date that the rules speak of.
    pub(crate) from: Date,
    /// Last date that the exchange has published, or that follows from a rule.
    pub(crate) published_to: Date,
    /// Last date answered; after `published_to` only `later` holidays are known, and sessions are provisional.
    pub(crate) to: Date,
    /// Days of the week with sessions.
    pub(crate) week: &'static [Weekday],
    /// Hours; the last row that has begun holds. Not empty, ascending, the first begins at `from` or before.
    pub(crate) hours: &'static [Hours],
    /// Hours of the past where they are known to have differed from `hours`, which are those that reference calendars give
    /// (see [`HoursTable`](crate::HoursTable)); rows as in `hours`, or none where the two agree.
    pub(crate) as_traded: &'static [Hours],
    /// Holidays by rule, in all years.
    pub(crate) holidays: &'static [Holiday],
    /// Holidays by rule after `published_to`.
    pub(crate) later: &'static [Holiday],
    /// Closed on one date: tables as published, mourning, weather, failures.
    pub(crate) closures: &'static [&'static [Closure]],
    /// Early closes by rule.
    pub(crate) early: &'static [EarlyClose],
    /// Sessions of one date with their own hours; they win over holidays and weekends.
    pub(crate) special: &'static [&'static [Special]],
    /// What goes on before and after the session.
    pub(crate) phases: &'static [PhaseRule],
}

pub(crate) const MONDAY_TO_FRIDAY: &[Weekday] = &[
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
];

pub(crate) const EVERY_DAY: &[Weekday] = &[
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// Regular hours from a date on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hours {
    pub(crate) from: Date,
    pub(crate) open: WallMinute,
    pub(crate) close: WallMinute,
    /// The close while New York has winter time, where it differs: commodity markets that follow the United States.
    pub(crate) close_in_us_winter: Option<WallMinute>,
    /// Beginning and end of the break.
    pub(crate) pause: Option<(WallMinute, WallMinute)>,
}

impl Hours {
    pub(crate) const fn new(from: Date, open: WallMinute, close: WallMinute) -> Self {
        Self {
            from,
            open,
            close,
            close_in_us_winter: None,
            pause: None,
        }
    }

    pub(crate) const fn with_pause(mut self, start: WallMinute, end: WallMinute) -> Self {
        self.pause = Some((start, end));
        self
    }
}

/// A holiday by rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holiday {
    pub(crate) name: &'static str,
    /// First and last year.
    pub(crate) years: (i16, i16),
    /// Years between them in which it was not kept, or kept on another date (which `closures` then has).
    pub(crate) but: &'static [i16],
    pub(crate) day: DayRule,
    pub(crate) moved: Moved,
}

/// For ever, as far as dates here go.
pub(crate) const ALWAYS: (i16, i16) = (1900, 2100);

impl Holiday {
    pub(crate) const fn new(name: &'static str, day: DayRule, moved: Moved) -> Self {
        Self {
            name,
            years: ALWAYS,
            but: &[],
            day,
            moved,
        }
    }

    pub(crate) const fn years(mut self, first: i16, last: i16) -> Self {
        self.years = (first, last);
        self
    }

    pub(crate) const fn but(mut self, years: &'static [i16]) -> Self {
        self.but = years;
        self
    }

    /// Its date in a year, if it is kept then.
    pub(crate) fn in_year(&self, year: i16) -> Option<Date> {
        let kept = (self.years.0..=self.years.1).contains(&year) && !self.but.contains(&year);
        kept.then(|| self.day.in_year(year, self.moved)).flatten()
    }
}

/// Closed on one date.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Closure {
    pub(crate) date: Date,
    pub(crate) name: &'static str,
}

/// A date on which the exchange is closed.
pub(crate) const fn shut(year: i16, month: i8, day: i8, name: &'static str) -> Closure {
    Closure {
        date: jiff::civil::date(year, month, day),
        name,
    }
}

/// A session that ends before the regular close.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EarlyClose {
    pub(crate) day: Holiday,
    /// Only on these weekdays; none named = on all.
    pub(crate) weekdays: &'static [Weekday],
    pub(crate) close: WallMinute,
}

/// A session with its own hours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Special {
    pub(crate) date: Date,
    pub(crate) name: &'static str,
    pub(crate) open: WallMinute,
    pub(crate) close: WallMinute,
    pub(crate) pause: Option<(WallMinute, WallMinute)>,
}

/// A session of one date: `(year, month, day)`, open and close as `(hour, minute)`.
pub(crate) const fn special(
    name: &'static str,
    (year, month, day): (i16, i8, i8),
    open: (i16, i16),
    close: (i16, i16),
) -> Special {
    Special {
        date: jiff::civil::date(year, month, day),
        name,
        open: WallMinute::at(open.0, open.1),
        close: WallMinute::at(close.0, close.1),
        pause: None,
    }
}

impl Special {
    pub(crate) const fn with_pause(mut self, start: (i16, i16), end: (i16, i16)) -> Self {
        self.pause = Some((WallMinute::at(start.0, start.1), WallMinute::at(end.0, end.1)));
        self
    }
}

/// What a phase outside of the session is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhaseKind {
    /// Trading before the session.
    PreMarket,
    /// The auction that opens it.
    OpeningAuction,
    /// The auction that closes it.
    ClosingAuction,
    /// Trading after the session.
    PostMarket,
}

/// A phase before or after regular sessions. It is not told of special sessions, whose phases vary.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PhaseRule {
    pub(crate) kind: PhaseKind,
    /// First date.
    pub(crate) from: Date,
    /// Last date.
    pub(crate) to: Date,
    pub(crate) start: Edge,
    pub(crate) end: Edge,
}

/// Where a phase begins or ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Edge {
    /// At a time of the clock.
    At(WallMinute),
    /// So many minutes after the open.
    Open(i16),
    /// So many minutes after the close, an early one too.
    Close(i16),
}

/// Which hours of the past a calendar gives.
///
/// The reference calendars that this one has to agree with (`exchange_calendars`) give some exchanges today's hours for
/// decades in which they had others: a break in Tokyo from 11:30 before 2011-11-21, a close of Xetra at 17:30 in 2002. Where
/// the hours of the time are known, they are in a second table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HoursTable {
    /// Those of the reference calendars.
    #[default]
    Reference,
    /// Those that were traded, as far as they are known.
    AsTraded,
}
