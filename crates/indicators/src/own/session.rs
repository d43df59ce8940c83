//! Sessions of indicators: the UTC day, week or month that a bar opens in.
//!
//! The day begins at UTC midnight, as the session VWAP's does: the regular sessions of the venues in reach (NSE, US, LSE, crypto) lie
//! within one UTC day. A venue whose session runs over midnight UTC (CME Globex) is cut there.

use tradewind_types::UnixNanos;
use tradewind_types::time::DAY_NS;

use crate::params::{Param, Params};

/// What a session is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Session {
    /// A UTC day.
    Day,
    /// Monday to Sunday, UTC.
    Week,
    /// A calendar month, UTC.
    Month,
}

/// The parameter that names a session by its rough number of days.
pub(crate) const SESSION: Param = Param::period("session", 1, 1);

/// For `Definition::relation` where the session is the parameter at 0.
pub(crate) fn session_is_known(params: &Params) -> Result<(), &'static str> {
    match params.period(0) {
        1 | 7 | 30 => Ok(()),
        _ => Err("session must be 1 (day), 7 (week) or 30 (month)"),
    }
}

impl Session {
    /// The session that a checked parameter names.
    pub(crate) fn of(days: i32) -> Self {
        match days {
            7 => Self::Week,
            30 => Self::Month,
            _ => Self::Day,
        }
    }

    /// A number that is the same for the bars of one session and grows from session to session.
    pub(crate) fn key(self, ts: UnixNanos) -> u64 {
        let day = ts.0 / DAY_NS;
        match self {
            Self::Day => day,
            // 1970-01-01 was a Thursday.
            Self::Week => (day + 3) / 7,
            Self::Month => month(day),
        }
    }
}

/// Months since March of the year 0 (proleptic Gregorian) of a day since 1970. A year counted from March has its leap day last, and
/// its months' lengths repeat every 153 days. Source: Hinnant, *chrono-compatible low-level date algorithms*.
fn month(day: u64) -> u64 {
    const DAYS_TO_1970: u64 = 719_468;
    const ERA: u64 = 146_097;
    let day = day + DAYS_TO_1970;
    let (era, of_era) = (day / ERA, day % ERA);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    (era * 400 + year) * 12 + (5 * of_year + 2) / 153
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(session: Session, day: u64) -> u64 {
        session.key(UnixNanos::from_secs(day * 86_400 + 43_200))
    }

    #[test]
    fn weeks_begin_on_monday() {
        // 1970-01-05 was the first Monday.
        assert_eq!(key(Session::Week, 3), 0);
        assert_eq!(key(Session::Week, 4), 1);
        assert_eq!(key(Session::Week, 10), 1);
        assert_eq!(key(Session::Week, 11), 2);
    }

    #[test]
    fn months_change_on_their_first_day_in_leap_years_too() {
        let mut firsts = Vec::new();
        for day in 1..=21_184u64 {
            if key(Session::Month, day) != key(Session::Month, day - 1) {
                assert_eq!(key(Session::Month, day), key(Session::Month, day - 1) + 1);
                firsts.push(day);
            }
        }
        // 1970-02-01; 1972-02-01 and 1972-03-01 with a leap day between; 2000-03-01; 2028-01-01.
        assert_eq!(firsts[0], 31);
        for day in [761, 790, 11_017, 21_184] {
            assert!(firsts.contains(&day), "{day}");
        }
        assert_eq!(firsts.len(), 58 * 12);
    }

    #[test]
    fn only_day_week_and_month_are_sessions() {
        assert_eq!(session_is_known(&Params::from_slice(&[7.0])), Ok(()));
        assert!(session_is_known(&Params::from_slice(&[2.0])).is_err());
        assert_eq!(Session::of(30), Session::Month);
        assert_eq!(Session::of(1), Session::Day);
    }
}
