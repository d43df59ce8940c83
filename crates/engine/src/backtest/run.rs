//! One run: rows in order of time through the kernel and the strategies.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rust_decimal::Decimal;
use tradewind_ledger::{FxError, FxRates};
use tradewind_strategy::{Instance, Intent, Intents, OwnFill, OwnPosition, Ran, Strategy};
use tradewind_types::market::{Bar, BarBuilder, BarInterval, Quote, Trade};
use tradewind_types::{AccountId, Currency, Instrument, InstrumentIdx, StrategyId, UnixNanos};

use super::capture::{Capture, FillNews};
use super::config::EquitySampling;
use super::data::{DataError, Depth, GapCount, Merge, Row};
use super::meter::{EquityPoint, Meter};
use crate::kernel::{Actions, Actor, DepthError, EntryStyle, Kernel};

/// Rows between two reports of progress and two looks at the cancel flag.
const PROGRESS_ROWS: u64 = 16_384;
/// How often fills may lead to intents that fill at once again, per row.
const REACTIONS_MAX: usize = 8;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// Rows handled.
    pub rows: u64,
    /// Time of the last one.
    pub time: UnixNanos,
    /// Orders made.
    pub orders: usize,
    /// About what the account is worth.
    pub equity: f64,
}

/// Who is told of progress, and who may stop the run.
#[derive(Default, Clone, Copy)]
pub struct Control<'a> {
    /// Told every 16,384 rows.
    pub progress: Option<&'a (dyn Fn(Progress) + Sync)>,
    /// Set by whoever wants the run to stop.
    pub cancel: Option<&'a AtomicBool>,
}

/// A run that ended early.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// Its data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// Somebody stopped it.
    #[error("canceled after {rows} rows")]
    Canceled {
        /// Rows handled until then.
        rows: u64,
    },
    /// A change of a book that does not fit it.
    #[error("book at {0}: {1}")]
    Depth(UnixNanos, DepthError),
    /// The account cannot be valued in its currency.
    #[error("{0}; [[fx]] has to name one")]
    NoRate(FxError),
}

/// Rows by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RowCounts {
    /// Bars.
    pub bars: u64,
    /// Quotes.
    pub quotes: u64,
    /// Trades.
    pub trades: u64,
    /// Changes of books.
    pub depth: u64,
}

/// What a run leaves.
#[derive(Debug)]
pub struct RunOutput {
    /// Orders, fills, trades.
    pub capture: Capture,
    /// Equity over time, the first point being the beginning.
    pub equity: Vec<EquityPoint>,
    /// Rows handled.
    pub rows: RowCounts,
    /// When the first row was known.
    pub first: UnixNanos,
    /// When the last row was known.
    pub last: UnixNanos,
    /// Intents that made no order.
    pub dropped: u64,
    /// Strategies that stopped themselves, and why.
    pub stopped: Vec<(StrategyId, String)>,
    /// Gaps by feed.
    pub gaps: Vec<GapCount>,
    /// Last price of each instrument.
    pub last_prices: Vec<i64>,
    /// Instruments by index.
    pub instruments: Vec<Arc<Instrument>>,
    /// Outcomes that did not fit; 0 unless something is broken.
    pub illegal: u64,
    /// The first law of the ledger that does not hold, if one does not.
    pub broken: Option<String>,
    /// Positions that are open at the end.
    pub open_positions: Vec<(InstrumentIdx, Decimal)>,
    /// Exchange rates, for figures in other currencies than the account's.
    pub fx: FxRates,
    /// The account's currency.
    pub currency: Currency,
}

impl RunOutput {
    /// What one unit of an instrument's money was worth in the account's currency at a time; 1 where they are the same.
    /// A run whose samples have all their rates has one for every fill, older ones included.
    #[must_use]
    pub fn rate_of(&self, instrument: InstrumentIdx, ts: UnixNanos) -> Option<Decimal> {
        let quote = self.instruments.get(instrument.slot())?.quote;
        if quote == self.currency {
            return Some(Decimal::ONE);
        }
        let found = self.fx.rate(quote, self.currency, ts, u64::MAX);
        found.ok().map(|q| q.rate)
    }
}

/// One strategy on its instruments.
pub struct Player<S> {
    /// Name of the instance.
    pub id: StrategyId,
    /// Its instruments by slot.
    pub slots: Vec<InstrumentIdx>,
    /// The strategy with its bars.
    pub instance: Instance<S>,
}

