//! Time stamps of data files: RFC 3339, a date, or a number since the epoch whose unit its size tells.
//!
//! | digits before the point | unit |
//! | --- | --- |
//! | eight that are a date from 19700101 on, `20240102` | that day |
//! | below 10¹¹ otherwise | seconds |
//! | below 10¹⁴ | milliseconds |
//! | below 10¹⁷ | microseconds |
//! | above | nanoseconds |

use std::str::FromStr;

use jiff::Timestamp;
use jiff::tz::{AmbiguousOffset, TimeZone};
use tradewind_types::UnixNanos;
use tradewind_types::time::{DAY_NS, SECOND_NS};

/// Where stamps without a zone of their own were taken.
#[derive(Debug, Clone)]
pub enum Zone {
    /// This many seconds ahead of UTC all year.
    Fixed(i64),
    /// A zone with rules, e.g. `America/New_York`.
    Named(TimeZone),
}

impl Default for Zone {
    fn default() -> Self {
        Zone::Fixed(0)
    }
}

impl FromStr for Zone {
    type Err = String;

    /// `UTC`, `+05:30`, or a name of the IANA time zone database.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse =
            || format!("`{text}` is no time zone; right are UTC, +05:30 or a name such as Asia/Kolkata");
        match text.as_bytes() {
            b"UTC" | b"Z" | b"utc" => Ok(Zone::Fixed(0)),
            [sign @ (b'+' | b'-'), rest @ ..] => {
                let offset_s = offset(rest).ok_or_else(refuse)?;
                Ok(Zone::Fixed(if *sign == b'-' { -offset_s } else { offset_s }))
            }
            _ => TimeZone::get(text).map(Zone::Named).map_err(|_| refuse()),
        }
    }
}

/// Which end of its interval a bar's stamp names.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum BarStamp {
    /// The time it opens.
    #[default]
    Open,
    /// The time it closes.
    Close,
}

/// What a local time means that the clocks showed twice, when they were set back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ambiguous {
    /// It is refused.
    #[default]
    Refuse,
    /// The first of the two.
    Earlier,
    /// The second.
    Later,
    /// The first, unless the stamp before was later than that: for files in order of time.
    InOrder {
        /// Whether rows may have the same time, as trades do. Two bars never have: an equal stamp is the second.
        repeats: bool,
    },
}

/// Reads stamps; remembers the last date, which nearly always is the next one's too.
#[derive(Debug, Clone, Default)]
pub struct StampReader {
    zone: Zone,
    ambiguous: Ambiguous,
    date: [u8; 10],
    midnight_s: i64,
    /// What local times of the date are ahead of UTC; `None` on a day around which the clocks are set.
    offset_s: Option<i64>,
    last_s: i64,
}

/// Why a civil stamp was not read.
enum Unread {
    /// It has another form.
    Form,
    /// It has this form, and names no instant.
    Instant(String),
}

impl StampReader {
    /// Local stamps (a date, or a time without zone) are this many seconds ahead of UTC.
    #[must_use]
    pub fn new(utc_offset_s: i64) -> Self {
        Self::in_zone(Zone::Fixed(utc_offset_s), Ambiguous::Refuse)
    }

    /// Local stamps were taken in a zone.
    #[must_use]
    pub fn in_zone(zone: Zone, ambiguous: Ambiguous) -> Self {
        Self {
            zone,
            ambiguous,
            ..Self::default()
        }
    }

    /// The instant that a field names, in nanoseconds.
    ///
    /// # Errors
    /// What would be right, when it is no stamp, lies before 1970, or names no or no single instant.
    #[inline]
    pub fn read(&mut self, field: &[u8]) -> Result<u64, String> {
        if field.len() > 5 && field[4] == b'-' {
            return self.civil(field).or_else(|unread| match unread {
                Unread::Form => slow(field),
                Unread::Instant(what) => Err(what),
            });
        }
        if let Some(date) = compact(field) {
            return self.read(&date);
        }
        epoch(field).map_or_else(|| slow(field), Ok)
    }

    /// The midnight that begins a date, given as days since 1970, in nanoseconds.
    ///
    /// # Errors
    /// As [`StampReader::read`].
    pub fn day(&mut self, days: i64) -> Result<u64, String> {
        let date = i32::try_from(days)
            .ok()
            .and_then(|days| jiff::Span::new().try_days(days).ok())
            .and_then(|span| jiff::civil::date(1970, 1, 1).checked_add(span).ok());
        let Some(date) = date else {
            return Err(format!("{days} is no day"));
        };
        self.read(date.to_string().as_bytes())
    }

