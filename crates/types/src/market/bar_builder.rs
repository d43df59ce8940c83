//! Bars from ticks: the builder of one instrument's bars of one interval, live and in history alike.
//!
//! | situation | what happens |
//! | --- | --- |
//! | a tick in the open slot of the grid | extends the bar; open and close follow event time, not arrival |
//! | a tick of a later slot, or [`BarBuilder::advance`] to where no tick belongs to the slot any more | closes the bar |
//! | a slot without ticks | yields no bar |
//! | a tick of a closed bar, at most 5 s behind the market | amends that bar: same stamp, `revision + 1` |
//! | a tick further behind | counted and dropped |
//! | a tick outside the sessions of the grid | counted and left out |
//! | the feed began or was interrupted inside the slot | the bar has `complete = false` |
//! | a price × size or a sum that does not fit | the tick is counted and left out, the bar is as before |
//!
//! The market's time is the latest event time or the time given to [`BarBuilder::advance`], whichever is later.
//! How tick, volume and value bars end is told in [`super::bar_counted`].

use std::collections::VecDeque;

use super::bar_grid::{BarGrid, BarSlot};
use super::bar_interval::{BarInterval, IntervalKind};
use super::bars::{Bar, BarSource, OpenInterest};
use super::event::{Quote, Trade};
use crate::num::NumberError;
use crate::time::SECOND_NS;
use crate::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};

/// How far behind the market's time a tick may be and still amend a closed bar.
pub const LATE_MAX_NS: u64 = 5 * SECOND_NS;

/// A price at a time, from a trade or a quote.
#[derive(Clone, Copy)]
pub(super) struct Tick {
    pub(super) price: PriceMantissa,
    pub(super) size: SizeMantissa,
    pub(super) ts_event: UnixNanos,
    pub(super) ts_init: UnixNanos,
}

/// A bar with its slot and the event times of its first and last tick.
#[derive(Clone, Copy, Debug)]
pub(super) struct Open {
    pub(super) bar: Bar,
    pub(super) slot: BarSlot,
    pub(super) first: UnixNanos,
    pub(super) last: UnixNanos,
}

/// What ends a bar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Goal {
    Time,
    Ticks(u32),
    Volume(i128),
    Value(i128),
}

impl Goal {
    fn of(interval: BarInterval, price_scale: u8, size_scale: u8) -> Self {
        match interval.kind() {
            IntervalKind::Ticks(count) => Self::Ticks(count),
            IntervalKind::Volume(volume) => Self::Volume(volume.at_scale(u32::from(size_scale))),
            IntervalKind::Value(value) => {
                Self::Value(value.at_scale(u32::from(price_scale) + u32::from(size_scale)))
            }
            _ => Self::Time,
        }
    }
}

/// Builds the bars of one instrument and one interval.
#[derive(Clone, Debug)]
pub struct BarBuilder {
    instrument: InstrumentIdx,
    interval: BarInterval,
    source: BarSource,
    grid: BarGrid,
    pub(super) goal: Goal,
    pub(super) current: Option<Open>,
    /// Closed bars that a late tick could still amend, oldest first. Bounded by the time window.
    pub(super) closed: VecDeque<Open>,
    /// Start of the first slot that a later tick has not closed.
    pub(super) open_from: UnixNanos,
    /// The time given to `advance`: slots that settle by then are closed.
    told: UnixNanos,
    /// The market's time.
    pub(super) clock: UnixNanos,
    /// Since when the feed is known to be whole; `None` until the first tick after an interruption.
    whole_since: Option<UnixNanos>,
    /// As last told, and when.
    pub(super) open_interest: Option<(UnixNanos, OpenInterest)>,
    /// Tick, volume and value bars: the least stamp of the next one.
    pub(super) next_stamp: UnixNanos,
    /// The same: bars that ended before are forgotten.
    pub(super) forgotten: UnixNanos,
    pub(super) dropped: u64,
    refused: u64,
    outside: u64,
}

impl BarBuilder {
    /// A builder from trades on the UTC grid, whose feed begins with the first of them.
    #[must_use]
    pub fn new(instrument: InstrumentIdx, interval: BarInterval) -> Self {
        Self {
            instrument,
            interval,
            source: BarSource::Trades,
            grid: BarGrid::Utc,
            goal: Goal::of(interval, 0, 0),
            current: None,
            closed: VecDeque::new(),
            open_from: UnixNanos(0),
            told: UnixNanos(0),
            clock: UnixNanos(0),
            whole_since: None,
            open_interest: None,
            next_stamp: UnixNanos(0),
            forgotten: UnixNanos(0),
            dropped: 0,
            refused: 0,
            outside: 0,
        }
    }

