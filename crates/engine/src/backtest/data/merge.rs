//! Many sources become one stream, in order of the time at which each row is known: a quote or trade at its time, a
//! bar when it closes. Rows of the same time come in the order of the feeds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tradewind_types::market::{Bar, BarGrid, BarInterval, BarSource, IntervalKind, Quote, Trade};
use tradewind_types::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};

use super::check::GapCount;
use super::columns::{Chunk, DataKind};
use super::source::{DataError, Source};
use crate::kernel::Depth;

/// A source with what it is of.
pub struct Feed {
    /// The instrument.
    pub instrument: InstrumentIdx,
    /// Interval of its bars; of no meaning for quotes and trades.
    pub interval: BarInterval,
    /// Where its bars begin and end.
    pub grid: BarGrid,
    /// Where the rows come from.
    pub source: Box<dyn Source>,
}

/// The part of the data that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Bars that open, quotes and trades from this time on.
    pub from: UnixNanos,
    /// Those before this time.
    pub to: UnixNanos,
    /// Nothing that is known only after this time: for the lookahead check.
    pub known_until: UnixNanos,
}

impl Default for Period {
    fn default() -> Self {
        Self {
            from: UnixNanos(0),
            to: UnixNanos(u64::MAX),
            known_until: UnixNanos(u64::MAX),
        }
    }
}

/// One row of the merged stream.
#[derive(Debug, Clone)]
pub enum Row {
    /// A bar, known at its close.
    Bar(Bar),
    /// A quote.
    Quote(Quote),
    /// A trade.
    Trade(Trade),
    /// A change of a book.
    Depth(Depth),
}

struct Lane {
    feed: Feed,
    chunk: Chunk,
    at: usize,
    /// When a row is known.
    known: Delay,
}

/// From a row's stamp to the time at which it is known.
enum Delay {
    /// So much later, nothing for what is not a bar.
    Fixed(u64),
    /// With the end of its bar.
    Bar(BarInterval, BarGrid),
}

impl Delay {
    fn of(kind: DataKind, interval: BarInterval, grid: &BarGrid) -> Self {
        match (kind, grid, interval.kind()) {
            (DataKind::Bars, BarGrid::Sessions(_), _) | (DataKind::Bars, _, IntervalKind::Month) => {
                Self::Bar(interval, grid.clone())
            }
            (DataKind::Bars, ..) => Self::Fixed(interval.nanos()),
            _ => Self::Fixed(0),
        }
    }

    #[inline]
    fn known(&self, ts: u64) -> u64 {
        match self {
            Self::Fixed(ns) => ts.saturating_add(*ns),
            Self::Bar(interval, grid) => grid.closes(*interval, UnixNanos(ts)).0,
        }
    }
}

/// The merged stream. Memory: one chunk per feed.
pub struct Merge {
    lanes: Vec<Lane>,
    heads: BinaryHeap<Reverse<(u64, usize)>>,
    period: Period,
    rows: u64,
}

impl Merge {
    /// Reads the first chunk of every feed.
    ///
    /// # Errors
    /// [`DataError`] of the first row refused.
    pub fn new(feeds: Vec<Feed>, period: Period) -> Result<Self, DataError> {
        let mut merge = Self {
            lanes: Vec::with_capacity(feeds.len()),
            heads: BinaryHeap::with_capacity(feeds.len()),
            period,
            rows: 0,
        };
        for feed in feeds {
            let kind = feed.source.kind();
            merge.lanes.push(Lane {
                known: Delay::of(kind, feed.interval, &feed.grid),
                feed,
                chunk: Chunk::new(kind),
                at: 0,
            });
        }
        for at in 0..merge.lanes.len() {
            if let Some(known) = merge.lanes[at].head(&period, true)? {
                merge.heads.push(Reverse((known, at)));
            }
        }
        Ok(merge)
    }

    /// The next row, and the time at which it is known.
    ///
    /// # Errors
    /// [`DataError`] of a row refused.
    #[inline]
    pub fn next_row(&mut self) -> Result<Option<(UnixNanos, Row)>, DataError> {
        let Some(mut top) = self.heads.peek_mut() else {
            return Ok(None);
        };
        let Reverse((known, at)) = *top;
        let lane = &mut self.lanes[at];
        let mut row = lane.row(known);
        lane.at += 1;
        match lane.head(&self.period, false)? {
            Some(next) => {
                if let Row::Depth(depth) = &mut row {
                    depth.more = next == known;
                }
                top.0.0 = next;
            }
            None => {
                std::collections::binary_heap::PeekMut::pop(top);
            }
        }
        self.rows += 1;
        Ok(Some((UnixNanos(known), row)))
    }

    /// The time at which the next row is known.
    #[must_use]
    pub fn next_known(&self) -> Option<UnixNanos> {
        self.heads.peek().map(|Reverse((known, _))| UnixNanos(*known))
    }

    /// Rows given so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Gaps by feed, in their order.
    #[must_use]
    pub fn gaps(&self) -> Vec<GapCount> {
        self.lanes.iter().map(|lane| lane.feed.source.gaps()).collect()
    }
}

impl Lane {
    /// When the row at hand is known; reads the next chunk when this one is worked off. `None` at the end, or past
    /// the period.
    #[inline]
    fn head(&mut self, period: &Period, first: bool) -> Result<Option<u64>, DataError> {
        loop {
            if self.at >= self.chunk.len() {
                self.feed.source.fill(&mut self.chunk)?;
                self.at = 0;
                if self.chunk.is_empty() {
                    return Ok(None);
                }
            }
            if first || self.at == 0 {
                self.at += self.chunk.ts()[self.at..].partition_point(|ts| *ts < period.from.0);
                if self.at >= self.chunk.len() {
                    continue;
                }
            }
            let ts = self.chunk.ts()[self.at];
            let known = self.known.known(ts);
            let within = ts < period.to.0 && known <= period.known_until.0;
            return Ok(within.then_some(known));
        }
    }

