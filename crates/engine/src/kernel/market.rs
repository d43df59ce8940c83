//! What the kernel knows of the market: quotes, books, trades, bars and their data states, per instrument.
//!
//! Once an instrument's book is synchronised its quote comes from the book; quote messages count only without one,
//! so that two sources never race. An interrupted feed ([`MarketEvent::Reset`]) makes the quote `STALE` until the
//! next snapshot.

mod derived;

pub use derived::ReadBars;

use std::collections::VecDeque;
use std::sync::Arc;

use rust_decimal::Decimal;
use tradewind_indicators::Scales;
use tradewind_strategy::{StrategyOpinion, StrategySet};
use tradewind_types::market::book::OrderBook;
use tradewind_types::market::{
    Bar, BarBuilder, BarGrid, BarInterval, BookAction, BookLevel, BookUpdate, DataState, MarketEvent, Quote,
    Trade,
};
use tradewind_types::{Instrument, InstrumentIdx, PriceMantissa, Side, SizeMantissa, UnixNanos};

use super::{Actions, Kernel, KernelConfig};

/// Market state that changed. The sink reads the details from the kernel it is given.
#[derive(Debug, Clone, PartialEq)]
pub enum MarketPublication {
    /// Best bid or offer changed.
    Quote(InstrumentIdx),
    /// A public trade.
    Trade(Trade),
    /// Levels of the book changed (`snapshot`: were replaced).
    Book {
        /// Instrument.
        instrument: InstrumentIdx,
        /// Whether the whole book was replaced.
        snapshot: bool,
        /// The levels of the message; size 0 = removed.
        levels: Vec<BookLevel>,
    },
    /// A bar closed, or a closed bar was amended.
    Bar(Bar),
    /// The strategies spoke on a closed bar.
    Opinions {
        /// Instrument.
        instrument: InstrumentIdx,
        /// The bar.
        bar_ts: UnixNanos,
    },
    /// The feed of an instrument was interrupted.
    Reset(InstrumentIdx),
}

/// Closed bars of one interval and the one that forms.
#[derive(Debug)]
pub struct Series {
    builder: BarBuilder,
    closed: VecDeque<Bar>,
}

impl Series {
    /// Closed bars, oldest first.
    #[must_use]
    pub fn closed(&self) -> &VecDeque<Bar> {
        &self.closed
    }

    /// The bar that forms, if its interval has had a trade.
    #[must_use]
    pub fn forming(&self) -> Option<Bar> {
        self.builder.forming()
    }

    /// Adds a closed bar in order of time, or replaces an older revision. False when it changed nothing.
    fn insert(&mut self, bar: Bar, max: usize) -> bool {
        match self.closed.binary_search_by_key(&bar.ts, |b| b.ts) {
            Ok(at) => {
                // A bar from the venue's history gives way to one of our own; a higher revision replaces a lower.
                let old = self.closed[at];
                if (old.source == bar.source && bar.revision <= old.revision) || bar.source == VENUE {
                    return false;
                }
                self.closed[at] = bar;
            }
            Err(0) if self.closed.len() >= max => return false,
            Err(at) => self.closed.insert(at, bar),
        }
        while self.closed.len() > max {
            self.closed.pop_front();
        }
        true
    }
}

const VENUE: tradewind_types::market::BarSource = tradewind_types::market::BarSource::Venue;

/// Everything known of one instrument's market.
#[derive(Debug)]
pub struct MarketState {
    instrument: Arc<Instrument>,
    book: OrderBook,
    quote: Option<Quote>,
    interrupted: bool,
    late: bool,
    /// Past trades are coming in: bars close by trades until this time, not by the clock.
    catching_up_until: UnixNanos,
    last_trade: Option<Trade>,
    trades: VecDeque<Trade>,
    series: Vec<(BarInterval, Series)>,
    /// Where its bars begin and end.
    grid: BarGrid,
    /// The strategies on this instrument.
    pub strategies: StrategySet,
    /// What they last said.
    pub opinions: Vec<StrategyOpinion>,
    /// Of which bar.
    pub opinions_ts: UnixNanos,
}