    /// A builder from quote mids, for an instrument without trades. Sizes are 0, `trades` counts quotes.
    #[must_use]
    pub fn from_quotes(instrument: InstrumentIdx, interval: BarInterval) -> Self {
        Self::from_source(instrument, interval, BarSource::QuoteMids)
    }

    /// A builder from trades, or from the mids, bids or offers of quotes. One of [`BarSource::Venue`] takes nothing.
    #[must_use]
    pub fn from_source(instrument: InstrumentIdx, interval: BarInterval, source: BarSource) -> Self {
        Self {
            source,
            ..Self::new(instrument, interval)
        }
    }

    /// The same on another grid, before the first tick.
    #[must_use]
    pub fn on_grid(self, grid: BarGrid) -> Self {
        Self { grid, ..self }
    }

    /// The same for an instrument with these scales, before the first tick: volume and value bars need them. Without,
    /// mantissas count as whole numbers.
    #[must_use]
    pub fn with_scales(self, price_scale: u8, size_scale: u8) -> Self {
        let goal = Goal::of(self.interval, price_scale, size_scale);
        Self { goal, ..self }
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

    /// Where bars begin and end.
    #[must_use]
    pub fn grid(&self) -> &BarGrid {
        &self.grid
    }

    /// The bar that forms, if its slot has had a tick.
    #[must_use]
    pub fn forming(&self) -> Option<Bar> {
        self.current.as_ref().map(|open| open.bar)
    }

    /// The time at which [`BarBuilder::advance`] closes the bar that forms.
    #[must_use]
    pub fn closes_at(&self) -> Option<UnixNanos> {
        self.current.as_ref().map(|open| open.slot.settles)
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

    /// How many ticks came outside the grid's sessions.
    #[must_use]
    pub fn outside(&self) -> u64 {
        self.outside
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

    /// Takes a quote: its bid, its offer, or its mid (a half of the last decimal rounded to even), as the builder's
    /// source says. A quote without the side or sides asked for is left alone.
    pub fn on_quote(&mut self, quote: &Quote, out: &mut Vec<Bar>) {
        let (bid, ask) = (quote.bid_size.0 > 0, quote.ask_size.0 > 0);
        let price = match self.source {
            BarSource::QuoteMids if bid && ask => mid(quote.bid, quote.ask),
            BarSource::QuoteBids if bid => quote.bid,
            BarSource::QuoteAsks if ask => quote.ask,
            _ => return,
        };
        if quote.instrument != self.instrument {
            return;
        }
        self.take(
            Tick {
                price,
                size: SizeMantissa(0),
                ts_event: quote.ts_event,
                ts_init: quote.ts_init,
            },
            out,
        );
    }

    /// The venue told the open interest as of `ts`. Bars carry it from the next tick on; one that is older than what
    /// is known is left alone.
    pub fn on_open_interest(&mut self, ts: UnixNanos, open_interest: OpenInterest) {
        if self.open_interest.is_none_or(|(known, _)| known <= ts) {
            self.open_interest = Some((ts, open_interest));
        }
    }

    /// Time went on to `now` without a tick: closes the bar whose slot is over.
    pub fn advance(&mut self, now: UnixNanos, out: &mut Vec<Bar>) {
        self.clock = self.clock.max(now);
        self.told = self.told.max(now);
        if self.closes_at().is_some_and(|at| at <= now) {
            self.close(now, out);
        }
        self.forget();
    }

    /// The feed was interrupted at `ts`: the slot that holds it, the forming bar, and the slot of the
    /// next tick are not complete, unless [`BarBuilder::resumed`] tells that the feed was whole again earlier.
    pub fn interrupted(&mut self, ts: UnixNanos) {
        self.whole_since = None;
        let open = self.current.as_mut();
        if let Some(open) = open.filter(|open| open.bar.ts <= ts) {
            open.bar.complete = false;
        }
    }

    /// The feed is whole again since `since`. A slot that began before stays incomplete.
    pub fn resumed(&mut self, since: UnixNanos) {
        self.whole_since = Some(since);
    }

    fn take(&mut self, tick: Tick, out: &mut Vec<Bar>) {
        // The first tick proves that the feed works, but not that it did when the slot began.
        self.whole_since.get_or_insert(tick.ts_event.plus(1));
        let Some(slot) = self.slot_of(tick.ts_event) else {
            self.outside += 1;
            return;
        };
        let taken = if self.goal == Goal::Time {
            self.on_timed(slot, tick, out)
        } else {
            self.on_counted(slot, tick, out)
        };
        if taken.is_err() {
            self.refused += 1;
        }
    }

    /// Most ticks fall into the slot that is open. A day with sessions has breaks, and a week has nights.
    #[inline]
    fn slot_of(&self, ts: UnixNanos) -> Option<BarSlot> {
        let unbroken =
            matches!(self.grid, BarGrid::Utc) || matches!(self.interval.kind(), IntervalKind::Fixed { .. });
        let open = self.current.as_ref().map(|open| open.slot).filter(|_| unbroken);
        match open.filter(|slot| slot.start <= ts && ts < slot.end) {
            Some(slot) => Some(slot),
            None => self.grid.slot(self.interval, ts),
        }
    }

    /// Whether a later tick or the clock has closed a slot.
    pub(super) fn is_closed(&self, slot: &BarSlot) -> bool {
        slot.start < self.open_from || slot.settles <= self.told
    }

    fn on_timed(&mut self, slot: BarSlot, tick: Tick, out: &mut Vec<Bar>) -> Result<(), NumberError> {
        if self.is_closed(&slot) {
            return self.amend(slot, tick, out);
        }
        let known = self.open_interest;
        if let Some(open) = self.current.as_mut().filter(|open| open.slot.start == slot.start) {
            open.add(tick, known)?;
            self.clock = self.clock.max(tick.ts_event);
            return Ok(());
        }
        let open = Open::new(self, slot, slot.start, tick)?;
        self.clock = self.clock.max(tick.ts_event);
        self.close(tick.ts_init, out);
        self.begin(open);
        Ok(())
    }

    /// A bar begins to form.
    pub(super) fn begin(&mut self, open: Open) {
        self.open_from = self.open_from.max(open.slot.start);
        self.current = Some(open);
    }

    /// Closes the bar that forms.
    pub(super) fn close(&mut self, ts_init: UnixNanos, out: &mut Vec<Bar>) {
        if let Some(mut open) = self.current.take() {
            open.bar.ts_init = ts_init;
            out.push(open.bar);
            self.closed.push_back(open);
        }
        self.forget();
    }

    /// Forgets the closed bars that no tick can amend any more.
    fn forget(&mut self) {
        if self.goal != Goal::Time {
            self.forget_counted();
            return;
        }
        let clock = self.clock;
        let out_of_reach = |open: &Open| open.slot.settles.plus(LATE_MAX_NS) < clock;
        while self.closed.front().is_some_and(out_of_reach) {
            self.closed.pop_front();
        }
    }

    /// A tick of a closed slot.
    fn amend(&mut self, slot: BarSlot, tick: Tick, out: &mut Vec<Bar>) -> Result<(), NumberError> {
        if self.clock.since(tick.ts_event) > LATE_MAX_NS {
            self.dropped += 1;
            return Ok(());
        }
        let at = self.closed.partition_point(|open| open.slot.start < slot.start);
        if self
            .closed
            .get(at)
            .is_some_and(|open| open.slot.start == slot.start)
        {
            return self.revise(at, tick, out);
        }
        // The slot was empty until now, so that this is its first bar.
        let open = Open::new(self, slot, slot.start, tick)?;
        out.push(open.bar);
        self.closed.insert(at, open);
        Ok(())
    }

    /// Adds a late tick to a closed bar.
    pub(super) fn revise(&mut self, at: usize, tick: Tick, out: &mut Vec<Bar>) -> Result<(), NumberError> {
        let known = self.open_interest;
        if let Some(open) = self.closed.get_mut(at) {
            open.add(tick, known)?;
            open.bar.revision = open.bar.revision.saturating_add(1);
            open.bar.ts_init = tick.ts_init;
            out.push(open.bar);
        }
        Ok(())
    }
}

impl Open {
    pub(super) fn new(
        builder: &BarBuilder,
        slot: BarSlot,
        stamp: UnixNanos,
        tick: Tick,
    ) -> Result<Self, NumberError> {
        let bar = Bar {
            instrument: builder.instrument,
            interval: builder.interval,
            ts: stamp,
            open: tick.price,
            high: tick.price,
            low: tick.price,
            close: tick.price,
            volume: tick.size,
            value: value(tick)?,
            trades: 1,
            open_interest: standing(builder.open_interest, tick),
            source: builder.source,
            revision: 0,
            complete: builder.whole_since.is_some_and(|since| since <= slot.start),
            ts_init: tick.ts_init,
        };
        Ok(Self {
            bar,
            slot,
            first: tick.ts_event,
            last: tick.ts_event,
        })
    }

    /// Adds a tick; of ticks at one time the later arrival is the later one.
    pub(super) fn add(
        &mut self,
        tick: Tick,
        known: Option<(UnixNanos, OpenInterest)>,
    ) -> Result<(), NumberError> {
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
            bar.open_interest = standing(known, tick).or(bar.open_interest);
        }
        Ok(())
    }
}

/// The open interest when a tick happened, if what is known was told by then.
fn standing(known: Option<(UnixNanos, OpenInterest)>, tick: Tick) -> Option<OpenInterest> {
    known
        .filter(|(ts, _)| *ts <= tick.ts_event)
        .map(|(_, open_interest)| open_interest)
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
