//! Times as venues write them: RFC 3339, and Unix seconds with decimals.

use tradewind_types::UnixNanos;
use tradewind_types::time::SECOND_NS;

use crate::error::{DecodeError, cut};

/// Reads `2021-04-17T16:43:37.075687Z`; other RFC 3339 spellings go the long way.
pub(crate) fn rfc3339(text: &str, field: &'static str) -> Result<UnixNanos, DecodeError> {
    if let Some(ts) = rfc3339_utc(text.as_bytes()) {
        return Ok(ts);
    }
    // Some messages separate date and time by a blank, and jiff reads both.
    text.parse().map_err(|_| DecodeError::BadValue {
        field,
        expected: "an RFC 3339 time after 1970",
        text: cut(text),
    })
}

/// The usual spelling, in UTC with `Z` and 0 to 9 decimals.
#[inline]
pub(crate) fn rfc3339_utc(raw: &[u8]) -> Option<UnixNanos> {
    let (head, tail) = raw.split_first_chunk::<19>()?;
    let separators = [head[4], head[7], head[10], head[13], head[16]];
    if separators != *b"--T::" {
        return None;
    }
    let year = two(head[0], head[1])? * 100 + two(head[2], head[3])?;
    let (month, day) = (two(head[5], head[6])?, two(head[8], head[9])?);
    let (hour, minute, second) = (
        two(head[11], head[12])?,
        two(head[14], head[15])?,
        two(head[17], head[18])?,
    );
    let clock_ok = hour < 24 && minute < 60 && second < 60;
    // Days after the 28th and odd months are checked by the long way.
    if !clock_ok || !(1970..2500).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    if day > days_in_month(year, month) {
        return None;
    }
    let nanos = match tail {
        [b'Z'] => 0,
        [b'.', digits @ .., b'Z'] => fraction_nanos(digits)?,
        _ => return None,
    };
    let secs = days_since_epoch(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    Some(UnixNanos(secs * SECOND_NS + nanos))
}

/// Reads Unix seconds with up to 9 decimals, `1618678133.365913`.
#[inline]
pub(crate) fn unix_seconds(raw: &[u8]) -> Option<UnixNanos> {
    let dot = raw.iter().position(|b| *b == b'.').unwrap_or(raw.len());
    let (whole, fraction) = raw.split_at(dot);
    if whole.is_empty() || whole.len() > 10 {
        return None;
    }
    let secs = digits_value(whole)?;
    let nanos = match fraction {
        [] => 0,
        [_, digits @ ..] => fraction_nanos(digits)?,
    };
    Some(UnixNanos(secs * SECOND_NS + nanos))
}

/// As [`unix_seconds`], with an error.
pub(crate) fn unix_seconds_text(text: &str, field: &'static str) -> Result<UnixNanos, DecodeError> {
    unix_seconds(text.as_bytes()).ok_or_else(|| DecodeError::BadValue {
        field,
        expected: "Unix seconds with decimals",
        text: cut(text),
    })
}

fn two(tens: u8, ones: u8) -> Option<u64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| u64::from(tens) * 10 + u64::from(ones))
}

fn digits_value(digits: &[u8]) -> Option<u64> {
    let mut value = 0u64;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u64::from(digit);
    }
    Some(value)
}

/// Up to 9 digits after the point as nanoseconds.
fn fraction_nanos(digits: &[u8]) -> Option<u64> {
    const UNIT: [u64; 10] = [
        1_000_000_000,
        100_000_000,
        10_000_000,
        1_000_000,
        100_000,
        10_000,
        1_000,
        100,
        10,
        1,
    ];
    let unit = UNIT.get(digits.len()).filter(|_| !digits.is_empty())?;
    Some(digits_value(digits)? * unit)
}

fn days_in_month(year: u64, month: u64) -> u64 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar, counting years from March so that leap days come last.
fn days_since_epoch(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_short_way_agrees_with_the_calendar_library_on_every_day_of_a_century() {
        for day in 0..36_525u64 {
            let ts = UnixNanos::from_secs(day * 86_400 + 45_296).plus(day * 1000);
            let text = ts.to_rfc3339();
            assert_eq!(rfc3339_utc(text.as_bytes()), Some(ts), "{text}");
        }
    }

    #[test]
    fn days_that_do_not_exist_are_refused_both_ways() {
        for text in [
            "2021-02-29T00:00:00Z",
            "2021-13-01T00:00:00Z",
            "2021-04-31T00:00:00Z",
            "2021-04-17",
            "",
            "1969-12-31T23:59:59Z",
        ] {
            assert!(rfc3339(text, "time").is_err(), "{text}");
        }
    }

    #[test]
    fn other_spellings_are_read_too() {
        let want = rfc3339("2026-04-07T14:30:10Z", "t");
        assert!(want.is_ok());
        assert_eq!(rfc3339("2026-04-07T16:30:10+02:00", "t"), want);
        assert_eq!(rfc3339("2026-04-07 14:30:10.000000000+00:00", "t"), want);
    }

    #[test]
    fn unix_seconds_keep_their_decimals() {
        assert_eq!(
            unix_seconds(b"1618678133.365913"),
            Some(UnixNanos(1_618_678_133_365_913_000))
        );
        assert_eq!(
            unix_seconds(b"1618678133"),
            Some(UnixNanos(1_618_678_133_000_000_000))
        );
        for bad in ["", ".5", "1.", "x", "1618678133.1234567890", "99999999999", "-1"] {
            assert_eq!(unix_seconds(bad.as_bytes()), None, "{bad}");
        }
    }
}
