//! Text to mantissas, exactly: `123.45` at scale 2 is 12345. The quick path reads plain digits; everything else
//! (exponents, spaces, more than 18 digits) goes through the program's one decimal parser.

use tradewind_types::num::{Rounding, parse_decimal};
use tradewind_types::{Decimal, PriceMantissa, SizeMantissa};

/// What to do with a figure that has more decimals than the instrument's scale.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ExtraDecimals {
    /// It is an error, with its line.
    #[default]
    Refuse,
    /// It is rounded half to even; the result says so.
    Round,
}

/// Powers of ten.
pub const POWERS: [u64; 19] = {
    let mut powers = [1u64; 19];
    let mut at = 1;
    while at < 19 {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// Decimals that a figure is written with, trailing zeros not counted; `None` where it is no plain figure.
#[must_use]
pub fn decimals(field: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(field).ok()?.trim();
    let value = parse_decimal(text).ok()?;
    u8::try_from(value.normalize().scale()).ok()
}

/// Digits that a plain figure may have before its sum could overflow 64 bits.
const PLAIN_DIGITS_MAX: usize = 18;

/// One field's figure at a scale.
///
/// # Errors
/// What is wrong with it, and what would be right.
#[inline]
pub fn mantissa(field: &[u8], scale: u8, extra: ExtraDecimals) -> Result<i128, String> {
    plain(field, scale).map_or_else(|| slow(field, scale, extra), |value| Ok(i128::from(value)))
}

/// The figure as 64 bits, for prices.
///
/// # Errors
/// What is wrong with it, and what would be right.
#[inline]
pub fn price(field: &[u8], scale: u8, extra: ExtraDecimals) -> Result<i64, String> {
    if let Some(value) = plain(field, scale) {
        return Ok(value);
    }
    let value = slow(field, scale, extra)?;
    i64::try_from(value).map_err(|_| format!("`{}` is too large for a price", shown(field)))
}

/// Digits, an optional sign in front, an optional point inside; `None` when it is anything else.
#[inline]
fn plain(field: &[u8], scale: u8) -> Option<i64> {
    let (negative, digits) = match field.first()? {
        b'-' => (true, &field[1..]),
        _ => (false, field),
    };
    if digits.is_empty() || digits.len() > PLAIN_DIGITS_MAX {
        return None;
    }
    let (mut value, mut point) = (0u64, None);
    for (at, byte) in digits.iter().enumerate() {
        match byte {
            b'0'..=b'9' => value = value * 10 + u64::from(byte - b'0'),
            b'.' if point.is_none() => point = Some(at),
            _ => return None,
        }
    }
    let decimals = point.map_or(0, |at| digits.len() - 1 - at);
    if digits.len() == usize::from(point.is_some()) {
        return None;
    }
    let scale = usize::from(scale);
    let value = if decimals <= scale {
        value.checked_mul(*POWERS.get(scale - decimals)?)?
    } else {
        let power = POWERS.get(decimals - scale)?;
        if value % power != 0 {
            return None;
        }
        value / power
    };
    let value = i64::try_from(value).ok()?;
    Some(if negative { -value } else { value })
}

fn slow(field: &[u8], scale: u8, extra: ExtraDecimals) -> Result<i128, String> {
    let text = std::str::from_utf8(field).unwrap_or("").trim();
    if text.is_empty() {
        return Err("the cell is empty".to_owned());
    }
    let value = parse_decimal(text).map_err(|e| e.to_string())?;
    of_decimal(value, scale, extra)
}

/// A decimal at a scale.
///
/// # Errors
/// When it has more decimals and they are not to be rounded away.
pub fn of_decimal(value: Decimal, scale: u8, extra: ExtraDecimals) -> Result<i128, String> {
    let value = match extra {
        ExtraDecimals::Refuse => value,
        ExtraDecimals::Round => Rounding::HalfEven.to_decimals(value, u32::from(scale)),
    };
    SizeMantissa::from_decimal(value, scale)
        .map(|m| m.0)
        .map_err(|_| more_decimals(&value.normalize().to_string(), scale))
}

fn more_decimals(value: &str, scale: u8) -> String {
    format!(
        "`{value}` has more decimals than the {scale} that the instrument has; set its `price_scale` or `size_scale` \
         higher, or `extra_decimals = \"round\"` for the data"
    )
}

/// An integer at a scale as people write it.
fn written(value: i128, scale: u32) -> String {
    let scale = scale as usize;
    let digits = format!("{:0>width$}", value.unsigned_abs(), width = scale + 1);
    let (whole, rest) = digits.split_at(digits.len() - scale);
    let sign = if value < 0 { "-" } else { "" };
    match rest.trim_end_matches('0') {
        "" => format!("{sign}{whole}"),
        rest => format!("{sign}{whole}.{rest}"),
    }
}

/// An integer at one scale brought to another: exact, whatever its size, or an error.
///
/// # Errors
/// When it has more decimals and they are not to be rounded away, or does not fit 128 bits.
pub fn rescale(value: i128, from: u32, scale: u8, extra: ExtraDecimals) -> Result<i128, String> {
    let too_large = || format!("`{}` does not fit", written(value, from));
    let to = u32::from(scale);
    let Some(dropped) = from.checked_sub(to).filter(|by| *by > 0) else {
        let power = 10i128.checked_pow(to - from).ok_or_else(too_large)?;
        return value.checked_mul(power).ok_or_else(too_large);
    };
    // A power that is beyond 128 bits is more than twice any figure, which rounds to nothing.
    let (whole, rest, half) = match 10i128.checked_pow(dropped) {
        Some(power) => (value / power, value % power, power.unsigned_abs() / 2),
        None => (0, value, u128::MAX),
    };
    if rest == 0 {
        return Ok(whole);
    }
    if extra == ExtraDecimals::Refuse {
        return Err(more_decimals(&written(value, from), scale));
    }
    let up = rest.unsigned_abs() > half || rest.unsigned_abs() == half && whole % 2 != 0;
    Ok(whole + if up { rest.signum() } else { 0 })
}

/// Decimals of an integer at a scale, trailing zeros not counted.
#[must_use]
pub fn decimals_of(mut value: i128, mut scale: u32) -> u32 {
    while scale > 0 && value % 10 == 0 {
        value /= 10;
        scale -= 1;
    }
    scale
}

/// A binary figure from a file. What was meant is the shortest decimal that reads as the same figure; where a sum or
/// product left a last digit or two behind it, the decimal at the scale that is [`NEAR_ULPS`] of its last binary places
/// away is what was meant.
///
/// # Errors
/// When it is not finite, or means more decimals than the scale has and they are not to be rounded away.
pub fn of_f64(value: f64, scale: u8, extra: ExtraDecimals) -> Result<i128, String> {
    if !value.is_finite() {
        return Err(format!("{value} is not a number"));
    }
    let scaled = value * 10f64.powi(i32::from(scale));
    let nearest = scaled.round();
    let tolerance = (scaled.abs() * NEAR_ULPS * f64::EPSILON).min(NEAR_MAX);
    if nearest.abs() < EXACT_END && (scaled - nearest).abs() <= tolerance {
        return Ok(nearest as i128);
    }
    let meant = parse_decimal(&value.to_string()).map_err(|e| e.to_string())?;
    of_decimal(meant, scale, extra)
}

/// Decimals that a binary figure means, at most `most`; `None` where it means more.
#[must_use]
pub fn decimals_of_f64(value: f64, most: u8) -> Option<u8> {
    (0..=most).find(|scale| of_f64(value, *scale, ExtraDecimals::Refuse).is_ok())
}

/// Units in the last place by which arithmetic may have missed the decimal that was meant.
const NEAR_ULPS: f64 = 4.0;
/// And never more than this of the last decimal: beyond, a further decimal would be told apart.
const NEAR_MAX: f64 = 1e-4;
/// Whole figures from here on are not all there as binary ones (2⁵³).
const EXACT_END: f64 = 9_007_199_254_740_992.0;

/// A mantissa as a price.
///
/// # Errors
/// When it does not fit 64 bits.
pub fn as_price(value: i128) -> Result<PriceMantissa, String> {
    i64::try_from(value)
        .map(PriceMantissa)
        .map_err(|_| format!("{value} is too large for a price"))
}

/// A field for an error message, cut to 64 characters.
#[must_use]
pub fn shown(field: &[u8]) -> String {
    String::from_utf8_lossy(field).chars().take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_figures_come_out_at_the_scale() {
        let read = |text: &str, scale| mantissa(text.as_bytes(), scale, ExtraDecimals::Refuse);
        assert_eq!(read("123.45", 2), Ok(12345));
        assert_eq!(read("123.4", 2), Ok(12340));
        assert_eq!(read("123", 2), Ok(12300));
        assert_eq!(read("123.4500", 2), Ok(12345));
        assert_eq!(read("-0.5", 2), Ok(-50));
        assert_eq!(read(".5", 2), Ok(50));
        assert_eq!(read("5.", 2), Ok(500));
        assert_eq!(read("1.5e-3", 4), Ok(15));
        assert_eq!(read(" 7 ", 0), Ok(7));
        assert_eq!(read("1234567890123456789", 0), Ok(1_234_567_890_123_456_789));
        assert_eq!(read("1.000000000000000001", 18), Ok(1_000_000_000_000_000_001));
    }

    #[test]
    fn what_is_no_figure_or_does_not_fit_is_refused() {
        for bad in ["", ".", "-", "1.2.3", "12a", "NaN", "1,5", "--1"] {
            assert!(
                mantissa(bad.as_bytes(), 2, ExtraDecimals::Refuse).is_err(),
                "{bad}"
            );
        }
        assert!(mantissa(b"1.234", 2, ExtraDecimals::Refuse).is_err());
        assert_eq!(mantissa(b"1.235", 2, ExtraDecimals::Round), Ok(124));
        assert_eq!(mantissa(b"1.225", 2, ExtraDecimals::Round), Ok(122));
        assert!(price(b"99999999999999999999", 0, ExtraDecimals::Refuse).is_err());
    }

    #[test]
    fn binary_figures_are_what_was_meant_or_refused() {
        assert_eq!(of_f64(0.1 + 0.2, 2, ExtraDecimals::Refuse), Ok(30));
        assert_eq!(of_f64(97.31, 2, ExtraDecimals::Refuse), Ok(9731));
        assert!(of_f64(97.315, 2, ExtraDecimals::Refuse).is_err());
        assert_eq!(of_f64(97.316, 2, ExtraDecimals::Round), Ok(9732));
        assert_eq!(of_f64(0.125, 2, ExtraDecimals::Round), Ok(12));
        assert_eq!(
            of_f64(1e15 + 0.5, 0, ExtraDecimals::Round),
            Ok(1_000_000_000_000_000)
        );
        assert!(of_f64(f64::NAN, 2, ExtraDecimals::Round).is_err());
    }

    #[test]
    fn decimals_of_large_binary_figures_are_not_rounded_away() {
        for (value, scale) in [
            (12_345_678_901.25, 0),
            (98_765_432.109, 2),
            (1e15 + 0.125, 0),
            (123_456_789_012.001, 2),
        ] {
            let refused = of_f64(value, scale, ExtraDecimals::Refuse);
            assert!(refused.is_err_and(|why| why.contains("more decimals")), "{value}");
        }
        assert_eq!(
            of_f64(12_345_678_901.25, 2, ExtraDecimals::Refuse),
            Ok(1_234_567_890_125)
        );
        assert_eq!(of_f64(1e22, 0, ExtraDecimals::Refuse), Ok(10_i128.pow(22)));
        assert_eq!(decimals_of_f64(98_765_432.109, 18), Some(3));
        assert_eq!(decimals_of_f64(0.1 + 0.2, 18), Some(1));
        assert_eq!(decimals_of_f64(1.0 / 3.0, 9), None);
    }

    #[test]
    fn integers_are_brought_to_another_scale_exactly_whatever_their_size() {
        let wide = 123_456_789_012_345_678_901_234_567_890_123_456_i128;
        let refuse = |value, from, to| rescale(value, from, to, ExtraDecimals::Refuse);
        assert_eq!(refuse(wide, 30, 30), Ok(wide));
        assert_eq!(refuse(wide * 100, 32, 30), Ok(wide));
        assert_eq!(refuse(wide, 30, 31), Ok(wide * 10));
        assert!(refuse(wide, 30, 36).is_err_and(|why| why.contains("does not fit")));
        assert!(refuse(-105, 2, 1).is_err_and(|why| why.contains("`-1.05` has more decimals")));
        let round = |value, from, to| rescale(value, from, to, ExtraDecimals::Round);
        assert_eq!(
            [
                round(25, 1, 0),
                round(35, 1, 0),
                round(-25, 1, 0),
                round(-26, 1, 0)
            ],
            [Ok(2), Ok(4), Ok(-2), Ok(-3)]
        );
        assert_eq!(round(i128::MAX, 60, 0), Ok(0));
        assert_eq!(decimals_of(-1_500, 4), 2);
    }
}
