//! A trade split over strategies: parts that sum to the whole, to the last digit.

use rust_decimal::Decimal;
use tradewind_types::Rounding;
use tradewind_types::num::NumberError;

use crate::error::LedgerError;
use tradewind_types::exact::{MONEY_DECIMALS, add, sub, trim};

/// Splits `whole` in proportion to `shares`, each part rounded towards zero to `decimals` (at most 12); what rounding
/// leaves goes to the largest share, of equal ones the first. The parts sum to `whole` exactly.
///
/// # Errors
/// [`LedgerError::BadTerms`] for no shares, a share below zero or shares that sum to zero; figures that do not fit.
pub fn allocate(whole: Decimal, shares: &[Decimal], decimals: u32) -> Result<Vec<Decimal>, LedgerError> {
    let bad = |message: &str| LedgerError::BadTerms {
        field: "parts",
        message: message.to_owned(),
    };
    if shares.iter().any(|s| s.is_sign_negative() && !s.is_zero()) {
        return Err(bad("no share may be below 0"));
    }
    let of = shares.iter().copied().try_fold(Decimal::ZERO, add)?;
    if of.is_zero() {
        return Err(bad("the shares must sum to more than 0"));
    }
    let (mut parts, mut given) = (Vec::with_capacity(shares.len()), Decimal::ZERO);
    for share in shares {
        let part = whole.checked_mul(*share).and_then(|v| v.checked_div(of));
        let part = part.ok_or(NumberError::Overflow {
            operation: "a share in proportion",
        })?;
        let part = trim(Rounding::Down.to_decimals(part, decimals.min(MONEY_DECIMALS)));
        given = add(given, part)?;
        parts.push(part);
    }
    let largest = (0..shares.len()).rev().max_by_key(|i| shares[*i]);
    if let Some(largest) = largest {
        parts[largest] = add(parts[largest], sub(whole, given)?)?;
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradewind_types::num::parse_decimal;

    #[test]
    fn what_rounding_leaves_goes_to_the_largest_share() {
        let d = |t: &str| parse_decimal(t).expect("a decimal");
        let parts = allocate(d("10"), &[d("1"), d("1"), d("1")], 2).expect("splits");
        assert_eq!(parts, [d("3.34"), d("3.33"), d("3.33")]);
        let parts = allocate(d("-1"), &[d("0.5"), d("2"), d("0")], 0).expect("splits");
        assert_eq!(parts, [d("0"), d("-1"), d("0")]);
        assert!(allocate(d("1"), &[], 2).is_err());
        assert!(allocate(d("1"), &[d("-1"), d("2")], 2).is_err());
    }
}
