//! Bars from trades (or quote mids), and coarser bars from finer ones. The same numbers whichever way.
//!
//! Intervals are aligned to the UTC epoch; a bar is stamped with the time it opens; an interval without a trade yields
//! no bar. A bar closes with the first trade of a later interval, or when [`BarBuilder::advance`] says that its time is
//! over. A trade of a closed interval amends that bar with a higher revision while it is at most [`LATE_MAX_NS`] behind
//! the newest trade; a later one is counted and dropped.

use std::collections::VecDeque;

use super::bars::{Bar, BarInterval, BarSource};
use super::event::{Quote, Trade};
use crate::time::SECOND_NS;
use crate::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};

/// How far behind the newest trade a late one may be and still amend its bar.
pub const LATE_MAX_NS: u64 = 5 * SECOND_NS;
/// Closed bars kept for amendment: one-second bars need six.
const AMENDABLE_MAX: usize = 8;

#[derive(Debug, Clone)]
struct Building {
    bar: Bar,
    first_ts: UnixNanos,
    last_ts: UnixNanos,
}

/// One print as the builder sees it.
#[derive(Debug, Clone, Copy)]
struct Tick {
    price: PriceMantissa,
    size: SizeMantissa,
    ts_event: UnixNanos,
    ts_init: UnixNanos,
}

/// Builds the bars of one instrument and interval.
#[derive(Debug, Clone)]
pub struct BarBuilder {
    instrument: InstrumentIdx,
    interval: BarInterval,
    source: BarSource,
    forming: Option<Building>,
    amendable: VecDeque<Building>,
    newest: UnixNanos,
    incomplete: Option<UnixNanos>,
    begun: bool,
    dropped: u64,
}

impl BarBuilder {
    /// A builder from trades.
    #[must_use]
    pub fn new(instrument: InstrumentIdx, interval: BarInterval) -> Self {
        Self {
            instrument,
            interval,
            source: BarSource::Trades,
            forming: None,
            amendable: VecDeque::new(),
            newest: UnixNanos(0),
            incomplete: None,
            begun: false,
            dropped: 0,
        }
    }

    /// A builder from quote mids, for an instrument without trades. Sizes are 0, `trades` counts quotes.
    #[must_use]
    pub fn from_quotes(instrument: InstrumentIdx, interval: BarInterval) -> Self {
        Self {
            source: BarSource::QuoteMids,
            ..Self::new(instrument, interval)
        }
    }

    /// The bar that forms, if its interval has had a trade.
    #[must_use]
    pub fn forming(&self) -> Option<Bar> {
        self.forming.as_ref().map(|b| b.bar)
    }

    /// Trades that came too late to count.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The feed was interrupted (or begins) at `ts`: the interval that holds it is not complete.
    pub fn interrupted(&mut self, ts: UnixNanos) {
        let start = ts.floor_to(self.interval.nanos());
        self.incomplete = Some(start);
        if let Some(forming) = self.forming.as_mut().filter(|f| f.bar.ts <= start) {
            forming.bar.complete = false;
        }
    }

    /// Takes a trade; bars that closed or were amended by it are appended. Amortised O(1).
    pub fn on_trade(&mut self, trade: &Trade, closed: &mut Vec<Bar>) {
        if self.source == BarSource::Trades {
            let Trade {
                price,
                size,
                ts_event,
                ts_init,
                ..
            } = *trade;
            self.take(
                Tick {
                    price,
                    size,
                    ts_event,
                    ts_init,
                },
                closed,
            );
        }
    }

    /// Takes a quote's mid (rounded down to the scale); quotes without both sides are passed over.
    pub fn on_quote(&mut self, quote: &Quote, closed: &mut Vec<Bar>) {
        if self.source != BarSource::QuoteMids || quote.bid_size.0 == 0 || quote.ask_size.0 == 0 {
            return;
        }
        let mid = (i128::from(quote.bid.0) + i128::from(quote.ask.0)).div_euclid(2);
        let Ok(mid) = i64::try_from(mid) else { return };
        let (ts_event, ts_init) = (quote.ts_event, quote.ts_init);
        self.take(
            Tick {
                price: PriceMantissa(mid),
                size: SizeMantissa(0),
                ts_event,
                ts_init,
            },
            closed,
        );
    }

    /// Closes the forming bar when its interval is over at `now`.
    pub fn advance(&mut self, now: UnixNanos, closed: &mut Vec<Bar>) {
        let over = |b: &Building| b.bar.ts.plus(self.interval.nanos()) <= now;
        if self.forming.as_ref().is_some_and(over) {
            self.close(now, closed);
        }
    }