    /// `2020-01-02`, and with `T` or a space `09:15:00[.5][Z|+05:30]`.
    #[inline]
    fn civil(&mut self, field: &[u8]) -> Result<u64, Unread> {
        let (local_s, nanos, zone) = self.parts(field).ok_or(Unread::Form)?;
        let secs = match zone {
            Some(offset_s) => local_s - offset_s,
            None => match self.offset_s {
                Some(offset_s) => local_s - offset_s,
                None => self
                    .around_a_change(local_s)
                    .map_err(|why| Unread::Instant(format!("`{}`: {why}", super::number::shown(field))))?,
            },
        };
        self.last_s = secs;
        to_nanos(secs, nanos).ok_or_else(|| {
            Unread::Instant(format!(
                "`{}` lies before 1970 or after 2554",
                super::number::shown(field)
            ))
        })
    }

    /// Local seconds since 1970, nanoseconds, and the offset where the field says one.
    #[inline]
    fn parts(&mut self, field: &[u8]) -> Option<(i64, u64, Option<i64>)> {
        let date: [u8; 10] = field.get(..10)?.try_into().ok()?;
        if date != self.date {
            self.midnight_s = midnight(&date)?;
            self.offset_s = self.offset_of_day();
            self.date = date;
        }
        let Some((mark, rest)) = field[10..].split_first() else {
            return Some((self.midnight_s, 0, None));
        };
        if !matches!(mark, b'T' | b't' | b' ') {
            return None;
        }
        let (hours, minutes) = (two(rest, 0)?, two(rest, 3)?);
        if *rest.get(2)? != b':' || hours > 23 || minutes > 59 {
            return None;
        }
        let (seconds, rest) = match rest.get(5) {
            Some(b':') => (two(rest, 6)?, &rest[8..]),
            _ => (0, &rest[5..]),
        };
        if seconds > 59 {
            return None;
        }
        let (nanos, zone) = fraction(rest)?;
        let zone = match zone {
            b"Z" | b"z" => Some(0),
            b"" => None,
            [b'+', rest @ ..] => Some(offset(rest)?),
            [b'-', rest @ ..] => Some(-offset(rest)?),
            _ => return None,
        };
        Some((
            self.midnight_s + hours * 3_600 + minutes * 60 + seconds,
            nanos,
            zone,
        ))
    }

    /// The day's offset, where it is one: no clock is set from the day before to the day after.
    fn offset_of_day(&self) -> Option<i64> {
        let zone = match &self.zone {
            Zone::Fixed(offset_s) => return Some(*offset_s),
            Zone::Named(zone) => zone,
        };
        let day_s = (DAY_NS / SECOND_NS) as i64;
        let from = Timestamp::from_second(self.midnight_s - day_s).ok()?;
        let to = Timestamp::from_second(self.midnight_s + 2 * day_s).ok()?;
        let change = zone.following(from).next().map(|change| change.timestamp());
        if change.is_some_and(|at| at <= to) {
            return None;
        }
        Some(i64::from(zone.to_offset(from).seconds()))
    }

    /// The instant of a local time on a day when clocks are set, in seconds.
    fn around_a_change(&self, local_s: i64) -> Result<i64, String> {
        let Zone::Named(zone) = &self.zone else {
            return Err("the zone has no rules".to_owned());
        };
        // A local time is written as if it were UTC, which has the same calendar.
        let local = Timestamp::from_second(local_s)
            .map_err(|e| e.to_string())?
            .to_zoned(TimeZone::UTC)
            .datetime();
        let seconds = |offset: jiff::tz::Offset| local_s - i64::from(offset.seconds());
        match zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => Ok(seconds(offset)),
            AmbiguousOffset::Gap { .. } => {
                Err("the clocks were set forward over this local time; there was no such instant".to_owned())
            }
            AmbiguousOffset::Fold { before, after } => match self.ambiguous {
                Ambiguous::Earlier => Ok(seconds(before)),
                Ambiguous::Later => Ok(seconds(after)),
                Ambiguous::InOrder { repeats } => {
                    let first = seconds(before);
                    let over = self.last_s > first || self.last_s == first && !repeats;
                    Ok(if over { seconds(after) } else { first })
                }
                Ambiguous::Refuse => Err(
                    "the clocks showed this local time twice; say which is meant: earlier, later or in-order"
                        .to_owned(),
                ),
            },
        }
    }
}

/// `05:30`, `0530` or `05` in seconds.
fn offset(text: &[u8]) -> Option<i64> {
    let (hours, minutes) = match text.len() {
        2 => (two(text, 0)?, 0),
        4 => (two(text, 0)?, two(text, 2)?),
        5 if text[2] == b':' => (two(text, 0)?, two(text, 3)?),
        _ => return None,
    };
    Some(hours * 3_600 + minutes * 60)
}