/// Most kinds of tick, volume and value bars that are kept for every instrument.
pub const COUNT_BARS_MAX: usize = 8;
/// How long after its end a bar waits for the trades that are still on their way.
pub(super) const CLOSE_GRACE_NS: u64 = 250_000_000;
/// How long after the last past trade the clock closes bars again.
const CATCHING_UP_NS: u64 = tradewind_types::time::SECOND_NS;
/// Data this much behind the venue's clock is flagged late.
pub const LATE_NS: u64 = 5 * tradewind_types::time::SECOND_NS;

impl MarketState {
    pub(super) fn new(idx: InstrumentIdx, instrument: Arc<Instrument>, config: &KernelConfig) -> Self {
        let scales = Scales::from(&*instrument);
        let sessions = config.bar_sessions.get(&*instrument.calendar).cloned();
        let mut state = Self {
            instrument,
            book: OrderBook::new(idx),
            quote: None,
            interrupted: false,
            late: false,
            catching_up_until: UnixNanos(0),
            last_trade: None,
            trades: VecDeque::new(),
            series: Vec::new(),
            grid: sessions.map_or(BarGrid::Utc, BarGrid::from),
            strategies: StrategySet::scalping(config.strategy_interval, scales),
            opinions: Vec::new(),
            opinions_ts: UnixNanos(0),
        };
        let counted = config.count_bars.iter().copied().take(COUNT_BARS_MAX);
        for interval in BarInterval::every()
            .chain([config.strategy_interval])
            .chain(counted)
        {
            state.keep(interval);
        }
        state
    }

    /// Builds bars of an interval from now on. Every time interval is built anyway; tick, volume and value bars are
    /// when a strategy runs on them.
    pub(super) fn keep(&mut self, interval: BarInterval) {
        if self.series(interval).is_none() {
            let series = Series {
                builder: self.builder(interval),
                closed: VecDeque::new(),
            };
            self.series.push((interval, series));
        }
    }

    /// Keeps the counted bars that strategies run on now, and no more those on which one did.
    fn keep_counted(&mut self, counted: &[BarInterval], config: &KernelConfig) {
        let named = |i: &BarInterval| *i == config.strategy_interval || config.count_bars.contains(i);
        self.series
            .retain(|(i, _)| i.is_time() || named(i) || counted.contains(i));
        for interval in counted {
            self.keep(*interval);
        }
    }

    fn builder(&self, interval: BarInterval) -> BarBuilder {
        let of = &self.instrument;
        BarBuilder::new(self.book.instrument(), interval)
            .on_grid(self.grid.clone())
            .with_scales(of.price_scale, of.size_scale)
    }

    /// Where bars begin and end.
    #[must_use]
    pub fn grid(&self) -> &BarGrid {
        &self.grid
    }

    pub(super) fn redefine(&mut self, instrument: Arc<Instrument>) {
        self.instrument = instrument;
    }

    /// The definition.
    #[must_use]
    pub fn instrument(&self) -> &Arc<Instrument> {
        &self.instrument
    }

    /// The book.
    #[must_use]
    pub fn book(&self) -> &OrderBook {
        &self.book
    }

    /// The last quote, whatever its state.
    #[must_use]
    pub fn quote(&self) -> Option<&Quote> {
        self.quote.as_ref()
    }

    /// The last public trade.
    #[must_use]
    pub fn last_trade(&self) -> Option<&Trade> {
        self.last_trade.as_ref()
    }

    /// Recent public trades, oldest first.
    #[must_use]
    pub fn trades(&self) -> &VecDeque<Trade> {
        &self.trades
    }