/// What else a run is made of.
pub struct Stage {
    /// With account, instruments, fees and assumptions set.
    pub kernel: Kernel,
    /// The account that trades.
    pub account: AccountId,
    /// How entries are made that leave it open.
    pub style: EntryStyle,
    /// Whether orders meet the close that they were made on.
    pub fill_at_close: bool,
    /// Half of the spread assumed around bars, in units of the price scale, by instrument.
    pub half_spread: Vec<i64>,
    /// Bars of the strategies; built from quotes or trades where the data has none.
    pub interval: BarInterval,
    /// How often equity is written down.
    pub sampling: EquitySampling,
}

impl Stage {
    /// A builder of the strategies' bars, on the same grid as bars that are built live.
    fn builder(
        &self,
        idx: InstrumentIdx,
        new: impl FnOnce(InstrumentIdx, BarInterval) -> BarBuilder,
    ) -> BarBuilder {
        let builder = new(idx, self.interval);
        let Some(market) = self.kernel.market_at(idx) else {
            return builder;
        };
        let of = market.instrument();
        builder
            .on_grid(market.grid().clone())
            .with_scales(of.price_scale, of.size_scale)
    }
}

struct Runner<S> {
    stage: Stage,
    players: Vec<Player<S>>,
    /// By instrument: which player, which of its slots.
    routes: Vec<Vec<(usize, usize)>>,
    builders: Vec<Option<BarBuilder>>,
    /// Players that are asked when a time is over.
    partial: Vec<usize>,
    actions: Actions,
    intents: Intents,
    built: Vec<Bar>,
    news: Vec<FillNews>,
    capture: Capture,
    meter: Meter,
    last_prices: Vec<i64>,
    rows: RowCounts,
    dropped: u64,
    stopped: Vec<(StrategyId, String)>,
    touched: bool,
}

/// Runs strategies over merged data. Statically dispatched for one kind of strategy; `Box<dyn Strategy>` for any.
///
/// # Errors
/// [`RunError`].
pub fn run<S: Strategy>(
    stage: Stage,
    players: Vec<Player<S>>,
    mut data: Merge,
    control: &Control<'_>,
) -> Result<RunOutput, RunError> {
    let mut runner = Runner::new(stage, players);
    let (mut first, mut last) = (None, UnixNanos(0));
    while let Some((known, row)) = data.next_row()? {
        let opens = match &row {
            Row::Bar(bar) => bar.ts,
            Row::Quote(_) | Row::Trade(_) | Row::Depth(_) => known,
        };
        if first.is_none() {
            first = Some(known);
            runner.begin(opens);
        }
        if known > last {
            runner.time_is_over(last, known)?;
        }
        last = known;
        runner.capture.known = known;
        runner.carry(opens);
        match row {
            Row::Bar(bar) => runner.bar(&bar, known),
            Row::Quote(quote) => runner.quote(&quote),
            Row::Trade(trade) => runner.trade(&trade),
            Row::Depth(depth) => runner.depth(&depth)?,
        }
        if data.rows().is_multiple_of(PROGRESS_ROWS) {
            runner.report(data.rows(), known, control)?;
        }
    }
    let gaps = data.gaps();
    runner.finish(first.unwrap_or_default(), last, gaps)
}

impl<S: Strategy> Runner<S> {
    fn new(stage: Stage, players: Vec<Player<S>>) -> Self {
        let count = stage.kernel.instruments().len();
        let mut routes = vec![Vec::new(); count];
        for (at, player) in players.iter().enumerate() {
            for (slot, idx) in player.slots.iter().enumerate() {
                routes[idx.slot()].push((at, slot));
            }
        }
        let partial = players
            .iter()
            .enumerate()
            .filter(|(_, p)| {
                p.instance.inputs().alignment == tradewind_strategy::Alignment::Partial && p.slots.len() > 1
            })
            .map(|(at, _)| at)
            .collect();
        Self {
            meter: Meter::new(stage.sampling.span_ns()),
            stage,
            players,
            routes,
            builders: (0..count).map(|_| None).collect(),
            partial,
            actions: Actions::default(),
            intents: Intents::new(),
            built: Vec::new(),
            news: Vec::new(),
            capture: Capture::new(count),
            last_prices: vec![0; count],
            rows: RowCounts::default(),
            dropped: 0,
            stopped: Vec::new(),
            touched: false,
        }
    }

    /// Before the first row, which opens at `ts`.
    fn begin(&mut self, ts: UnixNanos) {
        self.stage.kernel.replay_from(ts);
        self.meter.begin(ts.plus(1));
        self.meter.resync(&self.stage.kernel, &self.stage.account);
        self.meter.sample(ts, &self.stage.kernel, &self.stage.account);
    }