fn to_nanos(secs: i64, nanos: u64) -> Option<u64> {
    u64::try_from(secs)
        .ok()?
        .checked_mul(SECOND_NS)?
        .checked_add(nanos)
}

fn two(text: &[u8], at: usize) -> Option<i64> {
    let (a, b) = (*text.get(at)?, *text.get(at + 1)?);
    (a.is_ascii_digit() && b.is_ascii_digit()).then(|| i64::from(a - b'0') * 10 + i64::from(b - b'0'))
}

/// `.123456` as nanoseconds, and what follows it.
fn fraction(text: &[u8]) -> Option<(u64, &[u8])> {
    let Some(digits) = text.strip_prefix(b".") else {
        return Some((0, text));
    };
    let count = digits.iter().take_while(|b| b.is_ascii_digit()).count();
    if count == 0 || count > 9 {
        return None;
    }
    let value = digits[..count]
        .iter()
        .fold(0u64, |v, b| v * 10 + u64::from(b - b'0'));
    Some((value * super::number::POWERS[9 - count], &digits[count..]))
}

/// Seconds from the epoch to a date's midnight.
fn midnight(date: &[u8; 10]) -> Option<i64> {
    let year = two(date, 0)? * 100 + two(date, 2)?;
    let (month, day) = (two(date, 5)?, two(date, 8)?);
    if date[4] != b'-' || date[7] != b'-' {
        return None;
    }
    let date = jiff::civil::Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()?;
    let epoch = jiff::civil::date(1970, 1, 1);
    let days = date.since(epoch).ok()?.get_days();
    Some(i64::from(days) * (DAY_NS / SECOND_NS) as i64)
}

/// `20240102` (`20240102.0` where a table made a fraction of it) as `2024-01-02`; `None` where it is no date since 1970. As
/// seconds it would lie in 1970, where no market data is.
#[inline]
fn compact(field: &[u8]) -> Option<[u8; 10]> {
    let (digits, rest) = field.split_at_checked(8)?;
    let whole = rest.is_empty() || rest[0] == b'.' && rest[1..].iter().all(|b| *b == b'0');
    if !whole || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut date = *b"0000-00-00";
    date[..4].copy_from_slice(&digits[..4]);
    date[5..7].copy_from_slice(&digits[4..6]);
    date[8..].copy_from_slice(&digits[6..]);
    midnight(&date).filter(|secs| *secs >= 0).map(|_| date)
}

/// A number since the epoch.
#[inline]
fn epoch(field: &[u8]) -> Option<u64> {
    let point = field.iter().position(|b| *b == b'.').unwrap_or(field.len());
    let whole = &field[..point];
    if whole.is_empty() || whole.len() > 20 || !whole.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = whole
        .iter()
        .try_fold(0u64, |v, b| v.checked_mul(10)?.checked_add(u64::from(b - b'0')))?;
    let unit = match value {
        0..100_000_000_000 => SECOND_NS,
        100_000_000_000..100_000_000_000_000 => 1_000_000,
        100_000_000_000_000..100_000_000_000_000_000 => 1_000,
        _ => 1,
    };
    let (nanos, rest) = fraction(&field[point..])?;
    if !rest.is_empty() {
        return None;
    }
    // A fraction of a millisecond or microsecond is a part of that unit; below a nanosecond nothing is kept.
    value.checked_mul(unit)?.checked_add(nanos / (SECOND_NS / unit))
}

