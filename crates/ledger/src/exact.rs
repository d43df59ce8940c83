//! Exact decimal sums. `Decimal` addition drops digits silently when 28 are not enough; here that is an error.

use rust_decimal::Decimal;
use tradewind_types::Rounding;
use tradewind_types::num::NumberError;

/// Most decimals of an amount of money; leaves 16 digits before the point.
pub const MONEY_DECIMALS: u32 = 12;

/// `a + b` without loss of digits.
pub(crate) fn add(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    let operation = "an exact sum";
    if a.is_zero() {
        return Ok(b);
    }
    if b.is_zero() {
        return Ok(a);
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
pub(crate) fn sub(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    add(a, -b)
}

/// Refuses an amount with more than [`MONEY_DECIMALS`] decimals.
pub(crate) fn money(amount: Decimal) -> Result<Decimal, NumberError> {
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
pub(crate) fn trim(amount: Decimal) -> Decimal {
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
pub(crate) fn round_money(amount: Decimal) -> Decimal {
    if amount.scale() <= MONEY_DECIMALS {
        return amount;
    }
    Rounding::HalfEven.to_decimals(amount, MONEY_DECIMALS).normalize()
}

/// `quantity × price × multiplier`, rounded as money.
pub(crate) fn value(quantity: Decimal, price: Decimal, multiplier: Decimal) -> Result<Decimal, NumberError> {
    let product = quantity
        .checked_mul(price)
        .and_then(|v| v.checked_mul(multiplier));
    product.map(round_money).ok_or(NumberError::Overflow {
        operation: "quantity × price × multiplier",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradewind_types::num::parse_decimal;

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
