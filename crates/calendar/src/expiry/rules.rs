//! The shape of expiry rules.

use jiff::civil::{Date, Weekday};

use super::{Series, india, world};
use crate::zone::WallMinute;

/// The contracts on something.
#[derive(Debug)]
pub(super) struct Underlying {
    pub(super) name: &'static str,
    pub(super) aliases: &'static [&'static str],
    /// Whose sessions expiries are moved to.
    pub(super) calendar: &'static str,
    pub(super) time: ExpiryTime,
    /// So many sessions before the day of the rule.
    pub(super) days_before: u8,
    pub(super) rules: &'static [Rule],
}

/// When trading ends on the day.
#[derive(Clone, Copy, Debug)]
pub(super) enum ExpiryTime {
    /// With the session.
    SessionClose,
    /// At a time of a zone's clocks.
    At(&'static str, WallMinute),
}

/// One series for a time. Quarterly contracts follow from monthly ones and have no rule of their own there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) series: Series,
    /// First day that it names.
    pub(super) first: Date,
    /// Last day that it names.
    pub(super) last: Date,
    pub(super) day: Day,
    pub(super) source: &'static str,
}

/// A day of expiry before it is moved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Day {
    Every,
    Weekly(Weekday),
    LastInMonth(Weekday),
    NthInMonth(Weekday, i8),
    NthInQuarter(Weekday, i8),
}

/// The end of what can be asked.
pub(super) const OPEN_END: Date = jiff::civil::date(2030, 12, 31);

pub(super) const fn weekly(weekday: Weekday, first: Date, last: Date, source: &'static str) -> Rule {
    Rule {
        series: Series::Weekly,
        first,
        last,
        day: Day::Weekly(weekday),
        source,
    }
}

pub(super) const fn last_in_month(weekday: Weekday, first: Date, last: Date, source: &'static str) -> Rule {
    Rule {
        series: Series::Monthly,
        first,
        last,
        day: Day::LastInMonth(weekday),
        source,
    }
}

pub(super) fn all() -> impl Iterator<Item = &'static Underlying> {
    india::UNDERLYINGS.iter().chain(world::UNDERLYINGS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::Calendar;

    #[test]
    fn rules_of_a_series_follow_one_another_without_overlap_and_have_sources() {
        for underlying in all() {
            let name = underlying.name;
            assert!(Calendar::find(underlying.calendar).is_ok(), "{name}");
            for series in Series::ALL {
                let rules: Vec<_> = underlying.rules.iter().filter(|r| r.series == series).collect();
                assert!(rules.is_sorted_by(|a, b| a.last < b.first), "{name} {series:?}");
            }
            for rule in underlying.rules {
                assert!(rule.first <= rule.last && rule.source.len() > 10, "{name}");
            }
        }
    }

    #[test]
    fn names_lead_to_one_underlying_each() {
        let mut seen = std::collections::BTreeSet::new();
        for underlying in all() {
            for name in std::iter::once(&underlying.name).chain(underlying.aliases) {
                assert!(seen.insert(name.to_ascii_uppercase()), "{name} is named twice");
            }
        }
    }
}