    fn take(&mut self, tick: Tick, closed: &mut Vec<Bar>) {
        let start = tick.ts_event.floor_to(self.interval.nanos());
        if !self.begun {
            self.begun = true;
            self.incomplete = Some(start);
        }
        let current = self.forming.as_ref().map(|f| f.bar.ts);
        let last_closed = self.amendable.back().map(|b| b.bar.ts);
        match current {
            Some(ts) if start == ts => self.forming.iter_mut().for_each(|f| f.add(tick)),
            Some(ts) if start < ts => self.amend(tick, start, closed),
            None if last_closed.is_some_and(|ts| start <= ts) => self.amend(tick, start, closed),
            _ => {
                self.close(tick.ts_init, closed);
                self.forming = Some(self.open(tick, start));
            }
        }
        self.newest = self.newest.max(tick.ts_event);
    }

    fn open(&self, tick: Tick, start: UnixNanos) -> Building {
        let mut building = Building {
            bar: Bar {
                instrument: self.instrument,
                interval: self.interval,
                ts: start,
                open: tick.price,
                high: tick.price,
                low: tick.price,
                close: tick.price,
                volume: SizeMantissa(0),
                value: 0,
                trades: 0,
                source: self.source,
                revision: 0,
                complete: self.incomplete != Some(start),
                ts_init: tick.ts_init,
            },
            first_ts: tick.ts_event,
            last_ts: tick.ts_event,
        };
        building.add(tick);
        building
    }

    fn close(&mut self, now: UnixNanos, closed: &mut Vec<Bar>) {
        let Some(mut building) = self.forming.take() else {
            return;
        };
        building.bar.ts_init = now;
        closed.push(building.bar);
        self.amendable.push_back(building);
        if self.amendable.len() > AMENDABLE_MAX {
            self.amendable.pop_front();
        }
    }

    fn amend(&mut self, tick: Tick, start: UnixNanos, closed: &mut Vec<Bar>) {
        let late = self.newest.since(tick.ts_event) > LATE_MAX_NS;
        let Some(building) = self
            .amendable
            .iter_mut()
            .find(|b| b.bar.ts == start)
            .filter(|_| !late)
        else {
            self.dropped += 1;
            return;
        };
        building.add(tick);
        building.bar.revision = building.bar.revision.saturating_add(1);
        building.bar.ts_init = tick.ts_init;
        closed.push(building.bar);
    }
}

impl Building {
    fn add(&mut self, tick: Tick) {
        let bar = &mut self.bar;
        bar.high = bar.high.max(tick.price);
        bar.low = bar.low.min(tick.price);
        if tick.ts_event < self.first_ts {
            (bar.open, self.first_ts) = (tick.price, tick.ts_event);
        }
        if tick.ts_event >= self.last_ts {
            (bar.close, self.last_ts) = (tick.price, tick.ts_event);
        }
        bar.volume = SizeMantissa(bar.volume.0.saturating_add(tick.size.0));
        let value = i128::from(tick.price.0).saturating_mul(tick.size.0);
        bar.value = bar.value.saturating_add(value);
        bar.trades = bar.trades.saturating_add(1);
    }
}

/// Coarser bars from finer ones of one instrument, oldest first. `interval` must be a multiple of theirs; bars that do
/// not fit (another instrument, a coarser interval) are passed over.
///
/// A coarse bar is complete when every finer bar in it is; its `ts_init` is the latest of theirs.
#[must_use]
pub fn aggregate(finer: &[Bar], interval: BarInterval) -> Vec<Bar> {
    let mut coarse: Vec<Bar> = Vec::new();
    for bar in finer {
        let fits = interval.secs().is_multiple_of(bar.interval.secs());
        let ts = bar.ts.floor_to(interval.nanos());
        match coarse.last_mut() {
            Some(last) if !fits || last.instrument != bar.instrument => {}
            Some(last) if last.ts == ts => merge(last, bar),
            _ if fits => coarse.push(Bar {
                interval,
                ts,
                revision: 0,
                ..*bar
            }),
            _ => {}
        }
    }
    coarse
}

