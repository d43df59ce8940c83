//! Civil days of time stamps, in the zone the caller names; and how time stamps are written as text.
//!
//! A figure "of January" needs a zone: the zone is a value ([`jiff::tz::TimeZone`]) that the caller hands in, UTC by
//! default. Nothing here reads the clock.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use tradewind_types::UnixNanos;

/// What the time stamp of a value means.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Stamp {
    /// An instant within its period: a return dated 31 January belongs to January, as in a table of daily returns.
    #[default]
    Within,
    /// The end of its period: what is stamped at midnight belongs to the day that ends there, as the closes of bars.
    End,
}

/// Reads civil times of ascending (or nearly ascending) instants quickly: the bounds of the last day are kept.
#[derive(Clone, Debug)]
pub(crate) struct CivilReader<'a> {
    zone: &'a TimeZone,
    stamp: Stamp,
    start_ns: u64,
    end_ns: u64,
    date: jiff::civil::Date,
}

impl<'a> CivilReader<'a> {
    pub(crate) fn new(zone: &'a TimeZone, stamp: Stamp) -> Self {
        Self {
            zone,
            stamp,
            start_ns: 0,
            end_ns: 0,
            date: jiff::civil::Date::ZERO,
        }
    }

    fn instant(&self, ts: UnixNanos) -> u64 {
        match self.stamp {
            Stamp::Within => ts.0,
            Stamp::End => ts.0.saturating_sub(1),
        }
    }

    /// Date and time in the zone.
    pub(crate) fn datetime(&self, ts: UnixNanos) -> DateTime {
        // Every u64 of nanoseconds (1970 to 2554) is within jiff's range (to 9999), so the default is never taken.
        let instant = Timestamp::from_nanosecond(i128::from(self.instant(ts))).unwrap_or_default();
        self.zone.to_datetime(instant)
    }

    /// The civil day that the instant belongs to.
    pub(crate) fn date(&mut self, ts: UnixNanos) -> jiff::civil::Date {
        let instant = self.instant(ts);
        if (self.start_ns..self.end_ns).contains(&instant) {
            return self.date;
        }
        self.date = self.datetime(ts).date();
        // Days before 1970 or of unusual length (a zone's changes) are right too: where a bound cannot be told the
        // range is empty and the next call looks again.
        let bound = |date: jiff::civil::Date| {
            let midnight = date.to_zoned(self.zone.clone()).ok()?;
            u64::try_from(midnight.timestamp().as_nanosecond()).ok()
        };
        self.start_ns = bound(self.date).unwrap_or(instant);
        self.end_ns = self.date.tomorrow().ok().and_then(bound).unwrap_or(instant);
        self.date
    }
}

/// Serialises an optional [`UnixNanos`] as RFC 3339 text or nothing.
pub(crate) fn optional_rfc3339<S: serde::Serializer>(
    ts: &Option<UnixNanos>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match ts {
        Some(ts) => serializer.collect_str(ts),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ts(text: &str) -> UnixNanos {
        text.parse().expect("a time stamp")
    }

    #[test]
    fn midnight_belongs_to_the_day_that_ends_or_that_begins_as_the_stamp_says() {
        let midnight = ts("2024-02-01T00:00:00Z");
        let utc = TimeZone::UTC;
        let mut within = CivilReader::new(&utc, Stamp::Within);
        let mut end = CivilReader::new(&utc, Stamp::End);
        assert_eq!(within.date(midnight).to_string(), "2024-02-01");
        assert_eq!(end.date(midnight).to_string(), "2024-01-31");
    }

    #[test]
    fn days_are_those_of_the_zone_also_when_read_out_of_order() {
        let kolkata = TimeZone::fixed(jiff::tz::Offset::from_seconds(19_800).expect("in range"));
        let mut reader = CivilReader::new(&kolkata, Stamp::Within);
        for (at, day) in [
            ("2024-01-01T18:29:59Z", "2024-01-01"),
            ("2024-01-01T18:30:00Z", "2024-01-02"),
            ("2024-01-01T00:00:00Z", "2024-01-01"),
            ("2024-01-02T18:29:59.999Z", "2024-01-02"),
        ] {
            assert_eq!(reader.date(ts(at)).to_string(), day, "{at}");
        }
    }
}
