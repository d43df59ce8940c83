//! Decimal numbers as venues write them, read exactly: no float ever touches a price.
//!
//! The grammar is that of JSON numbers, inside strings too, so that `1e-8` is read and `NaN`, `+1`, `.5` or
//! `007` are not. The written decimals are kept, because Kraken's checksums are over the text.

use crate::error::{DecodeError, cut};

/// An exact decimal: `mantissa × 10^-decimals`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Num {
    /// All digits, trailing zeros as written.
    pub(crate) mantissa: i128,
    /// Decimals as written; 0 or more.
    pub(crate) decimals: u8,
}

/// Powers of ten that fit an `i128`.
pub(crate) const POW10_WIDE: [i128; 39] = {
    let mut powers = [1i128; 39];
    let mut i = 1;
    while i < 39 {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// Most decimals that are held.
const DECIMALS_MAX: i64 = 38;

impl Num {
    /// Reads a number.
    pub(crate) fn parse(text: &str, field: &'static str) -> Result<Num, DecodeError> {
        let bad = || {
            let bare = text.trim_start_matches(['-', '+']).to_ascii_lowercase();
            let text = cut(text);
            match bare.as_str() {
                "nan" | "inf" | "infinity" => DecodeError::NotFinite { field, text },
                _ => DecodeError::NotANumber { field, text },
            }
        };
        let too_large = || DecodeError::DoesNotFit {
            field,
            text: cut(text),
        };
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (plain, exponent) = match rest.split_once(['e', 'E']) {
            Some((plain, exponent)) => (plain, parse_exponent(exponent).ok_or_else(bad)?),
            None => (rest, 0),
        };
        let (whole, fraction) = match plain.split_once('.') {
            Some((_, "")) => return Err(bad()),
            Some(parts) => parts,
            None => (plain, ""),
        };
        let leading_zero = whole.len() > 1 && whole.starts_with('0');
        if whole.is_empty()
            || leading_zero
            || !whole.bytes().chain(fraction.bytes()).all(|b| b.is_ascii_digit())
        {
            return Err(bad());
        }
        let mut mantissa = 0i128;
        for digit in whole.bytes().chain(fraction.bytes()) {
            let next = mantissa
                .checked_mul(10)
                .and_then(|m| m.checked_add(i128::from(digit - b'0')));
            mantissa = next.ok_or_else(too_large)?;
        }
        if negative {
            mantissa = -mantissa;
        }
        let decimals = i64::try_from(fraction.len()).map_err(|_| too_large())? - exponent;
        Num::normalised(mantissa, decimals).ok_or_else(too_large)
    }

    /// Brings the decimals into 0..=38 without losing a digit.
    fn normalised(mut mantissa: i128, mut decimals: i64) -> Option<Num> {
        if mantissa == 0 {
            decimals = decimals.clamp(0, DECIMALS_MAX);
        }
        while decimals > DECIMALS_MAX && mantissa % 10 == 0 {
            mantissa /= 10;
            decimals -= 1;
        }
        while decimals < 0 {
            mantissa = mantissa.checked_mul(10)?;
            decimals += 1;
        }
        let decimals = u8::try_from(decimals)
            .ok()
            .filter(|d| i64::from(*d) <= DECIMALS_MAX)?;
        Some(Num { mantissa, decimals })
    }

    /// The decimals that the value needs, without trailing zeros.
    pub(crate) fn decimals_needed(self) -> u8 {
        if self.mantissa == 0 {
            return 0;
        }
        let (mut mantissa, mut decimals) = (self.mantissa, self.decimals);
        while decimals > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            decimals -= 1;
        }
        decimals
    }

    /// The integer at `scale` decimals, if it is one and fits.
    pub(crate) fn at_scale(self, scale: u8) -> Option<i128> {
        if self.decimals == scale {
            return Some(self.mantissa);
        }
        let factor = *POW10_WIDE.get(usize::from(self.decimals.abs_diff(scale)))?;
        if self.decimals < scale {
            return self.mantissa.checked_mul(factor);
        }
        (self.mantissa % factor == 0).then(|| self.mantissa / factor)
    }

    /// The value as written, for error texts.
    pub(crate) fn text(self) -> String {
        let mut out = String::new();
        push_decimal(&mut out, self.mantissa, self.decimals);
        out
    }
}

/// Exponents with more digits than any number could use are refused by their size here.
fn parse_exponent(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: i64 = digits.parse().unwrap_or(i64::from(i32::MAX)).min(100_000);
    Some(if text.starts_with('-') { -value } else { value })
}

/// Writes `mantissa × 10^-decimals` with exactly that many decimals.
pub(crate) fn push_decimal(out: &mut String, mantissa: i128, decimals: u8) {
    let digits = mantissa.unsigned_abs().to_string();
    let decimals = usize::from(decimals);
    if mantissa < 0 {
        out.push('-');
    }
    if decimals == 0 {
        out.push_str(&digits);
        return;
    }
    let padded = format!("{digits:0>width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at(padded.len() - decimals);
    out.push_str(whole);
    out.push('.');
    out.push_str(fraction);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn num(text: &str) -> Result<(i128, u8), &'static str> {
        Num::parse(text, "x")
            .map(|n| (n.mantissa, n.decimals))
            .map_err(|e| e.kind())
    }

    #[test]
    fn numbers_are_read_exactly_with_the_decimals_as_written() {
        assert_eq!(num("0.10000000"), Ok((10_000_000, 8)));
        assert_eq!(num("45283.5"), Ok((452_835, 1)));
        assert_eq!(num("-0.5"), Ok((-5, 1)));
        assert_eq!(num("0.123456789012345678"), Ok((123_456_789_012_345_678, 18)));
        assert_eq!(num("0"), Ok((0, 0)));
    }

    #[test]
    fn scientific_notation_is_read() {
        assert_eq!(num("1e-8"), Ok((1, 8)));
        assert_eq!(num("1.5E+3"), Ok((1500, 0)));
        assert_eq!(num("2.50e1"), Ok((250, 1)));
        assert_eq!(num("0e-99"), Ok((0, 38)));
    }

    #[test]
    fn what_is_no_number_is_told_from_what_is_not_finite() {
        for text in ["NaN", "nan", "Infinity", "-inf", "+Infinity"] {
            assert_eq!(num(text), Err("not_finite"), "{text}");
        }
        for text in [
            "", "-", "+1", ".5", "5.", "007", "1_000", "1,5", "0x10", "1e", "1e+", " 1", "٣", "1.2.3",
        ] {
            assert_eq!(num(text), Err("not_a_number"), "{text}");
        }
        for text in [
            "1e40",
            "1e-40",
            "1e999999999999999999999",
            "1e-999999999999999999999",
        ] {
            assert_eq!(num(text), Err("does_not_fit"), "{text}");
        }
    }

    #[test]
    fn scaling_never_rounds() {
        let price = Num::parse("0.7900", "x").expect("a number");
        assert_eq!(
            (price.decimals_needed(), price.at_scale(2), price.at_scale(1)),
            (2, Some(79), None)
        );
        assert_eq!(price.at_scale(8), Some(79_000_000));
        assert_eq!(Num::parse("-12.050", "x").expect("a number").text(), "-12.050");
    }
}