    #[inline]
    fn row(&self, known: u64) -> Row {
        let (at, instrument, ts_init) = (self.at, self.feed.instrument, UnixNanos(known));
        match &self.chunk {
            Chunk::Bars(c) => Row::Bar(Bar {
                instrument,
                interval: self.feed.interval,
                ts: UnixNanos(c.ts[at]),
                open: PriceMantissa(c.open[at]),
                high: PriceMantissa(c.high[at]),
                low: PriceMantissa(c.low[at]),
                close: PriceMantissa(c.close[at]),
                volume: SizeMantissa(c.volume[at]),
                // OHLCV data does not tell the value traded; indicators then reckon with the typical price.
                value: 0,
                trades: 0,
                open_interest: None,
                source: BarSource::Venue,
                revision: 0,
                complete: true,
                ts_init,
            }),
            Chunk::Quotes(c) => Row::Quote(Quote {
                instrument,
                bid: PriceMantissa(c.bid[at]),
                ask: PriceMantissa(c.ask[at]),
                bid_size: SizeMantissa(c.bid_size[at]),
                ask_size: SizeMantissa(c.ask_size[at]),
                ts_event: ts_init,
                ts_init,
            }),
            Chunk::Trades(c) => Row::Trade(Trade {
                instrument,
                price: PriceMantissa(c.price[at]),
                size: SizeMantissa(c.size[at]),
                aggressor: c.aggressor[at],
                trade_id: 0,
                ts_event: ts_init,
                ts_init,
            }),
            Chunk::Book(c) | Chunk::Orders(c) => Row::Depth(Depth {
                instrument,
                action: c.action[at],
                side: c.side[at],
                price: PriceMantissa(c.price[at]),
                size: SizeMantissa(c.size[at]),
                order: c.order[at],
                ts: ts_init,
                more: false,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::columns::{BarColumns, BarRow, QuoteColumns};
    use super::super::memory::MemorySource;
    use super::*;

    fn bars(times: &[u64]) -> Box<dyn Source> {
        let mut columns = BarColumns::default();
        for ts in times {
            columns.push(BarRow {
                ts: *ts,
                ohlc: [100, 110, 90, 105],
                volume: 7,
            });
        }
        Box::new(MemorySource::new(Arc::new(Chunk::Bars(columns))))
    }

    fn quotes(times: &[u64]) -> Box<dyn Source> {
        let n = times.len();
        let columns = QuoteColumns {
            ts: times.to_vec(),
            bid: vec![99; n],
            ask: vec![101; n],
            bid_size: vec![1; n],
            ask_size: vec![1; n],
        };
        Box::new(MemorySource::new(Arc::new(Chunk::Quotes(columns))))
    }

    fn feed(instrument: u32, source: Box<dyn Source>) -> Feed {
        Feed {
            instrument: InstrumentIdx(instrument),
            interval: BarInterval::S1,
            grid: BarGrid::Utc,
            source,
        }
    }

    fn told(feeds: Vec<Feed>, period: Period) -> Vec<(u64, u32)> {
        let mut merge = Merge::new(feeds, period).expect("good rows");
        let mut told = Vec::new();
        while let Some((known, row)) = merge.next_row().expect("good rows") {
            let idx = match row {
                Row::Bar(b) => b.instrument,
                Row::Quote(q) => q.instrument,
                Row::Trade(t) => t.instrument,
                Row::Depth(d) => d.instrument,
            };
            told.push((known.0, idx.0));
        }
        told
    }

    const S: u64 = 1_000_000_000;

    #[test]
    fn rows_come_by_the_time_they_are_known_and_then_by_feed() {
        let feeds = vec![
            feed(0, bars(&[0, S, 2 * S])),
            feed(1, quotes(&[0, S, S, 3 * S])),
            feed(2, bars(&[0])),
        ];
        assert_eq!(
            told(feeds, Period::default()),
            [
                (0, 1),
                (S, 0),
                (S, 1),
                (S, 1),
                (S, 2),
                (2 * S, 0),
                (3 * S, 0),
                (3 * S, 1)
            ]
        );
    }

    #[test]
    fn the_period_takes_bars_by_their_opening_and_the_cut_by_their_close() {
        let period = Period {
            from: UnixNanos(S),
            to: UnixNanos(3 * S),
            ..Period::default()
        };
        assert_eq!(
            told(vec![feed(0, bars(&[0, S, 2 * S, 3 * S]))], period),
            [(2 * S, 0), (3 * S, 0)]
        );
        let cut = Period {
            known_until: UnixNanos(2 * S),
            ..Period::default()
        };
        assert_eq!(
            told(vec![feed(0, bars(&[0, S, 2 * S]))], cut),
            [(S, 0), (2 * S, 0)]
        );
    }

    #[test]
    fn chunks_follow_one_another_without_a_seam() {
        let times: Vec<u64> = (0..20_000).map(|n| n * S).collect();
        let told = told(vec![feed(0, bars(&times))], Period::default());
        assert_eq!(told.len(), 20_000);
        assert!(told.windows(2).all(|w| w[1].0 - w[0].0 == S));
    }
}
