//! Bars from ticks: the builder of one instrument's bars of one interval.
//!
//! | situation | what happens |
//! | --- | --- |
//! | a tick in the open interval | extends the bar; open and close follow event time, not arrival |
//! | a tick of a later interval, or [`BarBuilder::advance`] past the end | closes the bar |
//! | an interval without ticks | yields no bar |
//! | a tick of a closed interval, at most 5 s behind the market | amends that bar: same bar, `revision + 1` |
//! | a tick further behind | counted and dropped |
//! | the feed began or was interrupted inside the interval | the bar has `complete = false` |
//! | a price × size or a sum that does not fit | the tick is counted and left out, the bar is as before |
//!
//! The market's time is the latest event time or the time given to [`BarBuilder::advance`], whichever is later.

use std::collections::VecDeque;

use super::bars::{Bar, BarInterval, BarSource};
use super::event::{Quote, Trade};
use crate::num::NumberError;
use crate::time::SECOND_NS;
use crate::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};

/// How far behind the market's time a tick may be and still amend a closed bar.
pub const LATE_MAX_NS: u64 = 5 * SECOND_NS;

/// A price at a time, from a trade or a quote.
#[derive(Clone, Copy)]
struct Tick {
    price: PriceMantissa,
    size: SizeMantissa,
    ts_event: UnixNanos,
    ts_init: UnixNanos,
}

/// A bar with the event times of its first and last tick.
#[derive(Clone, Copy, Debug)]
struct Open {
    bar: Bar,
    first: UnixNanos,
    last: UnixNanos,
}

/// Builds the bars of one instrument and one interval.
#[derive(Clone, Debug)]
pub struct BarBuilder {
    instrument: InstrumentIdx,
    interval: BarInterval,
    source: BarSource,
    current: Option<Open>,
    /// Closed bars that a late tick could still amend, oldest first. Bounded by the time window.
    closed: VecDeque<Open>,
    /// Start of the first interval that is not closed.
    open_from: UnixNanos,
    /// The market's time.
    clock: UnixNanos,
    /// Since when the feed is known to be whole; `None` until the first tick after an interruption.
    whole_since: Option<UnixNanos>,
    dropped: u64,
    refused: u64,
}

