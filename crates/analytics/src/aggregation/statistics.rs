//! Checked decimal arithmetic and medians.

use tradewind_types::Decimal;
use tradewind_types::num::NumberError;

fn fits(result: Option<Decimal>) -> Result<Decimal, NumberError> {
    let operation = "price aggregation";
    result.ok_or(NumberError::Overflow { operation })
}

pub(super) fn add(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    fits(a.checked_add(b))
}

pub(super) fn sub(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    fits(a.checked_sub(b))
}

pub(super) fn mul(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    fits(a.checked_mul(b))
}

/// `a / b`; `b` is not 0.
pub(super) fn div(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    fits(a.checked_div(b))
}

/// The middle value, or the mean of the two middle ones; `None` of nothing.
pub(super) fn median(values: &[Decimal]) -> Result<Option<Decimal>, NumberError> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let half = sorted.len() / 2;
    match (sorted.get(half), sorted.len() % 2) {
        (None, _) => Ok(None),
        (Some(upper), 0) => div(add(sorted[half - 1], *upper)?, Decimal::TWO).map(Some),
        (Some(middle), _) => Ok(Some(*middle)),
    }
}

/// Distances from `middle`.
pub(super) fn deviations(values: &[Decimal], middle: Decimal) -> Result<Vec<Decimal>, NumberError> {
    values.iter().map(|v| sub(*v, middle).map(|d| d.abs())).collect()
}