    /// Whether the last data was more than 5 s behind the venue's clock.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.late
    }

    /// Whether past trades are coming in.
    pub(super) fn is_catching_up(&self, now: UnixNanos) -> bool {
        now < self.catching_up_until
    }

    /// Bars of an interval.
    #[must_use]
    pub fn series(&self, interval: BarInterval) -> Option<&Series> {
        self.series
            .iter()
            .find(|(i, _)| *i == interval)
            .map(|(_, series)| series)
    }

    /// Best bid and offer when both sides have size.
    #[must_use]
    pub fn best(&self) -> Option<(Decimal, Decimal)> {
        let quote = self
            .quote
            .as_ref()
            .filter(|q| q.bid_size.0 > 0 && q.ask_size.0 > 0)?;
        let scale = self.instrument.price_scale;
        Some((quote.bid.to_decimal(scale), quote.ask.to_decimal(scale)))
    }

    /// State of the quote at a time.
    #[must_use]
    pub fn data_state(&self, now: UnixNanos) -> DataState {
        let heard = self.quote.as_ref().map(|q| q.ts_init);
        match DataState::at(heard, now, self.instrument.stale_after_ns) {
            DataState::Valid if self.interrupted => DataState::Stale,
            state => state,
        }
    }

    /// Sets the quote without asking whether it is late or moved: history.
    #[inline]
    pub(super) fn show(&mut self, quote: Quote) {
        self.quote = Some(quote);
    }

    pub(super) fn take_quote(&mut self, quote: Quote) -> bool {
        self.late = quote.ts_init.since(quote.ts_event) > LATE_NS;
        let moved = self.quote.is_none_or(|old| {
            (old.bid, old.ask, old.bid_size, old.ask_size)
                != (quote.bid, quote.ask, quote.bid_size, quote.ask_size)
        });
        self.quote = Some(quote);
        moved
    }

    fn take_book(&mut self, update: &BookUpdate) -> bool {
        if self.book.apply(update).is_err() {
            return false;
        }
        self.interrupted = false;
        match self.book.quote() {
            Some(quote) if !self.book.is_crossed() => self.take_quote(quote),
            _ => false,
        }
    }

    /// Sets a level of a book of history, which begins empty.
    pub(super) fn set_level(&mut self, side: Side, price: PriceMantissa, size: SizeMantissa, ts: UnixNanos) {
        if !self.book.is_synchronised() {
            self.clear_levels(ts);
        }
        let level = BookLevel { side, price, size };
        self.change_levels(BookAction::Delta, &[level], ts);
    }

    /// Empties a book of history.
    pub(super) fn clear_levels(&mut self, ts: UnixNanos) {
        self.change_levels(BookAction::Snapshot, &[], ts);
    }

    fn change_levels(&mut self, action: BookAction, levels: &[BookLevel], ts: UnixNanos) {
        let update = BookUpdate {
            instrument: self.book.instrument(),
            action,
            levels: levels.iter().copied().collect(),
            ts_event: ts,
            ts_init: ts,
        };
        // It is synchronised by now, which is all that can be refused.
        let _ = self.book.apply(&update);
    }

    fn take_trade(&mut self, trade: &Trade, config: &KernelConfig) {
        if self
            .last_trade
            .as_ref()
            .is_none_or(|last| last.ts_event <= trade.ts_event)
        {
            self.last_trade = Some(trade.clone());
        }
        if trade.ts_init.since(trade.ts_event) > LATE_NS {
            self.catching_up_until = trade.ts_init.plus(CATCHING_UP_NS);
        }
        if self.trades.len() >= config.trades_max {
            self.trades.pop_front();
        }
        self.trades.push_back(trade.clone());
    }

    fn reset(&mut self, now: UnixNanos) {
        self.book.reset();
        self.interrupted = true;
        for (_, series) in &mut self.series {
            series.builder.interrupted(now);
        }
    }
}

impl Kernel {
    /// When a closed bar had ended, by the grid of its instrument.
    pub(super) fn end_of(&self, bar: &Bar) -> UnixNanos {
        let market = self.markets.get(bar.instrument.slot());
        market.map_or_else(|| bar.ended_by(), |m| m.grid.end_of(bar))
    }

    /// Whether a bar that ended then comes too late to be acted on: a whole interval, or, for tick, volume and value
    /// bars, as late as data may be.
    pub(super) fn is_late(&self, bar: &Bar, ended: UnixNanos) -> bool {
        let bearable = if bar.interval.is_time() {
            bar.interval.nanos()
        } else {
            LATE_NS
        };
        self.now.since(ended) > bearable
    }