    /// What time brings until `ts`: funding, interest, settlements.
    #[inline]
    fn carry(&mut self, ts: UnixNanos) {
        self.stage.kernel.replay_carry(ts, &mut self.actions);
        if !self.actions.records.is_empty() {
            self.settle_records(None);
            self.meter.resync(&self.stage.kernel, &self.stage.account);
        }
    }

    /// All rows known until `last` have come; the next is known later.
    fn time_is_over(&mut self, last: UnixNanos, next: UnixNanos) -> Result<(), RunError> {
        for at in 0..self.partial.len() {
            let player = self.partial[at];
            let mut intents = std::mem::take(&mut self.intents);
            let ran = self.players[player].instance.flush(&mut intents);
            self.intents = intents;
            self.asked(player, ran);
        }
        self.carry(last);
        if self.meter.is_due(next) {
            if last > UnixNanos(0) {
                self.sample(last)?;
            }
            self.meter.begin(next);
        }
        Ok(())
    }

    fn sample(&mut self, ts: UnixNanos) -> Result<(), RunError> {
        if let Err(error) = self.stage.kernel.check_rates(&self.stage.account) {
            return Err(RunError::NoRate(error));
        }
        self.meter.sample(ts, &self.stage.kernel, &self.stage.account);
        if self.stage.sampling != EquitySampling::Row || self.touched {
            self.value_account();
            self.touched = false;
        }
        Ok(())
    }

    /// The kernel values the account and looks at its limits.
    fn value_account(&mut self) {
        let account = self.stage.account.clone();
        self.stage.kernel.replay_account(&account, &mut self.actions);
        self.settle(None);
        self.meter.resync(&self.stage.kernel, &self.stage.account);
    }

    #[inline]
    fn bar(&mut self, bar: &Bar, known: UnixNanos) {
        self.rows.bars += 1;
        let idx = bar.instrument;
        let half = self.stage.half_spread[idx.slot()];
        self.stage.kernel.replay_bar(bar, known, half, &mut self.actions);
        self.settle(None);
        self.capture.lived(idx, bar.low.0, bar.high.0);
        self.priced(idx, bar.close.0);
        if bar.interval == self.stage.interval {
            self.closed(bar);
        }
    }

    #[inline]
    fn quote(&mut self, quote: &Quote) {
        self.rows.quotes += 1;
        let idx = quote.instrument;
        let stage = &self.stage;
        let builder =
            self.builders[idx.slot()].get_or_insert_with(|| stage.builder(idx, BarBuilder::from_quotes));
        builder.on_quote(quote, &mut self.built);
        // Bars that this quote's time closed were known before it.
        self.closed_bars();
        self.stage.kernel.replay_quote(quote, &mut self.actions);
        self.settle(None);
        self.quoted(quote);
    }

    /// A quote is what everybody sees now.
    #[inline]
    fn quoted(&mut self, quote: &Quote) {
        let idx = quote.instrument;
        let mid = quote.bid.0.midpoint(quote.ask.0);
        self.capture.lived(idx, mid, mid);
        self.priced(idx, mid);
        for route in 0..self.routes[idx.slot()].len() {
            let (player, slot) = self.routes[idx.slot()][route];
            let mut intents = std::mem::take(&mut self.intents);
            let ran = self.players[player].instance.on_quote(slot, quote, &mut intents);
            self.intents = intents;
            self.asked(player, ran);
        }
    }

    fn trade(&mut self, trade: &Trade) {
        self.rows.trades += 1;
        let idx = trade.instrument;
        if self.builders[idx.slot()]
            .as_ref()
            .is_none_or(|b| b.source() == tradewind_types::market::BarSource::Trades)
        {
            let stage = &self.stage;
            let builder =
                self.builders[idx.slot()].get_or_insert_with(|| stage.builder(idx, BarBuilder::new));
            builder.on_trade(trade, &mut self.built);
            self.closed_bars();
        }
        self.stage.kernel.replay_trade(trade, &mut self.actions);
        self.settle(None);
    }

