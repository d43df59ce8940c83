//! Rules worked out into dates: what is out of the ordinary, by date; computed once for each exchange.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

use crate::rules::{Hours, HoursTable, Rules};
use crate::zone::{WallMinute, zone};

/// A date that is not as its weekday says.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exception {
    Closed {
        name: &'static str,
    },
    Early {
        name: &'static str,
        close: WallMinute,
    },
    Special {
        name: &'static str,
        open: WallMinute,
        close: WallMinute,
        pause: Option<(WallMinute, WallMinute)>,
    },
}

/// An exchange's rules with their dates.
#[derive(Debug)]
pub(crate) struct Compiled {
    pub(crate) rules: &'static Rules,
    pub(crate) zone: TimeZone,
    /// Whose winter some closes follow.
    new_york: TimeZone,
    exceptions: BTreeMap<Date, Exception>,
}

impl Compiled {
    pub(crate) fn new(rules: &'static Rules) -> Self {
        let mut exceptions = BTreeMap::new();
        // Later insertions win: early closes, then holidays, then closures, then special sessions.
        for year in rules.from.year()..=rules.to.year() {
            for early in rules.early {
                let Some(date) = early.day.in_year(year) else {
                    continue;
                };
                if early.weekdays.is_empty() || early.weekdays.contains(&date.weekday()) {
                    let (name, close) = (early.day.name, early.close);
                    exceptions.insert(date, Exception::Early { name, close });
                }
            }
        }
        for year in rules.from.year()..=rules.to.year() {
            let later = if year > rules.published_to.year() {
                rules.later
            } else {
                &[]
            };
            for holiday in rules.holidays.iter().chain(later) {
                if let Some(date) = holiday.in_year(year) {
                    exceptions.insert(date, Exception::Closed { name: holiday.name });
                }
            }
        }
        for closure in rules.closures.iter().copied().flatten() {
            exceptions.insert(closure.date, Exception::Closed { name: closure.name });
        }
        for s in rules.special.iter().copied().flatten() {
            let (name, open, close, pause) = (s.name, s.open, s.close, s.pause);
            exceptions.insert(
                s.date,
                Exception::Special {
                    name,
                    open,
                    close,
                    pause,
                },
            );
        }
        Self {
            rules,
            // A test reads every exchange's zone, so UTC is never taken.
            zone: zone(rules.zone).unwrap_or(TimeZone::UTC),
            new_york: zone("America/New_York").unwrap_or(TimeZone::UTC),
            exceptions,
        }
    }

    pub(crate) fn exception(&self, date: Date) -> Option<&Exception> {
        self.exceptions.get(&date)
    }

    pub(crate) fn is_weekly_day(&self, weekday: Weekday) -> bool {
        self.rules.week.contains(&weekday)
    }

    /// The regular hours of a date.
    pub(crate) fn hours(&self, date: Date, table: HoursTable) -> Hours {
        let rows = match table {
            HoursTable::AsTraded if !self.rules.as_traded.is_empty() => self.rules.as_traded,
            HoursTable::AsTraded | HoursTable::Reference => self.rules.hours,
        };
        let begun = rows.partition_point(|h| h.from <= date);
        let mut hours = rows[begun.saturating_sub(1)];
        if let Some(winter) = hours.close_in_us_winter
            && !self.is_us_summer(date)
        {
            hours.close = winter;
        }
        hours
    }

    /// Summer time in New York at noon of that date.
    fn is_us_summer(&self, date: Date) -> bool {
        let noon = date.at(12, 0, 0, 0).to_zoned(self.new_york.clone());
        noon.is_ok_and(|z| self.new_york.to_offset_info(z.timestamp()).dst().is_dst())
    }
}
