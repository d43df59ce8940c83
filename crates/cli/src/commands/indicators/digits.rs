//! Figures with 17 significant digits, which give the same `f64` back, without zeros at the end.

use std::io::{self, Write};

/// Writes a finite figure: plain from 1e-5 up to below 1e17, else with an exponent.
pub(super) fn write(output: &mut impl Write, value: f64) -> io::Result<()> {
    // Most columns have whole numbers or zeros in places; a minus zero is a zero.
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return write!(output, "{}", value as i64);
    }
    let scientific = format!("{value:.16e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-5..17).contains(&exponent) {
        let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
        return write!(output, "{mantissa}e{exponent}");
    }
    // One digit stands before the point of the mantissa: of 17, `16 − exponent` come after the point.
    let decimals = usize::try_from(16 - exponent).unwrap_or(0);
    let plain = format!("{value:.decimals$}");
    let shown = if plain.contains('.') {
        plain.trim_end_matches('0').trim_end_matches('.')
    } else {
        &plain
    };
    output.write_all(shown.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(value: f64) -> String {
        let mut text = Vec::new();
        write(&mut text, value).expect("written");
        String::from_utf8(text).expect("text")
    }

    #[test]
    fn figures_have_seventeen_digits_and_no_zeros_at_the_end() {
        for (value, text) in [
            (0.1, "0.10000000000000001"),
            (97.36, "97.359999999999999"),
            (-0.0, "0"),
            (-100.0, "-100"),
            (0.5, "0.5"),
            (123_456.75, "123456.75"),
            (1e16, "10000000000000000"),
            (1.5e20, "1.5e20"),
            (2.5e-7, "2.4999999999999999e-7"),
            (1.0 / 3.0, "0.33333333333333331"),
        ] {
            assert_eq!(shown(value), text);
        }
    }

    #[test]
    fn figures_read_back_as_they_were() {
        let mut random = tradewind_types::SplitMix64::new(5);
        for _ in 0..20_000 {
            let value = f64::from_bits(random.next_u64());
            if value.is_finite() {
                assert_eq!(shown(value).parse(), Ok(value));
            }
        }
    }
}