    /// A change of a book. The strategies' bars are of its mid prices; they are shown the quote where it moved.
    fn depth(&mut self, depth: &Depth) -> Result<(), RunError> {
        self.rows.depth += 1;
        let idx = depth.instrument;
        // Bars that this time ends were known before it.
        if let Some(builder) = &mut self.builders[idx.slot()] {
            builder.advance(depth.ts, &mut self.built);
            self.closed_bars();
        }
        self.stage.kernel.replay_time(depth.ts, &mut self.actions);
        self.settle(None);
        let done = self.stage.kernel.replay_depth(depth, &mut self.actions);
        done.map_err(|error| RunError::Depth(depth.ts, error))?;
        self.settle(None);
        if depth.more {
            return Ok(());
        }
        let Some(quote) = self.stage.kernel.depth_quote(idx) else {
            self.stage.kernel.replay_book(idx, None, &mut self.actions);
            self.settle(None);
            return Ok(());
        };
        let stage = &self.stage;
        let builder =
            self.builders[idx.slot()].get_or_insert_with(|| stage.builder(idx, BarBuilder::from_quotes));
        builder.on_quote(&quote, &mut self.built);
        self.closed_bars();
        self.stage.kernel.replay_book(idx, Some(quote), &mut self.actions);
        self.settle(None);
        self.quoted(&quote);
        Ok(())
    }

    #[inline]
    fn closed_bars(&mut self) {
        if self.built.is_empty() {
            return;
        }
        let bars = std::mem::take(&mut self.built);
        for bar in &bars {
            // What is decided on a bar is decided when it has ended, and never later than what ended it.
            let market = self.stage.kernel.market_at(bar.instrument);
            let end = market.map_or_else(|| bar.ended_by(), |m| m.grid().end_of(bar));
            let end = end.min(self.capture.known.max(bar.ts_init));
            self.stage.kernel.replay_time(end, &mut self.actions);
            self.settle(None);
            self.closed(bar);
        }
        self.built = bars;
        self.built.clear();
    }

    /// A bar has closed: the strategies that trade its instrument see it.
    #[inline]
    fn closed(&mut self, bar: &Bar) {
        let slot_of = bar.instrument.slot();
        for route in 0..self.routes[slot_of].len() {
            let (player, slot) = self.routes[slot_of][route];
            if self.players[player].instance.inputs().equity {
                self.allot(player);
            }
            let ran = self.players[player].instance.on_bar(slot, bar, &mut self.intents);
            if !self.intents.is_empty() || ran == Ran::Halted {
                self.asked(player, ran);
            }
        }
    }

    #[cold]
    fn allot(&mut self, player: usize) {
        let value = self.stage.kernel.valuation(&self.stage.account);
        let Player { instance, slots, .. } = &mut self.players[player];
        for (slot, idx) in slots.iter().enumerate() {
            instance.set_rate(slot, self.stage.kernel.rate_of(&self.stage.account, *idx));
        }
        if let Some(equity) = value.and_then(|v| v.equity) {
            instance.set_equity(equity);
        }
    }

    #[inline]
    fn priced(&mut self, idx: InstrumentIdx, price: i64) {
        self.last_prices[idx.slot()] = price;
        if self.meter.moved(idx, price) {
            self.value_account();
        }
    }

    /// Acts on what a strategy asked for.
    fn asked(&mut self, player: usize, ran: Ran) {
        if ran == Ran::Halted {
            self.note_halt(player);
        }
        if self.intents.is_empty() {
            return;
        }
        let intents = std::mem::take(&mut self.intents);
        for intent in &intents {
            self.act(player, intent);
        }
        self.intents = intents;
        self.intents.clear();
    }

    fn act(&mut self, player: usize, intent: &Intent) {
        let of = &self.players[player];
        let actor = Actor {
            account: &self.stage.account,
            strategy: &of.id,
            slots: &of.slots,
            style: self.stage.style,
        };
        let acted = self.stage.kernel.act_on(&actor, intent, &mut self.actions);
        self.dropped += u64::from(acted.dropped);
        let idx = of.slots.get(intent.slot()).copied();
        self.settle(Some(intent));
        if let Some(idx) = idx.filter(|_| self.stage.fill_at_close) {
            self.stage.kernel.replay_at_close(idx, &mut self.actions);
            self.settle(None);
        }
    }

    fn note_halt(&mut self, player: usize) {
        let of = &self.players[player];
        if let Some(why) = of.instance.halted()
            && !self.stopped.iter().any(|(id, _)| *id == of.id)
        {
            self.stopped.push((of.id.clone(), why.to_owned()));
        }
    }

    /// Keeps what is to be kept of the records, drops the rest, and tells the strategies of their fills.
    #[inline]
    fn settle(&mut self, intent: Option<&Intent>) {
        if !self.actions.records.is_empty() {
            self.settle_records(intent);
        }
    }

