//! OHLCV bars of one interval, stamped with the time they open.

use std::fmt;
use std::num::NonZeroU128;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::IntervalKind;
pub use super::bar_interval::{BadInterval, BarInterval};
use crate::time::DAY_NS;
use crate::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};

/// What a bar was built from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BarSource {
    /// Public trades.
    Trades,
    /// Mid prices of quotes, where an instrument has no trades.
    QuoteMids,
    /// Best bids of quotes.
    QuoteBids,
    /// Best offers of quotes.
    QuoteAsks,
    /// The venue's own candles.
    Venue,
}

/// Open interest as an integer at the instrument's size scale, never negative.
///
/// Held so that `Option<OpenInterest>` takes no more than the number itself: a bar is copied often.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OpenInterest(NonZeroU128);

impl OpenInterest {
    /// From a mantissa; `None` when it is negative.
    #[must_use]
    pub fn new(mantissa: SizeMantissa) -> Option<Self> {
        let above = u128::try_from(mantissa.0).ok()?.checked_add(1)?;
        NonZeroU128::new(above).map(Self)
    }

    /// The mantissa.
    #[must_use]
    pub fn mantissa(self) -> SizeMantissa {
        // At most `i128::MAX` by construction.
        SizeMantissa(i128::try_from(self.0.get() - 1).unwrap_or(i128::MAX))
    }
}

impl fmt::Debug for OpenInterest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OpenInterest({})", self.mantissa().0)
    }
}

impl Serialize for OpenInterest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.mantissa().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for OpenInterest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mantissa = SizeMantissa::deserialize(deserializer)?;
        Self::new(mantissa).ok_or_else(|| serde::de::Error::custom("open interest must not be negative"))
    }
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
    /// Sum of sizes; 0 for quotes.
    pub volume: SizeMantissa,
    /// Σ price × size, as a mantissa at price scale + size scale; VWAP = value / volume. See [`Bar::tells_value`].
    pub value: i128,
    /// Number of trades (or quotes, see `source`).
    pub trades: u32,
    /// Open interest as it was last told when the last trade happened; `None` where it is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_interest: Option<OpenInterest>,
    /// What it was built from.
    pub source: BarSource,
    /// 0 when first closed; each amendment by a late trade adds 1.
    pub revision: u16,
    /// False when the feed was interrupted, or began, inside the interval.
    pub complete: bool,
    /// When the bar became known to us.
    pub ts_init: UnixNanos,
}

impl Bar {
    /// Whether `value` and `trades` are told: a venue that gives prices and volume alone leaves both at 0.
    #[must_use]
    pub const fn tells_value(&self) -> bool {
        !matches!(self.source, BarSource::Venue) || self.value != 0 || self.volume.0 == 0
    }

    /// Whether it was built from quotes, whose sizes are no volume.
    #[must_use]
    pub const fn is_of_quotes(&self) -> bool {
        matches!(
            self.source,
            BarSource::QuoteMids | BarSource::QuoteBids | BarSource::QuoteAsks
        )
    }

    /// The volume-weighted average price in units of the price scale; `None` without volume or where the value is not
    /// told. For columns; exact sums are `value` and `volume`.
    #[must_use]
    pub fn vwap(&self) -> Option<f64> {
        (self.volume.0 != 0 && self.tells_value()).then(|| self.value as f64 / self.volume.0 as f64)
    }

    /// When it had ended at the latest, for one that has: its opening and the interval's nominal length (of a month 31
    /// days), or, for tick, volume and value bars, when it became known. When exactly is its grid's to say:
    /// [`super::BarGrid::end_of`].
    #[must_use]
    pub const fn ended_by(&self) -> UnixNanos {
        if self.interval.is_time() {
            let month = matches!(self.interval.kind(), IntervalKind::Month);
            self.ts
                .plus(if month { 31 * DAY_NS } else { self.interval.nanos() })
        } else {
            self.ts_init
        }
    }
}
