//! Exact decimal sums. `Decimal` addition drops digits silently when 28 are not enough; here that is an error.

use rust_decimal::Decimal;

use crate::num::{NumberError, Rounding};

/// Most decimals of an amount of money; leaves 16 digits before the point.
pub const MONEY_DECIMALS: u32 = 12;

/// 10^0 to 10^28.
const POWERS: [i128; 29] = {
    let mut powers = [1i128; 29];
    let mut n = 1;
    while n < powers.len() {
        powers[n] = powers[n - 1] * 10;
        n += 1;
    }
    powers
};
/// What a decimal's 96 bits hold.
const MANTISSA_MAX: i128 = (1 << 96) - 1;

/// A decimal of a mantissa that fits; `None` when it does not.
fn fitting(mantissa: i128, scale: u32) -> Option<Decimal> {
    let fits = (-MANTISSA_MAX..=MANTISSA_MAX).contains(&mantissa) && scale <= 28;
    fits.then(|| Decimal::from_i128_with_scale(mantissa, scale))
}

/// A mantissa at a scale longer by `places`. One machine multiplication where both sides fit 64 bits.
fn raised(mantissa: i128, places: u32) -> Option<i128> {
    if places == 0 {
        return Some(mantissa);
    }
    let power = *POWERS.get(places as usize)?;
    match (i64::try_from(mantissa), i64::try_from(power)) {
        (Ok(mantissa), Ok(power)) => Some(i128::from(mantissa) * i128::from(power)),
        _ => mantissa.checked_mul(power),
    }
}

/// The sum at the longer scale in plain integers, where it fits: several times quicker than the general way.
fn quick_sum(a: Decimal, b: Decimal) -> Option<Decimal> {
    let (scale_a, scale_b) = (a.scale(), b.scale());
    let scale = scale_a.max(scale_b);
    let a = raised(a.mantissa(), scale - scale_a)?;
    let b = raised(b.mantissa(), scale - scale_b)?;
    fitting(a.checked_add(b)?, scale)
}

/// `a + b` without loss of digits.
///
/// # Errors
/// [`NumberError::Overflow`] where 28 digits cannot hold the sum.
pub fn add(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    let operation = "an exact sum";
    if a.is_zero() {
        return Ok(b);
    }
    if b.is_zero() {
        return Ok(a);
    }
    if let Some(sum) = quick_sum(a, b) {
        return Ok(sum);
    }
    let sum = a.checked_add(b).ok_or(NumberError::Overflow { operation })?;
    if sum.scale() < a.scale().max(b.scale()) {
        // Trailing zeros may have cost the digits: the same sum without them decides.
        let (a, b) = (a.normalize(), b.normalize());
        let sum = a.checked_add(b).ok_or(NumberError::Overflow { operation })?;
        let kept = sum.is_zero() || sum.scale() >= a.scale().max(b.scale());
        return if kept {
            Ok(sum)
        } else {
            Err(NumberError::Overflow { operation })
        };
    }
    Ok(sum)
}

/// `a − b` without loss of digits.
///
/// # Errors
/// As [`add`].
pub fn sub(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    add(a, -b)
}

/// An amount of money, without trailing zeros where it has too many decimals.
///
/// # Errors
/// [`NumberError::TooManyDecimals`] where more than [`MONEY_DECIMALS`] are needed.
pub fn money(amount: Decimal) -> Result<Decimal, NumberError> {
    if amount.scale() <= MONEY_DECIMALS {
        return Ok(amount);
    }
    let short = amount.normalize();
    if short.scale() <= MONEY_DECIMALS {
        return Ok(short);
    }
    Err(NumberError::TooManyDecimals {
        text: amount.to_string(),
        scale: MONEY_DECIMALS as u8,
    })
}

/// The same value without trailing zeros; quick for amounts that fit 64 bits, which nearly all do.
#[must_use]
pub fn trim(amount: Decimal) -> Decimal {
    let mut scale = amount.scale();
    let Ok(mut mantissa) = i64::try_from(amount.mantissa()) else {
        return amount.normalize();
    };
    if mantissa == 0 {
        return Decimal::ZERO;
    }
    while scale > 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale -= 1;
    }
    Decimal::new(mantissa, scale)
}

/// The named rounding of the ledger: half even to [`MONEY_DECIMALS`], where a fill is valued and nowhere else.
#[must_use]
pub fn round_money(amount: Decimal) -> Decimal {
    if amount.scale() <= MONEY_DECIMALS {
        return amount;
    }
    Rounding::HalfEven.to_decimals(amount, MONEY_DECIMALS).normalize()
}

/// `a × b` in plain integers where it fits, else the general way, which may round.
fn product(a: Decimal, b: Decimal) -> Option<Decimal> {
    let quick = || {
        let (left, right) = (a.mantissa(), b.mantissa());
        let mantissa = match (i64::try_from(left), i64::try_from(right)) {
            (Ok(left), Ok(right)) => i128::from(left) * i128::from(right),
            _ => left.checked_mul(right)?,
        };
        fitting(mantissa, a.scale() + b.scale())
    };
    quick().or_else(|| a.checked_mul(b))
}

