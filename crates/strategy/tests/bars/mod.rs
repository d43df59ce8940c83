//! Bars for tests: written by hand, or random within sense.

#![allow(dead_code, clippy::unwrap_used)]

use proptest::prelude::*;
use tradewind_indicators::Scales;
use tradewind_types::market::{Bar, BarInterval, BarSource};
use tradewind_types::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};

pub(crate) const SCALES: Scales = Scales { price: 2, size: 3 };

/// 2026-01-01T00:00:00Z.
pub(crate) const MIDNIGHT_S: u64 = 1_767_225_600;

/// The `at`-th 10 s bar after midnight, prices in cents, volume in thousandths.
pub(crate) fn bar(at: usize, [open, high, low, close]: [i64; 4], volume: i128) -> Bar {
    let ts = UnixNanos::from_secs(MIDNIGHT_S + at as u64 * 10);
    Bar {
        instrument: InstrumentIdx(0),
        interval: BarInterval::S10,
        ts,
        open: PriceMantissa(open),
        high: PriceMantissa(high),
        low: PriceMantissa(low),
        close: PriceMantissa(close),
        volume: SizeMantissa(volume),
        value: i128::from(close) * volume,
        trades: u32::from(volume > 0),
        open_interest: None,
        source: BarSource::Trades,
        revision: 0,
        complete: true,
        ts_init: ts.plus(BarInterval::S10.nanos()),
    }
}

/// Bars whose prices are all their closes.
pub(crate) fn closes(closes: &[i64]) -> Vec<Bar> {
    closes
        .iter()
        .enumerate()
        .map(|(at, &c)| bar(at, [c; 4], 1_000))
        .collect()
}

/// Random walks with jumps, flat stretches and bars without volume.
pub(crate) fn random(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Bar>> {
    let row = (
        prop_oneof![3 => -60i64..=60, 1 => Just(0i64), 1 => -900i64..=900],
        0i64..40,
        0i64..40,
        prop_oneof![Just(0i128), 1i128..5_000],
    );
    prop::collection::vec(row, len).prop_map(|rows| {
        let mut last = 100_000i64;
        rows.iter()
            .enumerate()
            .map(|(at, &(step, up, down, volume))| {
                let close = (last + step).max(1_000);
                let ohlc = [last, last.max(close) + up, last.min(close) - down, close];
                last = close;
                bar(at, ohlc, volume)
            })
            .collect()
    })
}

/// Bars of another interval, from closes.
pub(crate) fn closes_of(interval: BarInterval, closes: &[i64]) -> Vec<Bar> {
    let place = |(at, &c): (usize, &i64)| {
        let ts = UnixNanos(MIDNIGHT_S * 1_000_000_000 + at as u64 * interval.nanos());
        Bar {
            interval,
            ts,
            ts_init: ts.plus(interval.nanos()),
            ..bar(0, [c; 4], 1_000)
        }
    };
    closes.iter().enumerate().map(place).collect()
}
