//! Time stamps of data files: RFC 3339, a date, or a number since the epoch whose unit its size tells.
//!
//! | digits before the point | unit |
//! | --- | --- |
//! | below 10¹¹ | seconds |
//! | below 10¹⁴ | milliseconds |
//! | below 10¹⁷ | microseconds |
//! | above | nanoseconds |

use tradewind_types::UnixNanos;
use tradewind_types::time::{DAY_NS, SECOND_NS};

/// Reads stamps; remembers the last date, which nearly always is the next one's too.
#[derive(Debug, Clone, Default)]
pub(crate) struct StampReader {
    /// What local stamps (a date, or a time without zone) are ahead of UTC, in seconds.
    pub(crate) utc_offset_s: i64,
    date: [u8; 10],
    midnight_s: i64,
}

impl StampReader {
    pub(crate) fn new(utc_offset_s: i64) -> Self {
        Self {
            utc_offset_s,
            ..Self::default()
        }
    }

    /// The instant that a field names.
    #[inline]
    pub(crate) fn read(&mut self, field: &[u8]) -> Result<u64, String> {
        let found = if field.len() > 5 && field[4] == b'-' {
            self.civil(field)
        } else {
            epoch(field)
        };
        found.ok_or(()).or_else(|()| slow(field))
    }

    /// `2020-01-02`, and with `T` or a space `09:15:00[.5][Z|+05:30]`.
    fn civil(&mut self, field: &[u8]) -> Option<u64> {
        let date: [u8; 10] = field.get(..10)?.try_into().ok()?;
        if date != self.date {
            self.midnight_s = midnight(&date)?;
            self.date = date;
        }
        let Some((mark, rest)) = field[10..].split_first() else {
            return to_nanos(self.midnight_s - self.utc_offset_s, 0);
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
        let offset_s = match zone {
            b"Z" | b"z" => 0,
            b"" => self.utc_offset_s,
            [sign @ (b'+' | b'-'), offset @ ..] => {
                let (h, m) = match offset.len() {
                    2 => (two(offset, 0)?, 0),
                    4 => (two(offset, 0)?, two(offset, 2)?),
                    5 if offset[2] == b':' => (two(offset, 0)?, two(offset, 3)?),
                    _ => return None,
                };
                let offset_s = h * 3_600 + m * 60;
                if *sign == b'-' { -offset_s } else { offset_s }
            }
            _ => return None,
        };
        let secs = self.midnight_s + hours * 3_600 + minutes * 60 + seconds - offset_s;
        to_nanos(secs, nanos)
    }
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