fn slow(field: &[u8]) -> Result<u64, String> {
    let text = std::str::from_utf8(field).unwrap_or("").trim();
    text.parse::<UnixNanos>().map(|ts| ts.0).map_err(|_| {
        format!(
            "`{}` is no time stamp: RFC 3339 such as 2026-11-22T09:15:00Z, a date, or a number since the epoch",
            super::number::shown(field)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<u64, String> {
        StampReader::default().read(text.as_bytes())
    }

    #[test]
    fn a_number_s_size_tells_its_unit() {
        let ns = 1_618_677_817_061_845_123;
        assert_eq!(read("1618677817"), Ok(1_618_677_817_000_000_000));
        assert_eq!(read("1618677817.061845123"), Ok(ns));
        assert_eq!(read("1618677817061"), Ok(1_618_677_817_061_000_000));
        assert_eq!(read("1618677817061845"), Ok(1_618_677_817_061_845_000));
        assert_eq!(read("1618677817061845123"), Ok(ns));
        assert_eq!(read("0"), Ok(0));
    }

    #[test]
    fn eight_digits_that_are_a_date_are_that_day() {
        assert_eq!(read("20240102"), read("2024-01-02"));
        assert_eq!(read("20240102.0"), read("2024-01-02"));
        assert_eq!(read("19700101"), Ok(0));
        // No date, or one of before the epoch: seconds.
        assert_eq!(read("20241301"), Ok(20_241_301_000_000_000));
        assert_eq!(read("19691231"), Ok(19_691_231_000_000_000));
        assert_eq!(read("20240102.5"), Ok(20_240_102_500_000_000));
    }

    #[test]
    fn civil_stamps_agree_with_the_time_library() {
        for text in [
            "2021-04-17T16:43:37.061845123Z",
            "2021-04-17T16:43:37Z",
            "2013-04-01T09:16:00+05:30",
            "2000-02-29T23:59:59-08:00",
            "1970-01-01T00:00:00Z",
        ] {
            let theirs: UnixNanos = text.parse().expect("a stamp");
            assert_eq!(read(text), Ok(theirs.0), "{text}");
        }
        assert_eq!(read("1998-01-02"), read("1998-01-02T00:00:00Z"));
        assert_eq!(read("1998-01-02 09:30"), read("1998-01-02T09:30:00Z"));
        let mut local = StampReader::new(19_800);
        assert_eq!(
            local.read(b"2013-04-01 09:16:00"),
            read("2013-04-01T09:16:00+05:30")
        );
        assert_eq!(
            local.read(b"2013-04-01T03:46:00Z"),
            read("2013-04-01T09:16:00+05:30")
        );
    }

    #[test]
    fn local_times_around_a_change_of_clocks_are_read_as_told() {
        let new_york = |ambiguous| {
            let zone: Zone = "America/New_York".parse().expect("a zone");
            StampReader::in_zone(zone, ambiguous)
        };
        let mut refusing = new_york(Ambiguous::Refuse);
        assert_eq!(refusing.read(b"2021-07-01 09:30"), read("2021-07-01T13:30:00Z"));
        assert_eq!(refusing.read(b"2021-11-07 00:59"), read("2021-11-07T04:59:00Z"));
        let twice = refusing.read(b"2021-11-07 01:30").expect_err("twice");
        assert!(twice.contains("twice"), "{twice}");
        assert_eq!(
            refusing.read(b"2021-11-07 01:30-05:00"),
            read("2021-11-07T06:30:00Z")
        );
        assert_eq!(refusing.read(b"2021-11-07 02:00"), read("2021-11-07T07:00:00Z"));
        let never = refusing.read(b"2021-03-14 02:30").expect_err("never");
        assert!(never.contains("no such instant"), "{never}");
        assert_eq!(
            new_york(Ambiguous::Earlier).read(b"2021-11-07 01:30"),
            read("2021-11-07T05:30:00Z")
        );
        assert_eq!(
            new_york(Ambiguous::Later).read(b"2021-11-07 01:30"),
            read("2021-11-07T06:30:00Z")
        );
        let hourly = |repeats| {
            let mut in_order = new_york(Ambiguous::InOrder { repeats });
            let _ = in_order.read(b"2021-11-07 01:00");
            in_order.read(b"2021-11-07 01:00")
        };
        assert_eq!(hourly(false), read("2021-11-07T06:00:00Z"));
        assert_eq!(hourly(true), read("2021-11-07T05:00:00Z"));
        let mut in_order = new_york(Ambiguous::InOrder { repeats: false });
        for (local, utc) in [
            ("2021-11-07 01:00", "2021-11-07T05:00:00Z"),
            ("2021-11-07 01:59", "2021-11-07T05:59:00Z"),
            ("2021-11-07 01:00", "2021-11-07T06:00:00Z"),
            ("2021-11-07 01:59", "2021-11-07T06:59:00Z"),
            ("2021-11-07 02:00", "2021-11-07T07:00:00Z"),
        ] {
            assert_eq!(in_order.read(local.as_bytes()), read(utc), "{local}");
        }
        assert!("Mars/Olympus".parse::<Zone>().is_err());
        assert_eq!(
            StampReader::in_zone("+05:30".parse().expect("a zone"), Ambiguous::Refuse).day(15_796),
            read("2013-04-01T00:00:00+05:30")
        );
    }

    #[test]
    fn what_is_no_stamp_is_refused() {
        for bad in [
            "",
            "yesterday",
            "2021-13-01",
            "2021-02-30T00:00:00Z",
            "1969-12-31",
            "2021-01-01T25:00:00Z",
            "-5",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
