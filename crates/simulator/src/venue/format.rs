//! How venues write numbers and times.

use std::fmt::Write as _;

use tradewind_types::{PriceMantissa, SizeMantissa, UnixNanos};

use crate::config::Grid;

/// An integer mantissa as a decimal with exactly `scale` decimals.
#[must_use]
pub fn fixed(mantissa: i128, scale: u8) -> String {
    let mut text = String::with_capacity(24);
    push_fixed(&mut text, mantissa, scale);
    text
}

/// Appends [`fixed`].
pub fn push_fixed(out: &mut String, mantissa: i128, scale: u8) {
    let digits = mantissa.unsigned_abs();
    if mantissa < 0 {
        out.push('-');
    }
    let unit = 10u128.pow(u32::from(scale));
    // Writing to a string cannot fail.
    let _ = match scale {
        0 => write!(out, "{digits}"),
        _ => write!(
            out,
            "{}.{:0width$}",
            digits / unit,
            digits % unit,
            width = usize::from(scale)
        ),
    };
}

impl Grid {
    /// A price as text.
    #[must_use]
    pub fn price(self, price: PriceMantissa) -> String {
        fixed(i128::from(price.0), self.price_scale)
    }

    /// A size as text.
    #[must_use]
    pub fn size(self, size: SizeMantissa) -> String {
        fixed(size.0, self.size_scale)
    }

    /// The smallest step of a scale, e.g. `0.01`.
    #[must_use]
    pub fn increment(scale: u8) -> String {
        fixed(1, scale)
    }
}

/// `change` of `last` against `open` in percent with `decimals` decimals.
#[must_use]
pub fn percent(open: PriceMantissa, last: PriceMantissa, decimals: u8) -> String {
    if open.0 == 0 {
        return fixed(0, decimals);
    }
    let unit = 10i128.pow(u32::from(decimals));
    fixed(
        i128::from(last.0 - open.0) * 100 * unit / i128::from(open.0),
        decimals,
    )
}

/// A moment moved by a clock's error.
#[must_use]
pub fn skewed(ts: UnixNanos, skew_ns: i64) -> UnixNanos {
    UnixNanos(ts.0.saturating_add_signed(skew_ns))
}

/// RFC 3339 with exactly `decimals` (0 to 9) decimals of the second.
#[must_use]
pub fn rfc3339(ts: UnixNanos, decimals: u8) -> String {
    let mut text = UnixNanos::from_secs(ts.as_secs()).to_rfc3339();
    if decimals > 0 {
        text.pop();
        let nanos = format!("{:09}", ts.0 % 1_000_000_000);
        text.push('.');
        text.push_str(&nanos[..usize::from(decimals.min(9))]);
        text.push('Z');
    }
    text
}

/// RFC 3339 to the microsecond.
#[must_use]
pub fn micros(ts: UnixNanos) -> String {
    rfc3339(ts, 6)
}

/// Nanoseconds as seconds with seven decimals, as Kraken's REST stamps trades.
#[must_use]
pub fn unix_seconds(ts: UnixNanos) -> String {
    fixed(i128::from(ts.0 / 100), 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_exactly_their_decimals() {
        assert_eq!(fixed(6_890_000, 2), "68900.00");
        assert_eq!(fixed(5, 8), "0.00000005");
        assert_eq!(fixed(-150, 1), "-15.0");
        assert_eq!(fixed(7, 0), "7");
        assert_eq!(percent(PriceMantissa(200), PriceMantissa(203), 2), "1.50");
    }

    #[test]
    fn times_have_exactly_their_decimals() {
        let ts = UnixNanos(1_775_572_200_123_456_789);
        assert_eq!(micros(ts), "2026-04-07T14:30:00.123456Z");
        assert_eq!(rfc3339(ts, 9), "2026-04-07T14:30:00.123456789Z");
        assert_eq!(rfc3339(ts, 0), "2026-04-07T14:30:00Z");
        assert_eq!(unix_seconds(ts), "1775572200.1234567");
        assert_eq!(micros(skewed(ts, -1_000_000_000)), "2026-04-07T14:29:59.123456Z");
    }
}
