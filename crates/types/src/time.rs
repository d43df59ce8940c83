//! Time as an argument: nanoseconds since the epoch in memory, RFC 3339 with `Z` outside.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// UTC nanoseconds since 1970-01-01, in memory and in journal records. JSON faces print RFC 3339 instead.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnixNanos(pub u64);

/// One second in nanoseconds.
pub const SECOND_NS: u64 = 1_000_000_000;
/// One day in nanoseconds.
pub const DAY_NS: u64 = 86_400 * SECOND_NS;

/// The text is no RFC 3339 time stamp between 1970 and 2554.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an RFC 3339 time stamp such as 2026-11-22T09:15:00Z")]
pub struct TimeError {
    /// What was given.
    pub text: String,
}

impl UnixNanos {
    /// From whole seconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs * SECOND_NS)
    }

    /// From whole milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000_000)
    }

    /// Whole milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0 / 1_000_000
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / SECOND_NS
    }

    /// `self − earlier` in nanoseconds; 0 when `earlier` is later.
    #[must_use]
    pub const fn since(self, earlier: UnixNanos) -> u64 {
        self.0.saturating_sub(earlier.0)
    }

    /// `self + ns`, saturating at the end of time.
    #[must_use]
    pub const fn plus(self, ns: u64) -> UnixNanos {
        UnixNanos(self.0.saturating_add(ns))
    }

    /// The start of the interval of `interval_ns` (> 0) that holds this instant, aligned to the epoch.
    #[must_use]
    pub const fn floor_to(self, interval_ns: u64) -> UnixNanos {
        UnixNanos(self.0 - self.0 % interval_ns)
    }

    /// RFC 3339 with `Z` and as many decimals of the second as needed.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        Timestamp::from_nanosecond(i128::from(self.0)).map_or_else(|_| self.0.to_string(), |t| t.to_string())
    }
}

impl fmt::Display for UnixNanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

impl fmt::Debug for UnixNanos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

impl FromStr for UnixNanos {
    type Err = TimeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || TimeError {
            text: text.chars().take(64).collect(),
        };
        let stamp: Timestamp = text.parse().map_err(|_| refuse())?;
        u64::try_from(stamp.as_nanosecond())
            .map(UnixNanos)
            .map_err(|_| refuse())
    }
}

/// Where wall-clock time comes from. Injected, so that the same code runs in tests, backtests and live.
pub trait Clock: Send + Sync {
    /// The current time.
    fn now(&self) -> UnixNanos;
}

/// Serialises a [`UnixNanos`] as RFC 3339 text: `#[serde(with = "tradewind_types::time::rfc3339")]`.
pub mod rfc3339 {
    use super::UnixNanos;
    use serde::{Deserialize, Deserializer, Serializer};

    /// Writes RFC 3339.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(ts: &UnixNanos, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(ts)
    }

    /// Reads RFC 3339.
    ///
    /// # Errors
    /// When the text is no time stamp.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<UnixNanos, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stamps_round_trip_through_rfc3339_to_the_nanosecond() {
        let ts = UnixNanos(1_618_677_817_061_845_123);
        assert_eq!(ts.to_rfc3339(), "2021-04-17T16:43:37.061845123Z");
        assert_eq!(ts.to_rfc3339().parse(), Ok(ts));
        assert!("yesterday".parse::<UnixNanos>().is_err());
        assert!("1969-12-31T23:59:59Z".parse::<UnixNanos>().is_err());
    }

    #[test]
    fn intervals_are_aligned_to_the_epoch() {
        assert_eq!(
            UnixNanos::from_secs(25).floor_to(10 * SECOND_NS),
            UnixNanos::from_secs(20)
        );
        assert_eq!(
            UnixNanos::from_secs(20).floor_to(10 * SECOND_NS),
            UnixNanos::from_secs(20)
        );
    }
}