impl BarBuilder {
    /// A builder from trades, whose feed begins with the first of them.
    #[must_use]
    pub fn new(instrument: InstrumentIdx, interval: BarInterval) -> Self {
        Self {
            instrument,
            interval,
            source: BarSource::Trades,
            current: None,
            closed: VecDeque::new(),
            open_from: UnixNanos(0),
            clock: UnixNanos(0),
            whole_since: None,
            dropped: 0,
            refused: 0,
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

    /// The interval.
    #[must_use]
    pub fn interval(&self) -> BarInterval {
        self.interval
    }

    /// What bars are built from.
    #[must_use]
    pub fn source(&self) -> BarSource {
        self.source
    }

    /// The bar that forms, if its interval has had a tick.
    #[must_use]
    pub fn forming(&self) -> Option<Bar> {
        self.current.as_ref().map(|open| open.bar)
    }

    /// How many ticks came too late to amend a bar.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// How many ticks were left out because a figure would not have fitted.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Takes a trade and appends the bars that it closes or amends. Trades of other instruments, and any
    /// trade where the builder is one of quotes, are left alone. Amortised O(1).
    pub fn on_trade(&mut self, trade: &Trade, out: &mut Vec<Bar>) {
        if self.source != BarSource::Trades || trade.instrument != self.instrument {
            return;
        }
        self.take(
            Tick {
                price: trade.price,
                size: trade.size,
                ts_event: trade.ts_event,
                ts_init: trade.ts_init,
            },
            out,
        );
    }

    /// Takes a quote with two sides; its mid, a half of the last decimal rounded to even, is the price.
    pub fn on_quote(&mut self, quote: &Quote, out: &mut Vec<Bar>) {
        let two_sided = quote.bid_size.0 > 0 && quote.ask_size.0 > 0;
        if self.source != BarSource::QuoteMids || quote.instrument != self.instrument || !two_sided {
            return;
        }
        self.take(
            Tick {
                price: mid(quote.bid, quote.ask),
                size: SizeMantissa(0),
                ts_event: quote.ts_event,
                ts_init: quote.ts_init,
            },
            out,
        );
    }

    /// Time went on to `now` without a tick: closes the bar whose interval is over.
    pub fn advance(&mut self, now: UnixNanos, out: &mut Vec<Bar>) {
        self.clock = self.clock.max(now);
        self.close_before(now.floor_to(self.interval.nanos()), now, out);
    }

    /// The feed was interrupted at `ts`: the interval that holds it, the forming bar, and the interval of the
    /// next tick are not complete, unless [`BarBuilder::resumed`] tells that the feed was whole again earlier.
    pub fn interrupted(&mut self, ts: UnixNanos) {
        self.whole_since = None;
        let open = self.current.as_mut();
        if let Some(open) = open.filter(|open| open.bar.ts <= ts) {
            open.bar.complete = false;
        }
    }

    /// The feed is whole again since `since`. An interval that began before stays incomplete.
    pub fn resumed(&mut self, since: UnixNanos) {
        self.whole_since = Some(since);
    }

    fn take(&mut self, tick: Tick, out: &mut Vec<Bar>) {
        // The first tick proves that the feed works, but not that it did when the interval began.
        self.whole_since.get_or_insert(tick.ts_event.plus(1));
        if self.on_tick(tick, out).is_err() {
            self.refused += 1;
        }
    }

    fn on_tick(&mut self, tick: Tick, out: &mut Vec<Bar>) -> Result<(), NumberError> {
        let start = tick.ts_event.floor_to(self.interval.nanos());
        if start < self.open_from {
            return self.amend(start, tick, out);
        }
        if self.current.as_ref().is_some_and(|open| open.bar.ts == start) {
            if let Some(open) = &mut self.current {
                open.add(tick)?;
            }
            self.clock = self.clock.max(tick.ts_event);
            return Ok(());
        }
        let open = Open::new(self, start, tick)?;
        self.clock = self.clock.max(tick.ts_event);
        self.close_before(start, tick.ts_init, out);
        self.current = Some(open);
        Ok(())
    }

    /// Closes everything before `start`.
    fn close_before(&mut self, start: UnixNanos, ts_init: UnixNanos, out: &mut Vec<Bar>) {
        self.open_from = self.open_from.max(start);
        if let Some(mut open) = self.current.take_if(|open| open.bar.ts < start) {
            open.bar.ts_init = ts_init;
            out.push(open.bar);
            self.closed.push_back(open);
        }
        let (clock, length) = (self.clock, self.interval.nanos());
        while self
            .closed
            .front()
            .is_some_and(|open| open.bar.ts.plus(length + LATE_MAX_NS) < clock)
        {
            self.closed.pop_front();
        }
    }

    /// A tick of a closed interval.
    fn amend(&mut self, start: UnixNanos, tick: Tick, out: &mut Vec<Bar>) -> Result<(), NumberError> {
        if self.clock.since(tick.ts_event) > LATE_MAX_NS {
            self.dropped += 1;
            return Ok(());
        }
        let at = self.closed.partition_point(|open| open.bar.ts < start);
        match self.closed.get_mut(at).filter(|open| open.bar.ts == start) {
            Some(open) => {
                open.add(tick)?;
                open.bar.revision = open.bar.revision.saturating_add(1);
                open.bar.ts_init = tick.ts_init;
                out.push(open.bar);
            }
            None => {
                // The interval was empty until now, so that this is its first bar.
                let mut open = Open::new(self, start, tick)?;
                open.bar.ts_init = tick.ts_init;
                out.push(open.bar);
                self.closed.insert(at, open);
            }
        }
        Ok(())
    }
}

impl Open {
    fn new(builder: &BarBuilder, start: UnixNanos, tick: Tick) -> Result<Self, NumberError> {
        let bar = Bar {
            instrument: builder.instrument,
            interval: builder.interval,
            ts: start,
            open: tick.price,
            high: tick.price,
            low: tick.price,
            close: tick.price,
            volume: tick.size,
            value: value(tick)?,
            trades: 1,
            source: builder.source,
            revision: 0,
            complete: builder.whole_since.is_some_and(|since| since <= start),
            ts_init: tick.ts_init,
        };
        Ok(Self {
            bar,
            first: tick.ts_event,
            last: tick.ts_event,
        })
    }

    /// Adds a tick; of ticks at one time the later arrival is the later one.
    fn add(&mut self, tick: Tick) -> Result<(), NumberError> {
        let overflow = |operation| NumberError::Overflow { operation };
        let bar = &mut self.bar;
        let volume = bar.volume.0.checked_add(tick.size.0);
        let volume = volume.ok_or(overflow("sum of sizes"))?;
        let sum = bar.value.checked_add(value(tick)?);
        bar.value = sum.ok_or(overflow("sum of price × size"))?;
        bar.volume = SizeMantissa(volume);
        bar.high = bar.high.max(tick.price);
        bar.low = bar.low.min(tick.price);
        bar.trades = bar.trades.saturating_add(1);
        if tick.ts_event < self.first {
            (bar.open, self.first) = (tick.price, tick.ts_event);
        }
        if tick.ts_event >= self.last {
            (bar.close, self.last) = (tick.price, tick.ts_event);
        }
        Ok(())
    }
}

fn value(tick: Tick) -> Result<i128, NumberError> {
    let product = i128::from(tick.price.0).checked_mul(tick.size.0);
    product.ok_or(NumberError::Overflow {
        operation: "price × size",
    })
}

/// The middle of two prices, a half rounded to even.
fn mid(bid: PriceMantissa, ask: PriceMantissa) -> PriceMantissa {
    let sum = i128::from(bid.0) + i128::from(ask.0);
    let floor = sum.div_euclid(2);
    let rounded = if sum.rem_euclid(2) == 1 && floor % 2 != 0 {
        floor + 1
    } else {
        floor
    };
    // The mean of two i64 lies between them.
    PriceMantissa(i64::try_from(rounded).unwrap_or(bid.0))
}
