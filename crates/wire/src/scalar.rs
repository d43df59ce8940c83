//! The two scalars with a shape of their own: decimals and times.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tradewind_types::{Decimal, UnixNanos, num};
use utoipa::ToSchema;

/// A decimal as text, exact: no exponent, no trailing zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, ToSchema)]
#[schema(as = Decimal, value_type = String, format = "decimal", pattern = r"^-?[0-9]+(\.[0-9]+)?$", example = "12345.67")]
pub struct Dec(pub Decimal);

impl From<Decimal> for Dec {
    fn from(value: Decimal) -> Self {
        Self(value)
    }
}

impl fmt::Display for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.normalize())
    }
}

impl fmt::Debug for Dec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl FromStr for Dec {
    type Err = num::NumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        num::parse_decimal(text).map(Self)
    }
}

impl Serialize for Dec {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Dec {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A time, RFC 3339 in UTC with `Z` and up to nine decimals of the second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, ToSchema)]
#[schema(as = Timestamp, value_type = String, format = DateTime, example = "2026-11-22T09:15:00Z")]
pub struct Time(pub UnixNanos);

impl From<UnixNanos> for Time {
    fn from(value: UnixNanos) -> Self {
        Self(value)
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_canonical_text_both_ways() {
        let value: Dec = "12.500".parse().expect("a decimal");
        assert_eq!(serde_json::to_string(&value).expect("json"), "\"12.5\"");
        assert_eq!(serde_json::from_str::<Dec>("\"12.5\"").expect("back"), value);
        assert!(
            serde_json::from_str::<Dec>("12.5").is_err(),
            "a JSON number was taken for a decimal"
        );
    }

    #[test]
    fn times_are_rfc3339_in_utc() {
        let time = Time(UnixNanos::from_millis(1_500));
        assert_eq!(
            serde_json::to_string(&time).expect("json"),
            "\"1970-01-01T00:00:01.5Z\""
        );
    }
}
