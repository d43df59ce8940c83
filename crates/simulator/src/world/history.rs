//! What a venue remembers of one product: its last trades and its one-minute candles, from which coarser
//! candles and the statistics of the last day are made. Both are bounded.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tradewind_types::{PriceMantissa, Side, SizeMantissa, UnixNanos, time::SECOND_NS};

/// Most trades kept per listing.
pub const TRADES_MAX: usize = 50_000;
/// Most one-minute candles kept per listing: a week.
pub const MINUTES_MAX: usize = 7 * 24 * 60;
/// Seconds of a day.
const DAY_S: u64 = 86_400;

/// One trade as the venue publishes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Print {
    /// Number of the trade on this listing.
    pub id: u64,
    /// When, to the microsecond.
    pub ts: UnixNanos,
    /// Price.
    pub price: PriceMantissa,
    /// Size.
    pub size: SizeMantissa,
    /// Who took liquidity.
    pub taker: Side,
    /// Whether the taker's order was a market order (Kraken tells).
    pub market_order: bool,
}

/// Open, high, low, close and sums over an interval.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Candle {
    /// Opening time, seconds since the epoch.
    pub start_s: u64,
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
    /// Sum of price × size, at price scale + size scale.
    pub value: i128,
    /// Number of trades.
    pub trades: u32,
}

impl Candle {
    /// A candle of one trade.
    #[must_use]
    pub fn of(print: &Print, interval_s: u64) -> Self {
        let p = print.price;
        Self {
            start_s: print.ts.floor_to(interval_s * SECOND_NS).as_secs(),
            open: p,
            high: p,
            low: p,
            close: p,
            volume: print.size,
            value: i128::from(p.0) * print.size.0,
            trades: 1,
        }
    }

    /// A candle without trades at a price.
    #[must_use]
    pub fn flat(start_s: u64, price: PriceMantissa) -> Self {
        Self {
            start_s,
            open: price,
            high: price,
            low: price,
            close: price,
            volume: SizeMantissa(0),
            value: 0,
            trades: 0,
        }
    }

    /// Takes in a later candle of the same interval.
    pub fn merge(&mut self, later: &Candle) {
        self.high = self.high.max(later.high);
        self.low = self.low.min(later.low);
        self.close = later.close;
        self.volume.0 += later.volume.0;
        self.value += later.value;
        self.trades += later.trades;
    }

    /// Volume-weighted mean price as a mantissa at the price scale; the close when nothing traded.
    #[must_use]
    pub fn vwap(&self) -> PriceMantissa {
        if self.volume.0 == 0 {
            return self.close;
        }
        let rounded = (self.value + self.volume.0 / 2) / self.volume.0;
        i64::try_from(rounded).map_or(self.close, PriceMantissa)
    }
}

/// Statistics of the last 24 hours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DayStats {
    /// First price.
    pub open: PriceMantissa,
    /// Highest price.
    pub high: PriceMantissa,
    /// Lowest price.
    pub low: PriceMantissa,
    /// Last price.
    pub last: PriceMantissa,
    /// Size of the last trade.
    pub last_size: SizeMantissa,
    /// Sum of sizes.
    pub volume: SizeMantissa,
    /// Volume-weighted mean price.
    pub vwap: PriceMantissa,
}

/// Trades and candles of one listing.
#[derive(Clone, Debug, Default)]
pub struct History {
    trades: VecDeque<Print>,
    minutes: VecDeque<Candle>,
    /// Sum over the closed minutes of the last day, renewed each minute.
    closed_day: Option<Candle>,
}

impl History {
    /// A history from stored parts, oldest first.
    #[must_use]
    pub fn restore(trades: Vec<Print>, minutes: Vec<Candle>) -> Self {
        let mut history = Self {
            trades: trades.into(),
            minutes: minutes.into(),
            closed_day: None,
        };
        history.roll();
        history
    }

    /// Adds a trade, which is not earlier than the one before it.
    pub fn push(&mut self, print: Print) {
        let candle = Candle::of(&print, 60);
        match self.minutes.back_mut() {
            Some(last) if last.start_s == candle.start_s => last.merge(&candle),
            _ => {
                self.minutes.push_back(candle);
                if self.minutes.len() > MINUTES_MAX {
                    self.minutes.pop_front();
                }
                self.roll();
            }
        }
        self.trades.push_back(print);
        if self.trades.len() > TRADES_MAX {
            self.trades.pop_front();
        }
    }