    pub(super) fn market_event(&mut self, event: &MarketEvent, actions: &mut Actions) {
        let idx = event.instrument();
        if self.markets.get(idx.slot()).is_none() {
            return;
        }
        match event {
            MarketEvent::Quote(quote) => self.on_quote(idx, *quote, actions),
            MarketEvent::Book(update) => self.on_book(idx, update, actions),
            MarketEvent::Trade(trade) => self.on_trade(idx, trade, actions),
            MarketEvent::Bar(bar) => self.on_bar(idx, *bar, actions),
            MarketEvent::Reset { .. } => {
                self.markets[idx.slot()].reset(self.now);
                actions.publications.push(MarketPublication::Reset(idx));
            }
        }
    }

    fn on_quote(&mut self, idx: InstrumentIdx, quote: Quote, actions: &mut Actions) {
        let market = &mut self.markets[idx.slot()];
        if market.book.is_synchronised() {
            return;
        }
        market.interrupted = false;
        let moved = market.take_quote(quote);
        if moved {
            actions.publications.push(MarketPublication::Quote(idx));
        }
        self.paper_on_market(idx, actions);
        if moved {
            self.deployed_on_quote(idx, &quote, actions);
        }
    }

    fn on_book(&mut self, idx: InstrumentIdx, update: &BookUpdate, actions: &mut Actions) {
        let market = &mut self.markets[idx.slot()];
        let moved = market.take_book(update);
        if !market.book.is_synchronised() {
            return;
        }
        actions.publications.push(MarketPublication::Book {
            instrument: idx,
            snapshot: update.action == tradewind_types::market::BookAction::Snapshot,
            levels: update.levels.to_vec(),
        });
        let quote = market.quote.filter(|_| moved);
        if moved {
            actions.publications.push(MarketPublication::Quote(idx));
        }
        self.paper_on_market(idx, actions);
        if let Some(quote) = quote {
            self.deployed_on_quote(idx, &quote, actions);
        }
    }

    fn on_trade(&mut self, idx: InstrumentIdx, trade: &Trade, actions: &mut Actions) {
        let config = &self.config;
        let market = &mut self.markets[idx.slot()];
        if self.deployed.counted_on(idx).any(|i| market.series(i).is_none()) {
            let counted: Vec<BarInterval> = self.deployed.counted_on(idx).collect();
            market.keep_counted(&counted, config);
        }
        market.take_trade(trade, config);
        let mut closed = Vec::new();
        for (_, series) in &mut market.series {
            series.builder.on_trade(trade, &mut closed);
        }
        self.take_closed(idx, closed, actions);
        actions.publications.push(MarketPublication::Trade(trade.clone()));
        self.paper_on_trade(trade, actions);
    }

    /// A bar from the venue's history.
    fn on_bar(&mut self, idx: InstrumentIdx, bar: Bar, actions: &mut Actions) {
        self.take_closed(idx, vec![bar], actions);
    }

    /// Lets time close the bars whose interval has ended. The builders are told the end of the bar, not the time that
    /// it is: trades that are still on their way then amend it instead of being too late.
    pub(super) fn close_bars(&mut self, idx: InstrumentIdx, actions: &mut Actions) {
        let now = UnixNanos(self.now.0.saturating_sub(CLOSE_GRACE_NS));
        let market = &mut self.markets[idx.slot()];
        if self.now < market.catching_up_until {
            return;
        }
        let mut closed = Vec::new();
        for (_, series) in &mut market.series {
            let end = series.builder.closes_at();
            if let Some(end) = end.filter(|end| *end <= now) {
                series.builder.advance(end, &mut closed);
            }
        }
        self.take_closed(idx, closed, actions);
    }

    fn take_closed(&mut self, idx: InstrumentIdx, closed: Vec<Bar>, actions: &mut Actions) {
        for bar in closed {
            let max = self.config.bars_max;
            let market = &mut self.markets[idx.slot()];
            let Some((_, series)) = market.series.iter_mut().find(|(i, _)| *i == bar.interval) else {
                continue;
            };
            if !series.insert(bar, max) {
                continue;
            }
            actions.publications.push(MarketPublication::Bar(bar));
            self.strategies_on_bar(idx, &bar, actions);
            self.deployed_on_bar(idx, &bar, actions);
        }
    }
}
