//! Stored bars as the rest of the program has them: mantissas at an instrument's own scales.

use std::ops::Range;

use tradewind_types::market::{Bar, BarInterval, BarSource, OpenInterest};
use tradewind_types::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};

use super::figures::NONE_WIDE;
use super::read::{Query, visible};
use super::rows::Rows;
use super::schema::Scales;
use super::session::Commit;
use super::{Catalog, CatalogError, Series};

/// Places of the columns of bars.
const OPEN: usize = 2;
const HIGH: usize = 3;
const LOW: usize = 4;
const CLOSE: usize = 5;
const VOLUME: usize = 6;
const VALUE: usize = 7;
const TRADES: usize = 8;
const OPEN_INTEREST: usize = 9;
const SOURCE: usize = 10;
const COMPLETE: usize = 11;
const REVISION: usize = 12;
const TS_INIT: usize = 13;

/// What bars are read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// The instrument's place in the program.
    pub instrument: InstrumentIdx,
    /// The interval.
    pub interval: BarInterval,
    /// The instrument's decimals. Stored figures with more of them are rounded to the nearest, half away from 0.
    pub scales: Scales,
}

impl Catalog {
    /// Before which time there is nothing of a series, in nanoseconds; `None` when there is nothing at all. Known from
    /// the names of files alone, so the first row may well be later; where symbols share files, another's may be meant.
    ///
    /// # Errors
    /// When the files or the tail cannot be listed.
    pub async fn begins(&self, series: &Series) -> Result<Option<i64>, CatalogError> {
        let shelf = series.shelf();
        let commit = Commit::read(&self.files).await?;
        let places = visible(&self.files, &commit, &shelf.path()).await?;
        let own = places.keys().filter(|place| place.shelf == shelf);
        let first = own.map(|place| place.part.times().start).min();
        if first.is_some() {
            return Ok(first);
        }
        match &self.tail {
            Some(tail) if tail.series().await?.contains(series) => Ok(Some(0)),
            _ => Ok(None),
        }
    }

    /// Bars of a series with `from <= ts < to`, tail included, oldest first.
    ///
    /// # Errors
    /// As [`Catalog::read`]; [`CatalogError::Range`] when a figure does not fit the shape.
    pub async fn history(
        &self,
        series: Series,
        times: Range<i64>,
        shape: Shape,
    ) -> Result<Vec<Bar>, CatalogError> {
        let rows = self.read(&Query::all(series).between(times)).await?;
        (0..rows.len()).map(|row| bar(&rows, row, shape)).collect()
    }
}

/// A row of bars as a bar.
pub(super) fn bar(rows: &Rows, row: usize, shape: Shape) -> Result<Bar, CatalogError> {
    let from = rows.scales;
    let price = |place, column| {
        let value = rescaled(rows.get(place, row), from.price, shape.scales.price, column)?;
        let narrow = i64::try_from(value);
        narrow.map(PriceMantissa).map_err(|_| CatalogError::Range {
            column,
            value,
            wanted: "64 bits at the instrument's scale",
        })
    };
    // What is not told is 0 in a bar.
    let told = |place| Some(rows.get(place, row)).filter(|value| *value != NONE_WIDE);
    let size = |place, column| match told(place) {
        Some(value) => rescaled(value, from.size, shape.scales.size, column).map(SizeMantissa),
        None => Ok(SizeMantissa(0)),
    };
    let value = match told(VALUE) {
        Some(value) => {
            let to = shape.scales.price + shape.scales.size;
            rescaled(value, from.price + from.size, to, "value")?
        }
        None => 0,
    };
    let whole = |place| u64::try_from(rows.get(place, row)).unwrap_or(0);
    Ok(Bar {
        instrument: shape.instrument,
        interval: shape.interval,
        ts: UnixNanos(u64::try_from(rows.ts(row)).unwrap_or(0)),
        open: price(OPEN, "open")?,
        high: price(HIGH, "high")?,
        low: price(LOW, "low")?,
        close: price(CLOSE, "close")?,
        volume: size(VOLUME, "volume")?,
        value,
        trades: told(TRADES).map_or(0, |n| u32::try_from(n).unwrap_or(u32::MAX)),
        open_interest: match told(OPEN_INTEREST) {
            Some(_) => OpenInterest::new(size(OPEN_INTEREST, "open_interest")?),
            None => None,
        },
        source: source(rows.text(SOURCE, row)),
        complete: rows.get(COMPLETE, row) == 1,
        revision: u16::try_from(whole(REVISION)).unwrap_or(u16::MAX),
        ts_init: UnixNanos(whole(TS_INIT)),
    })
}

fn source(text: &str) -> BarSource {
    match text {
        "trades" => BarSource::Trades,
        "quote_mids" => BarSource::QuoteMids,
        "quote_bids" => BarSource::QuoteBids,
        "quote_asks" => BarSource::QuoteAsks,
        // Candles of a venue, and what was imported from elsewhere.
        _ => BarSource::Venue,
    }
}

fn rescaled(value: i128, from: u8, to: u8, column: &'static str) -> Result<i128, CatalogError> {
    let power = 10i128.checked_pow(u32::from(from.abs_diff(to)));
    let scaled = power.and_then(|power| {
        if to >= from {
            return value.checked_mul(power);
        }
        let (whole, rest) = (value / power, value % power);
        let up = rest.unsigned_abs() >= power.unsigned_abs().div_ceil(2);
        Some(whole + if up { value.signum() } else { 0 })
    });
    scaled.ok_or(CatalogError::Range {
        column,
        value,
        wanted: "128 bits at the instrument's scale",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_come_to_other_scales_exactly_or_rounded_to_the_nearest() {
        let to = |value, from, to| rescaled(value, from, to, "open").expect("it fits");
        assert_eq!((to(105, 1, 3), to(105, 2, 2)), (10_500, 105));
        assert_eq!(
            (to(104, 2, 1), to(105, 2, 1), to(-105, 2, 1), to(-104, 2, 1)),
            (10, 11, -11, -10)
        );
        assert!(rescaled(i128::MAX, 0, 1, "open").is_err());
    }
}