fn merge(into: &mut Bar, bar: &Bar) {
    into.high = into.high.max(bar.high);
    into.low = into.low.min(bar.low);
    into.close = bar.close;
    into.volume = SizeMantissa(into.volume.0.saturating_add(bar.volume.0));
    into.value = into.value.saturating_add(bar.value);
    into.trades = into.trades.saturating_add(bar.trades);
    into.complete &= bar.complete;
    into.ts_init = into.ts_init.max(bar.ts_init);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SECOND: BarInterval = BarInterval::S1;

    fn trade(ts_ms: u64, price: i64, size: i128) -> Trade {
        Trade {
            instrument: InstrumentIdx(0),
            price: PriceMantissa(price),
            size: SizeMantissa(size),
            aggressor: None,
            trade_id: 0,
            ts_event: UnixNanos::from_millis(ts_ms),
            ts_init: UnixNanos::from_millis(ts_ms),
        }
    }

    fn run(interval: BarInterval, trades: &[Trade]) -> Vec<Bar> {
        let mut builder = BarBuilder::new(InstrumentIdx(0), interval);
        let mut closed = Vec::new();
        trades.iter().for_each(|t| builder.on_trade(t, &mut closed));
        builder.advance(UnixNanos(u64::MAX), &mut closed);
        closed
    }

    #[test]
    fn a_bar_is_stamped_at_its_opening_and_empty_intervals_yield_none() {
        let bars = run(
            SECOND,
            &[trade(10_500, 100, 2), trade(10_900, 103, 1), trade(14_000, 99, 4)],
        );
        assert_eq!(bars.iter().map(|b| b.ts.as_secs()).collect::<Vec<_>>(), [10, 14]);
        let first = bars[0];
        assert_eq!(
            (first.open.0, first.high.0, first.low.0, first.close.0),
            (100, 103, 100, 103)
        );
        assert_eq!((first.volume.0, first.value, first.trades), (3, 303, 2));
        assert!(!first.complete, "the feed began inside the first interval");
        assert!(bars[1].complete);
    }

    #[test]
    fn a_late_trade_amends_its_bar_and_a_too_late_one_is_dropped_and_counted() {
        let mut builder = BarBuilder::new(InstrumentIdx(0), SECOND);
        let mut closed = Vec::new();
        for t in [trade(1_100, 100, 1), trade(2_100, 101, 1), trade(1_900, 90, 1)] {
            builder.on_trade(&t, &mut closed);
        }
        assert_eq!(closed.len(), 2);
        assert_eq!(
            (closed[1].ts.as_secs(), closed[1].revision, closed[1].low.0),
            (1, 1, 90)
        );
        assert_eq!(closed[1].close.0, 90, "it is the last trade of its interval");
        builder.on_trade(&trade(8_000, 100, 1), &mut closed);
        let before = closed.len();
        builder.on_trade(&trade(2_200, 1, 1), &mut closed);
        assert_eq!((closed.len(), builder.dropped()), (before, 1));
    }

    #[test]
    fn time_alone_closes_a_bar_and_an_interruption_marks_it() {
        let mut builder = BarBuilder::new(InstrumentIdx(0), SECOND);
        let mut closed = Vec::new();
        builder.on_trade(&trade(500, 1, 1), &mut closed);
        builder.on_trade(&trade(1_500, 100, 1), &mut closed);
        builder.interrupted(UnixNanos::from_millis(1_700));
        builder.advance(UnixNanos::from_millis(1_999), &mut closed);
        assert_eq!(closed.len(), 1);
        builder.advance(UnixNanos::from_millis(2_000), &mut closed);
        assert_eq!(closed.len(), 2);
        assert!(!closed[1].complete);
        assert_eq!(builder.forming(), None);
    }

    #[test]
    fn quote_mids_make_bars_that_say_so() {
        let mut builder = BarBuilder::from_quotes(InstrumentIdx(0), SECOND);
        let mut closed = Vec::new();
        let quote = |ts: u64, bid: i64, ask: i64, size: i128| Quote {
            instrument: InstrumentIdx(0),
            bid: PriceMantissa(bid),
            ask: PriceMantissa(ask),
            bid_size: SizeMantissa(size),
            ask_size: SizeMantissa(size),
            ts_event: UnixNanos::from_millis(ts),
            ts_init: UnixNanos::from_millis(ts),
        };
        builder.on_quote(&quote(100, 10, 14, 1), &mut closed);
        builder.on_quote(&quote(200, 0, 0, 0), &mut closed);
        builder.on_trade(&trade(300, 99, 1), &mut closed);
        builder.advance(UnixNanos::from_secs(1), &mut closed);
        assert_eq!(closed.len(), 1);
        assert_eq!(
            (closed[0].source, closed[0].close.0, closed[0].trades),
            (BarSource::QuoteMids, 12, 1)
        );
    }

    proptest! {
        #[test]
        fn bars_from_ticks_equal_bars_from_finer_bars(
            mut ticks in prop::collection::vec((0u64..7_200_000, 1i64..1_000_000, 0i128..1_000_000), 1..300),
        ) {
            ticks.sort_by_key(|(ts, ..)| *ts);
            let trades: Vec<Trade> = ticks.into_iter().map(|(ts, p, s)| trade(ts, p, s)).collect();
            for (_, secs) in BarInterval::ALL {
                let Some(interval) = BarInterval::from_secs(secs) else { continue };
                let direct = run(interval, &trades);
                for finer in [SECOND, BarInterval::M1] {
                    if interval.secs() % finer.secs() != 0 || interval == finer {
                        continue;
                    }
                    let derived = aggregate(&run(finer, &trades), interval);
                    prop_assert_eq!(direct.len(), derived.len());
                    for (a, b) in direct.iter().zip(&derived) {
                        prop_assert_eq!(Bar { ts_init: UnixNanos(0), ..*a }, Bar { ts_init: UnixNanos(0), ..*b });
                    }
                }
            }
        }
    }
}
