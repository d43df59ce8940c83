//! A zero-copy scanner for the hot messages, in the exact spelling that the venues use.
//!
//! Every step either succeeds or gives `None`, and `None` means: read this message the long way. The scanner
//! therefore never reports an error and never accepts anything that the long way would refuse.

use crate::number::Num;

/// A number as the scanner reads it: at most 18 digits, no sign, no exponent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Digits {
    /// All digits.
    pub(crate) mantissa: u64,
    /// How many stand after the point.
    pub(crate) decimals: u8,
}

/// Powers of ten that fit an `i64`.
pub(crate) const POW10: [i64; 19] = {
    let mut powers = [1i64; 19];
    let mut i = 1;
    while i < 19 {
        powers[i] = powers[i - 1] * 10;
        i += 1;
    }
    powers
};

/// A position in a message.
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Passes exactly this text.
    #[inline(always)]
    pub(crate) fn lit<const N: usize>(&mut self, text: &[u8; N]) -> Option<()> {
        let found: &[u8; N] = self.bytes.get(self.at..)?.first_chunk()?;
        (found == text).then(|| self.at += N)
    }

    /// Passes this text if it is there.
    #[inline(always)]
    pub(crate) fn skip<const N: usize>(&mut self, text: &[u8; N]) -> bool {
        self.lit(text).is_some()
    }

    /// The string up to the closing quote, which is passed; printable ASCII without escapes only.
    #[inline(always)]
    pub(crate) fn text(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        let mut len = 0;
        loop {
            match *rest.get(len)? {
                b'"' => break,
                b'\\' => return None,
                0x20..=0x7e => len += 1,
                _ => return None,
            }
        }
        self.at += len + 1;
        Some(&rest[..len])
    }

    /// A number in JSON's grammar, up to the first byte that does not belong to it.
    #[inline(always)]
    pub(crate) fn digits(&mut self) -> Option<Digits> {
        let rest = self.bytes.get(self.at..)?;
        let mut len = 0;
        let mut mantissa = 0u64;
        // 18 digits and the point; a longer number takes the long way.
        let mut point = None;
        while let Some(byte) = rest.get(len) {
            let digit = byte.wrapping_sub(b'0');
            if digit < 10 {
                mantissa = mantissa.wrapping_mul(10).wrapping_add(u64::from(digit));
            } else if *byte == b'.' && point.is_none() {
                point = Some(len);
            } else {
                break;
            }
            len += 1;
        }
        let whole = point.unwrap_or(len);
        let decimals = point.map_or(0, |p| len - p - 1);
        let leading_zero = whole > 1 && rest[0] == b'0';
        let exponent = matches!(rest.get(len), Some(b'e' | b'E'));
        if whole == 0 || len > 19 || (point.is_some() && decimals == 0) || leading_zero || exponent {
            return None;
        }
        if point.is_none() && len > 18 {
            return None;
        }
        self.at += len;
        Some(Digits {
            mantissa,
            decimals: decimals as u8,
        })
    }

    /// Whether the message ends here.
    #[inline(always)]
    pub(crate) fn end(&self) -> Option<()> {
        (self.at == self.bytes.len()).then_some(())
    }
}

impl From<Digits> for Num {
    #[inline]
    fn from(digits: Digits) -> Self {
        Num {
            mantissa: i128::from(digits.mantissa),
            decimals: digits.decimals,
        }
    }
}

impl Digits {
    /// The integer at `scale` decimals, if the number as written has no more than that and fits.
    #[inline(always)]
    pub(crate) fn at_scale(self, scale: u8) -> Option<i64> {
        let missing = scale.checked_sub(self.decimals)?;
        let value = i64::try_from(self.mantissa).ok()?;
        value.checked_mul(*POW10.get(usize::from(missing))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_scanned_number_is_the_number_that_the_long_way_reads(
            text in "(0|[1-9][0-9]{0,12}|[0-9]{1,20})(\\.[0-9]{0,12})?([eE][+-]?[0-9]{1,2})?",
            scale in 0u8..20,
        ) {
            let mut cursor = Cursor::new(text.as_bytes());
            if let Some(digits) = cursor.digits() {
                prop_assert!(cursor.end().is_some());
                let num = Num::parse(&text, "x").expect("what the scanner takes is a number");
                prop_assert_eq!((i128::from(digits.mantissa), digits.decimals), (num.mantissa, num.decimals));
                if let Some(scaled) = digits.at_scale(scale) {
                    prop_assert_eq!(Some(i128::from(scaled)), num.at_scale(scale));
                }
            }
        }
    }

    #[test]
    fn usual_numbers_take_the_short_way() {
        for text in ["0.00001306", "123456", "0", "0.0", "62000.50"] {
            let mut cursor = Cursor::new(text.as_bytes());
            assert!(cursor.digits().is_some() && cursor.end().is_some(), "{text}");
        }
        for text in ["-1", "01", "1e5", "1.", ".5", "", "1234567890123456789"] {
            let mut cursor = Cursor::new(text.as_bytes());
            assert!(cursor.digits().is_none(), "{text}");
        }
    }
}
