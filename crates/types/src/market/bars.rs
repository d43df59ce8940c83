//! OHLCV bars of one interval, stamped with the time they open, and the builder that makes them from trades
//! or quotes.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos, time::SECOND_NS};

/// Time intervals of bars, from one second to one day. UTC-aligned.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct BarInterval(u32);

impl BarInterval {
    /// Names and seconds of every interval there is.
    pub const ALL: [(&'static str, u32); 17] = [
        ("1s", 1),
        ("5s", 5),
        ("10s", 10),
        ("15s", 15),
        ("30s", 30),
        ("1m", 60),
        ("2m", 120),
        ("3m", 180),
        ("5m", 300),
        ("10m", 600),
        ("15m", 900),
        ("30m", 1800),
        ("1h", 3600),
        ("2h", 7200),
        ("4h", 14400),
        ("6h", 21600),
        ("1d", 86400),
    ];

    /// One second.
    pub const S1: BarInterval = BarInterval(1);
    /// Ten seconds, the scalping strategies' default.
    pub const S10: BarInterval = BarInterval(10);
    /// One minute.
    pub const M1: BarInterval = BarInterval(60);

    /// Length in seconds.
    #[must_use]
    pub const fn secs(self) -> u32 {
        self.0
    }

    /// Length in nanoseconds.
    #[must_use]
    pub const fn nanos(self) -> u64 {
        self.0 as u64 * SECOND_NS
    }

    /// The interval of that many seconds, if it is one of [`BarInterval::ALL`].
    #[must_use]
    pub fn from_secs(secs: u32) -> Option<Self> {
        Self::ALL.iter().any(|(_, s)| *s == secs).then_some(Self(secs))
    }

    /// The name, e.g. `10s`.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(_, s)| *s == self.0)
            .map_or("?", |(name, _)| name)
    }
}

impl fmt::Display for BarInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text names no interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no bar interval; one of 1s 5s 10s 15s 30s 1m 2m 3m 5m 10m 15m 30m 1h 2h 4h 6h 1d")]
pub struct BadInterval(pub String);

impl FromStr for BarInterval {
    type Err = BadInterval;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text);
        found
            .map(|(_, s)| Self(*s))
            .ok_or_else(|| BadInterval(text.chars().take(16).collect()))
    }
}

impl Serialize for BarInterval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for BarInterval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What a bar was built from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BarSource {
    /// Public trades.
    Trades,
    /// Mid prices of quotes, where an instrument has no trades.
    QuoteMids,
    /// The venue's own candles.
    Venue,
}

/// One bar. `ts` is the time it opens.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Bar {
    /// Instrument.
    pub instrument: InstrumentIdx,
    /// Interval.
    pub interval: BarInterval,
    /// Opening time.
    pub ts: UnixNanos,
    /// First price.
    pub open: PriceMantissa,
    /// Highest price.
    pub high: PriceMantissa,
    /// Lowest price.
    pub low: PriceMantissa,
    /// Last price.
    pub close: PriceMantissa,
    /// Sum of sizes.
    pub volume: SizeMantissa,
    /// Σ price × size, as a mantissa at price scale + size scale; VWAP = value / volume.
    pub value: i128,
    /// Number of trades (or quotes, see `source`).
    pub trades: u32,
    /// What it was built from.
    pub source: BarSource,
    /// 0 when first closed; each amendment by a late trade adds 1.
    pub revision: u16,
    /// False when the feed was interrupted, or began, inside the interval.
    pub complete: bool,
    /// When the bar became known to us.
    pub ts_init: UnixNanos,
}
