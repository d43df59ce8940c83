//! Values to column text and back: canonical decimals, names of enums, JSON for what has inner structure.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tradewind_types::Decimal;
use tradewind_types::num::{NumberError, canonical, parse_decimal};

use crate::StoreError;

/// A decimal as stored.
pub(crate) fn decimal(value: Decimal) -> String {
    canonical(value)
}

/// The name of an enum without fields, as in records and in the API.
pub(crate) fn name<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(text)) => text,
        // A value with fields would be a mistake of the caller; its JSON is at least not a lie.
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// A value as JSON text.
pub(crate) fn json<T: Serialize>(value: &T) -> String {
    // None of the domain's types has a map with keys that are not text, the only thing JSON refuses.
    serde_json::to_string(value).unwrap_or_default()
}

/// A stored decimal.
pub(crate) fn read_decimal(what: &'static str, text: &str) -> Result<Decimal, StoreError> {
    parse_decimal(text).map_err(|_| StoreError::corrupt(what, text))
}

/// A stored name, id or number with its own parser.
pub(crate) fn read<T: std::str::FromStr>(what: &'static str, text: &str) -> Result<T, StoreError> {
    text.parse().map_err(|_| StoreError::corrupt(what, text))
}

/// The same for a column that may be NULL.
pub(crate) fn read_opt<T: std::str::FromStr>(
    what: &'static str,
    text: Option<&str>,
) -> Result<Option<T>, StoreError> {
    text.map(|t| read(what, t)).transpose()
}

/// A stored enum without fields.
pub(crate) fn read_name<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_value(Value::String(text.to_owned())).map_err(|_| StoreError::corrupt(what, text))
}

/// Stored JSON.
pub(crate) fn read_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::corrupt(what, text))
}

/// A count or version as stored.
pub(crate) fn count(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A stored count or sequence.
pub(crate) fn read_count<T: TryFrom<i64>>(what: &'static str, value: i64) -> Result<T, StoreError> {
    T::try_from(value).map_err(|_| StoreError::corrupt(what, &value.to_string()))
}

/// `a + b` without loss of digits; what `Decimal` would round silently is an error.
pub(crate) fn add(a: Decimal, b: Decimal) -> Result<Decimal, NumberError> {
    let (a, b) = (a.normalize(), b.normalize());
    let overflow = NumberError::Overflow {
        operation: "an exact sum",
    };
    let sum = a.checked_add(b).ok_or(overflow.clone())?;
    // Addition keeps the longer scale unless 28 digits are not enough; then it has dropped some.
    let kept = sum.is_zero() || sum.scale() >= a.scale().max(b.scale());
    if kept { Ok(sum.normalize()) } else { Err(overflow) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_or_refused() {
        let d = |t: &str| parse_decimal(t).expect("decimal");
        assert_eq!(add(d("1.5"), d("0.5")), Ok(d("2")));
        assert_eq!(add(d("0.000000000001"), d("1")), Ok(d("1.000000000001")));
        assert!(add(d("9999999999999999999999999999"), d("0.000000001")).is_err());
    }

    #[test]
    fn enums_go_by_their_record_names() {
        use tradewind_types::record::LedgerAccount;
        assert_eq!(name(&LedgerAccount::CashAvailable), "CASH_AVAILABLE");
        let back: LedgerAccount = read_name("x", "CASH_AVAILABLE").expect("name");
        assert_eq!(back, LedgerAccount::CashAvailable);
        assert!(read_name::<LedgerAccount>("x", "CASH").is_err());
    }
}
