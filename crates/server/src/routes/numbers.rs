//! Decimals in requests.

use tradewind_types::Decimal;
use tradewind_types::num::parse_decimal;

use crate::problem::{ApiError, ApiResult};

/// Reads a decimal exactly.
///
/// # Errors
/// A field error: `NOT_A_DECIMAL` for `NaN`, `1e40`, `12,5` or what has more digits than a decimal holds.
pub(super) fn decimal(field: &str, text: &str) -> ApiResult<Decimal> {
    parse_decimal(text).map_err(|error| ApiError::field(field, "NOT_A_DECIMAL", error.to_string()))
}