    fn roll(&mut self) {
        let Some(newest) = self.minutes.back() else { return };
        let from = (newest.start_s + 60).saturating_sub(DAY_S);
        let closed = self.minutes.len() - 1;
        self.closed_day = None;
        for candle in self.minutes.iter().take(closed).filter(|c| c.start_s >= from) {
            match &mut self.closed_day {
                Some(sum) => sum.merge(candle),
                None => self.closed_day = Some(*candle),
            }
        }
    }

    /// The last trade.
    #[must_use]
    pub fn last(&self) -> Option<&Print> {
        self.trades.back()
    }

    /// All kept trades, oldest first.
    pub fn trades(&self) -> impl DoubleEndedIterator<Item = &Print> + ExactSizeIterator {
        self.trades.iter()
    }

    /// All kept minutes, oldest first.
    pub fn minutes(&self) -> impl DoubleEndedIterator<Item = &Candle> + ExactSizeIterator {
        self.minutes.iter()
    }

    /// Statistics of the last day; `None` before the first trade.
    #[must_use]
    pub fn day(&self) -> Option<DayStats> {
        let (last, forming) = (self.trades.back()?, self.minutes.back()?);
        let mut sum = self.closed_day.unwrap_or(*forming);
        if self.closed_day.is_some() {
            sum.merge(forming);
        }
        Some(DayStats {
            open: sum.open,
            high: sum.high,
            low: sum.low,
            last: last.price,
            last_size: last.size,
            volume: sum.volume,
            vwap: sum.vwap(),
        })
    }

    /// Candles of `interval_s` (a multiple of 60) that open in `[from_s, to_s]`, oldest first, without
    /// those in which nothing traded.
    #[must_use]
    pub fn candles(&self, interval_s: u64, from_s: u64, to_s: u64) -> Vec<Candle> {
        let mut out: Vec<Candle> = Vec::new();
        let first = self.minutes.partition_point(|c| c.start_s < from_s);
        for minute in self.minutes.iter().skip(first) {
            let start_s = minute.start_s - minute.start_s % interval_s;
            if start_s < from_s {
                continue;
            }
            if start_s > to_s {
                break;
            }
            match out.last_mut() {
                Some(candle) if candle.start_s == start_s => candle.merge(minute),
                _ => out.push(Candle { start_s, ..*minute }),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(id: u64, secs: u64, price: i64, size: i128) -> Print {
        Print {
            id,
            ts: UnixNanos::from_secs(secs),
            price: PriceMantissa(price),
            size: SizeMantissa(size),
            taker: Side::Buy,
            market_order: true,
        }
    }

    #[test]
    fn coarser_candles_are_merges_of_minutes_and_agree_with_the_trades() {
        let mut history = History::default();
        for i in 0..3_000u64 {
            history.push(print(
                i,
                600_000 + i * 7,
                1_000 + ((i * 37) % 101) as i64,
                1 + (i % 5) as i128,
            ));
        }
        for interval in [60, 300, 900, 3_600] {
            for candle in history.candles(interval, 0, u64::MAX) {
                let inside: Vec<&Print> = history
                    .trades()
                    .filter(|t| t.ts.as_secs() / interval * interval == candle.start_s)
                    .collect();
                assert_eq!(candle.trades as usize, inside.len());
                assert_eq!(candle.open, inside[0].price);
                assert_eq!(Some(candle.close), inside.last().map(|t| t.price));
                assert_eq!(Some(candle.high), inside.iter().map(|t| t.price).max());
                assert_eq!(Some(candle.low), inside.iter().map(|t| t.price).min());
                assert_eq!(candle.volume.0, inside.iter().map(|t| t.size.0).sum::<i128>());
            }
        }
    }

    #[test]
    fn the_days_statistics_cover_a_day_and_no_more() {
        let mut history = History::default();
        history.push(print(1, 0, 5_000, 1));
        history.push(print(2, 2 * DAY_S, 100, 2));
        history.push(print(3, 2 * DAY_S + 90, 130, 2));
        let day = history.day().expect("traded");
        assert_eq!(
            (day.open.0, day.high.0, day.low.0, day.last.0),
            (100, 130, 100, 130)
        );
        assert_eq!((day.volume.0, day.vwap.0), (4, 115));
    }
}
