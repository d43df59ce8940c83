//! Whether what is laid over a date makes sense there: a change without effect is somebody's mistake, and sessions that
//! overlap are no grid for bars.

use jiff::civil::Date;

use crate::calendar::Calendar;
use crate::error::CalendarError;
use crate::overrides::{Change, Overrides};

/// Why a change of a date makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// The calendar says nothing of the date.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// An early close where the rules have no session.
    #[error("the calendar {calendar} has no session on {date} that could close early")]
    NothingToShorten {
        /// The calendar.
        calendar: &'static str,
        /// The date.
        date: Date,
    },
    /// An early close that is none.
    #[error("{close} is not before the close by the rules of {date}")]
    NotEarlier {
        /// The date.
        date: Date,
        /// When it would close, `HH:MM`.
        close: String,
    },
    /// The session would overlap with another one.
    #[error("the session of {date} would overlap with that of {other}")]
    Overlap {
        /// The date.
        date: Date,
        /// The other session's.
        other: Date,
    },
}

impl Calendar {
    /// Checks the date with all that is laid over this calendar.
    ///
    /// # Errors
    /// [`Misfit`], the first thing wrong.
    pub fn fits(&self, date: Date) -> Result<(), Misfit> {
        let session = self.session_on(date)?;
        if let Some(Change::EarlyClose { close, .. }) = self.change_on(date) {
            let by_rules = self.with_overrides(Overrides::default()).session_on(date)?;
            let Some(by_rules) = by_rules else {
                return Err(Misfit::NothingToShorten {
                    calendar: self.id(),
                    date,
                });
            };
            if session.as_ref().is_some_and(|s| s.close >= by_rules.close) {
                return Err(Misfit::NotEarlier {
                    date,
                    close: close.hhmm(),
                });
            }
        }
        let Some(session) = session else {
            return Ok(());
        };
        let overlap = |other| Err(Misfit::Overlap { date, other });
        if let Some(before) = self.previous_session(date)?
            && before.close > session.open
        {
            return overlap(before.date);
        }
        if let Some(after) = self.next_session(date)?
            && after.open < session.close
        {
            return overlap(after.date);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::overrides::{Override, OverrideText};

    fn laid(calendar: &str, kind: &str, day: &str, open: &str, close: &str) -> Result<(), Misfit> {
        let text = OverrideText {
            calendar,
            date: day,
            kind,
            open,
            close,
            name: "a test",
            ..OverrideText::default()
        };
        let change: Override = text.read().expect("well formed");
        let on = change.date;
        let calendar = Calendar::find(calendar).expect("known");
        calendar.with_overrides([change].into_iter().collect()).fits(on)
    }

    #[test]
    fn what_has_an_effect_fits() {
        assert_eq!(laid("XNSE", "holiday", "2026-11-30", "", ""), Ok(()));
        assert_eq!(laid("XNSE", "special", "2026-11-08", "18:00", "19:00"), Ok(()));
        assert_eq!(laid("XLON", "early_close", "2026-12-23", "", "12:30"), Ok(()));
        // A circular's list of holidays has Sundays in it, too.
        assert_eq!(laid("XNSE", "holiday", "2026-11-08", "", ""), Ok(()));
    }

    #[test]
    fn what_has_none_or_overlaps_does_not() {
        let sunday = laid("XLON", "early_close", "2026-11-29", "", "12:30");
        assert!(
            matches!(sunday, Err(Misfit::NothingToShorten { .. })),
            "{sunday:?}"
        );
        let late = laid("XLON", "early_close", "2026-12-22", "", "17:00");
        assert_eq!(
            late.map_err(|e| e.to_string()),
            Err("17:00 is not before the close by the rules of 2026-12-22".to_owned())
        );
        // Globex opens the next day's session at 17:00 in Chicago.
        let globex = laid("CMES", "special", "2026-11-16", "08:00", "20:00");
        let other = date(2026, 11, 17);
        assert!(
            matches!(&globex, Err(Misfit::Overlap { other: o, .. }) if *o == other),
            "{globex:?}"
        );
        let far = laid("XLON", "holiday", "2050-01-03", "", "");
        assert!(
            matches!(far, Err(Misfit::Calendar(CalendarError::OutsideCoverage { .. }))),
            "{far:?}"
        );
    }
}