    fn settle_records(&mut self, intent: Option<&Intent>) {
        for round in 0..REACTIONS_MAX {
            let reason = intent.map(Intent::reason).filter(|_| round == 0);
            let registry = self.stage.kernel.instruments();
            self.capture
                .absorb(&mut self.actions.records, registry, reason, &mut self.news);
            self.actions.clear();
            if self.news.is_empty() {
                return;
            }
            self.touched = true;
            self.meter.resync(&self.stage.kernel, &self.stage.account);
            let news = std::mem::take(&mut self.news);
            for fill in &news {
                self.tell(fill);
            }
            self.news = news;
            self.news.clear();
            if self.actions.records.is_empty() {
                return;
            }
        }
    }

    /// Tells a strategy of one of its fills; what it then asks for is done at once.
    fn tell(&mut self, fill: &FillNews) {
        let Some(order) = self.capture.orders.get(fill.order as usize) else {
            return;
        };
        let (Some(strategy), idx, side) = (order.strategy.clone(), order.instrument, order.side) else {
            return;
        };
        let Some(player) = self.players.iter().position(|p| p.id == strategy) else {
            return;
        };
        let Some(slot) = self.players[player].slots.iter().position(|i| *i == idx) else {
            return;
        };
        let position = self.position(&strategy, idx);
        let of = &mut self.players[player];
        of.instance.set_position(slot, position);
        let own = OwnFill {
            slot,
            side,
            quantity: fill.quantity,
            price: fill.price,
            ts: fill.ts,
        };
        let mut reaction = Intents::default();
        let ran = of.instance.on_fill(&own, &mut reaction);
        if ran == Ran::Halted {
            self.note_halt(player);
        }
        let of = &self.players[player];
        let actor = Actor {
            account: &self.stage.account,
            strategy: &of.id,
            slots: &of.slots,
            style: self.stage.style,
        };
        for intent in &reaction {
            let acted = self.stage.kernel.act_on(&actor, intent, &mut self.actions);
            self.dropped += u64::from(acted.dropped);
        }
    }

    fn position(&self, strategy: &StrategyId, idx: InstrumentIdx) -> OwnPosition {
        let kernel = &self.stage.kernel;
        let account = kernel.account(&self.stage.account);
        let instrument = kernel.instruments().get(idx);
        let Some((account, instrument)) = account.zip(instrument) else {
            return OwnPosition::default();
        };
        let owned = account.ledger.position_of(&instrument.id, Some(strategy));
        let Some(owned) = owned.filter(|p| !p.quantity.is_zero()) else {
            return OwnPosition::default();
        };
        let unit = owned.quantity.checked_mul(instrument.multiplier);
        let average = unit.and_then(|unit| owned.cost.checked_div(unit));
        OwnPosition {
            quantity: owned.quantity,
            average_price: average.unwrap_or_default(),
        }
    }

    fn report(&self, rows: u64, time: UnixNanos, control: &Control<'_>) -> Result<(), RunError> {
        if control.cancel.is_some_and(|flag| flag.load(Ordering::Relaxed)) {
            return Err(RunError::Canceled { rows });
        }
        if let Some(progress) = control.progress {
            progress(Progress {
                rows,
                time,
                orders: self.capture.orders.len(),
                equity: self.meter.about(),
            });
        }
        Ok(())
    }

    fn finish(
        mut self,
        first: UnixNanos,
        last: UnixNanos,
        gaps: Vec<GapCount>,
    ) -> Result<RunOutput, RunError> {
        self.time_is_over(last, UnixNanos(u64::MAX))?;
        let kernel = &self.stage.kernel;
        let account = kernel.account(&self.stage.account);
        let broken = account
            .and_then(|a| a.ledger.check_invariants().err())
            .map(|e| e.to_string());
        let open = account.into_iter().flat_map(|a| a.ledger.positions());
        let open_positions = open
            .filter(|(_, p)| !p.quantity.is_zero())
            .filter_map(|(id, p)| Some((kernel.instruments().idx(id)?, p.quantity)))
            .collect();
        Ok(RunOutput {
            equity: self.meter.points,
            rows: self.rows,
            first,
            last,
            dropped: self.dropped,
            stopped: self.stopped,
            gaps,
            last_prices: self.last_prices,
            instruments: kernel.instruments().iter().map(|(_, i)| Arc::clone(i)).collect(),
            illegal: kernel.illegal_outcomes(),
            broken,
            open_positions,
            fx: kernel.state().fx.clone(),
            currency: account.map_or(Currency::USD, |a| a.info.base_currency),
            capture: self.capture,
        })
    }
}