/// Whether `part ≤ limit × whole`, where plain integers can tell; `false` also where they cannot. For a `whole` above
/// zero it is what `part / whole ≤ limit` asks, without the division, which takes ten times as long.
#[must_use]
pub fn surely_at_most(part: Decimal, whole: Decimal, limit: Decimal) -> bool {
    let most = || {
        let (limit_mantissa, whole_mantissa) = (
            i64::try_from(limit.mantissa()).ok()?,
            i64::try_from(whole.mantissa()).ok()?,
        );
        let mantissa = i128::from(limit_mantissa) * i128::from(whole_mantissa);
        let (ours, theirs) = (limit.scale() + whole.scale(), part.scale());
        let scale = ours.max(theirs);
        let most = raised(mantissa, scale - ours)?;
        Some(raised(part.mantissa(), scale - theirs)? <= most)
    };
    most().unwrap_or(false)
}

/// `quantity × price × multiplier`, rounded as money.
///
/// # Errors
/// [`NumberError::Overflow`] where 28 digits cannot hold the product.
pub fn value(quantity: Decimal, price: Decimal, multiplier: Decimal) -> Result<Decimal, NumberError> {
    let value = match multiplier == Decimal::ONE {
        true => product(quantity, price),
        false => product(quantity, price).and_then(|v| product(v, multiplier)),
    };
    value.map(round_money).ok_or(NumberError::Overflow {
        operation: "quantity × price × multiplier",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::parse_decimal;

    fn dec(text: &str) -> Decimal {
        parse_decimal(text).expect("a decimal")
    }

    #[test]
    fn a_sum_that_would_drop_digits_is_refused() {
        let large = dec("123456789012345678");
        assert!(add(large, dec("0.000000000001")).is_err());
        assert_eq!(add(dec("1.10"), dec("-1.1")), Ok(dec("0.00")));
        assert_eq!(add(dec("1.5"), dec("0.000000000001")), Ok(dec("1.500000000001")));
    }

    #[test]
    fn trailing_zeros_cost_no_digits() {
        let padded = Decimal::from_i128_with_scale(1_000_000_000_000, 12);
        assert_eq!(
            add(dec("12345678901234567890123456"), padded),
            Ok(dec("12345678901234567890123457"))
        );
    }

    #[test]
    fn quick_sums_and_products_are_those_of_the_general_way() {
        let texts = [
            "0",
            "1.5",
            "-0.000000000001",
            "79228162514264337593543950335",
            "-3.10",
            "123456789.123456789",
        ];
        for (a, b) in texts
            .iter()
            .flat_map(|a| texts.iter().map(move |b| (dec(a), dec(b))))
        {
            if let Some(sum) = quick_sum(a, b) {
                assert_eq!(Some(sum), a.checked_add(b), "{a} + {b}");
            }
            assert_eq!(product(a, b), a.checked_mul(b), "{a} × {b}");
        }
    }

    #[test]
    fn a_share_is_judged_as_by_its_division() {
        let texts = [
            "0",
            "0.2",
            "0.05",
            "1",
            "-0.5",
            "20000.000000000001",
            "3999.9999",
            "4000.000000000001",
            "4000",
            "100000",
        ];
        for part in texts.map(dec) {
            for whole in texts.map(dec).into_iter().filter(|w| *w > Decimal::ZERO) {
                for limit in texts.map(dec) {
                    let by_product = limit.checked_mul(whole).is_some_and(|most| part <= most);
                    // What it lets pass the division lets pass, too; so does the gate's ratio with both sides negated.
                    let share = part.checked_div(whole).expect("not by zero");
                    assert!(
                        !by_product || share <= limit,
                        "{part} / {whole} = {share}, {limit}"
                    );
                    assert_eq!(
                        surely_at_most(part, whole, limit),
                        by_product,
                        "{part} / {whole} ≤ {limit}"
                    );
                }
            }
        }
        let wide = dec("79228162514264337593543950335");
        assert!(!surely_at_most(dec("1"), wide, dec("1")));
    }

    #[test]
    fn trimming_takes_trailing_zeros_and_nothing_else() {
        for text in [
            "1.500",
            "-20.00",
            "0.00",
            "100",
            "0.000000000001",
            "12345678901234567890.1200",
        ] {
            assert_eq!(trim(dec(text)), dec(text));
            assert_eq!(trim(dec(text)).scale(), dec(text).normalize().scale(), "{text}");
        }
    }

    #[test]
    fn money_has_at_most_twelve_decimals() {
        assert!(money(dec("0.0000000000001")).is_err());
        assert_eq!(money(dec("0.1000000000000000")), Ok(dec("0.1")));
        assert_eq!(
            value(dec("0.0000001"), dec("0.0000015"), Decimal::ONE),
            Ok(Decimal::ZERO)
        );
        assert_eq!(
            value(dec("0.000001"), dec("0.0000015"), Decimal::ONE),
            Ok(dec("0.000000000002"))
        );
    }
}
