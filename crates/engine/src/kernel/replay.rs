//! Market data of a backtest: the kernel's side of bars, quotes and trades that are history.
//!
//! The same matching, gate, order state machine and ledger as live, without what only live trading needs: no hub
//! publications, no bars of seventeen intervals, no per-second timers. A quote of history is never stale: it counts
//! until the next row.

use rust_decimal::Decimal;
use tradewind_ledger::FxError;
use tradewind_matching::paper::{
    ImpactInputs, Liquidity, MarketView, OrderGone, PaperSettings, PaperVenue, Phase, SessionView,
};
use tradewind_types::market::{Bar, Quote, Trade};
use tradewind_types::record::{Outcome, StrategyChanged, StrategyStatus};
use tradewind_types::{AccountId, InstrumentIdx, PriceMantissa, Side, SizeMantissa, StrategyId, UnixNanos};

use super::depth::DepthFeed;
use super::{Actions, Kernel, MarketState, State};

/// What is shown of a price that no quote stands behind: more than any order.
const ANY_SIZE: SizeMantissa = SizeMantissa(1_000_000_000_000_000_000);

/// An instrument was not traded for a while, between times of its sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Halt {
    /// Which.
    pub instrument: InstrumentIdx,
    /// From then on.
    pub from: UnixNanos,
    /// Until before then.
    pub to: UnixNanos,
}

/// What the venue may see.
struct History<'a> {
    state: &'a State,
    markets: &'a [MarketState],
    halts: &'a [Halt],
    depth: &'a [DepthFeed],
}

impl SessionView for History<'_> {
    fn phase(&self, instrument: InstrumentIdx, at: UnixNanos) -> Phase {
        let halted = |h: &Halt| h.instrument == instrument && h.from <= at && at < h.to;
        match self.state.phase(instrument, at) {
            Phase::Open if self.halts.iter().any(halted) => Phase::Halted,
            phase => phase,
        }
    }

    fn ends(&self, instrument: InstrumentIdx, at: UnixNanos) -> Option<UnixNanos> {
        self.state.ends(instrument, at)
    }
}

impl MarketView for History<'_> {
    fn liquidity(&self, instrument: InstrumentIdx) -> Liquidity<'_> {
        let Some(market) = self.markets.get(instrument.slot()) else {
            return Liquidity::Invalid;
        };
        let book = market.book();
        if !book.is_synchronised() {
            return market.quote().map_or(Liquidity::Invalid, Liquidity::Quote);
        }
        if book.is_crossed() {
            return Liquidity::Invalid;
        }
        Liquidity::Book(book)
    }

    fn position(&self, account: &AccountId, instrument: InstrumentIdx, _: Option<&StrategyId>) -> Decimal {
        let id = self.state.instruments.get(instrument).map(|i| &i.id);
        let account = self.state.accounts.get(account);
        account
            .zip(id)
            .and_then(|(a, id)| a.ledger.position(id))
            .map_or(Decimal::ZERO, |p| p.quantity)
    }

    fn may_be_short(&self, account: &AccountId) -> bool {
        let account = self.state.accounts.get(account);
        account.is_some_and(|a| a.risk.margin.enabled)
    }

    fn closable(&self, account: &AccountId, instrument: InstrumentIdx, side: Side) -> Option<Decimal> {
        super::hedge::closable(self.state, account, instrument, side)
    }

    fn feed_number(&self, instrument: InstrumentIdx) -> u64 {
        self.depth.get(instrument.slot()).map_or(0, |feed| feed.number)
    }

    fn sessions(&self) -> &dyn SessionView {
        self
    }
}

/// Calls the simulated venue with a view of the market: fields of the kernel borrowed side by side.
macro_rules! with_history {
    ($kernel:ident, |$venue:ident, $view:ident, $out:ident| $call:expr) => {{
        let $view = History {
            state: &$kernel.state,
            markets: &$kernel.markets,
            halts: &$kernel.halts,
            depth: &$kernel.depth,
        };
        let $venue = $kernel.simulated.venue_mut();
        let $out = &mut $kernel.reports;
        $call
    }};
}

impl Kernel {
    /// Makes this a backtest's kernel: replaces the simulated venue by one with these assumptions, and keeps no short
    /// histories. Before the first order.
    pub fn assume(&mut self, settings: PaperSettings) {
        let mut venue = PaperVenue::new(settings);
        for fees in self.state.fees.values() {
            venue.set_fees(fees.clone());
        }
        super::reports::set_fee_rules(&mut venue, &self.config);
        *self.simulated.venue_mut() = venue;
        self.state.brief = true;
    }

    /// Sets when instruments are not traded although a session is on.
    pub fn assume_halts(&mut self, halts: Vec<Halt>) {
        self.halts = halts;
    }

    /// Begins the history: what would have been due before does not count.
    pub fn replay_from(&mut self, ts: UnixNanos) {
        self.carry_from(ts);
    }

    /// Books funding, interest and settlements that are due until `ts`, at the prices as they were.
    #[inline]
    pub fn replay_carry(&mut self, ts: UnixNanos, actions: &mut Actions) {
        self.carry_until(ts, actions);
    }

    /// Sets what market impact is reckoned with.
    pub fn assume_impact(&mut self, instrument: InstrumentIdx, inputs: ImpactInputs) {
        self.simulated
            .venue_mut()
            .set_impact_inputs(instrument, Some(inputs));
    }

    /// Lets a strategy trade for an account.
    pub fn run_strategy(&mut self, account: &AccountId, strategy: &StrategyId, actions: &mut Actions) {
        let change = StrategyChanged {
            account: account.clone(),
            strategy: strategy.clone(),
            status: StrategyStatus::Running,
            actor: "backtest".to_owned(),
            ts: self.now,
        };
        let _ = self.emit(Outcome::Strategy(change), actions);
    }

    /// A bar of history. Orders that wait for its instrument are matched along its path, the kernel reacting at each
    /// place where something happened; then time and price are those of its close.
    #[inline]
    pub fn replay_bar(&mut self, bar: &Bar, close: UnixNanos, half_spread: i64, actions: &mut Actions) {
        let endangers = self.config.carry.liquidate && self.endangers(bar, half_spread);
        let venue = self.simulated.venue_mut();
        let walk = if endangers {
            venue.begin_whole_bar(bar, close)
        } else {
            venue.begin_bar(bar, close)
        };
        if !walk.is_over() {
            self.walk(walk, (bar, half_spread), endangers, actions);
        }
        self.now = self.now.max(close);
        self.show(bar.instrument, bar.close, half_spread, close);
    }

    #[cold]
    fn walk(
        &mut self,
        mut walk: tradewind_matching::paper::BarWalk,
        (bar, half_spread): (&Bar, i64),
        endangers: bool,
        actions: &mut Actions,
    ) {
        loop {
            if endangers {
                self.watch_leg(&mut walk, (bar, half_spread), actions);
            }
            let more = with_history!(self, |venue, view, out| venue.step_bar(&mut walk, &view, out));
            let at = walk.position();
            // Bars of several instruments are walked one after the other: time does not go back for the second.
            let latest = self.reports.iter().map(|r| r.ts).max().unwrap_or(at.ts);
            self.now = self.now.max(at.ts).max(latest);
            if !self.reports.is_empty() {
                self.show(bar.instrument, at.price, half_spread, at.ts);
                self.collect_reports(actions);
            }
            if walk.has_reached() {
                self.show(bar.instrument, at.price, half_spread, at.ts);
                self.liquidate_all(actions);
            }
            if !more {
                return;
            }
        }
    }

    /// Lets orders that were just made meet the price at which the last bar closed.
    pub fn replay_at_close(&mut self, instrument: InstrumentIdx, actions: &mut Actions) {
        let now = self.now;
        with_history!(self, |venue, view, out| venue
            .advance_instrument(instrument, now, &view, out));
        self.collect_reports(actions);
    }

    /// A quote of history.
    #[inline]
    pub fn replay_quote(&mut self, quote: &Quote, actions: &mut Actions) {
        self.replay_time(quote.ts_init, actions);
        let idx = quote.instrument;
        if let Some(market) = self.markets.get_mut(idx.slot()) {
            market.take_quote(*quote);
        }
        self.replay_market(idx, actions);
    }

    /// An instrument's market has changed.
    #[inline]
    pub(super) fn replay_market(&mut self, idx: InstrumentIdx, actions: &mut Actions) {
        if self.simulated.venue().watches(idx) {
            let now = self.now;
            with_history!(self, |venue, view, out| venue.on_market(idx, now, &view, out));
            self.collect_reports(actions);
        }
    }

    /// An order of a book is gone, or part of it.
    pub(super) fn replay_gone(&mut self, gone: &OrderGone, actions: &mut Actions) {
        if self.simulated.venue().watches(gone.instrument) {
            let now = self.now;
            with_history!(self, |venue, view, out| venue
                .on_order_gone(gone, now, &view, out));
            self.collect_reports(actions);
        }
    }

    /// A public trade of history.
    #[inline]
    pub fn replay_trade(&mut self, trade: &Trade, actions: &mut Actions) {
        self.replay_time(trade.ts_init, actions);
        if self.simulated.venue().watches(trade.instrument) {
            let now = self.now;
            with_history!(self, |venue, view, out| venue.on_trade(trade, now, &view, out));
            self.collect_reports(actions);
        }
    }

    /// Time passes: what is due at the venue meets the market as it was until now.
    #[inline]
    pub fn replay_time(&mut self, ts: UnixNanos, actions: &mut Actions) {
        self.now = self.now.max(ts);
        if self
            .simulated
            .venue()
            .next_due()
            .is_some_and(|due| due <= self.now)
        {
            let now = self.now;
            with_history!(self, |venue, view, out| venue.advance(now, &view, out));
            self.collect_reports(actions);
        }
    }

    /// Whether everything that an account has can be valued in its currency now.
    ///
    /// # Errors
    /// The rate that is missing or too old.
    pub fn check_rates(&self, account: &AccountId) -> Result<(), FxError> {
        let Some(account) = self.account(account) else {
            return Ok(());
        };
        let (ledger, base) = (&account.ledger, account.info.base_currency);
        let cash = ledger.currencies().filter(|c| !ledger.cash_total(*c).is_zero());
        let held = ledger.open_sides().map(|side| side.currency);
        for currency in cash.chain(held).filter(|c| *c != base) {
            self.rate_to(currency, base)?;
        }
        Ok(())
    }

    /// Values the account for the record and watches its limits.
    pub fn replay_account(&mut self, account: &AccountId, actions: &mut Actions) {
        self.watch_margin(account, actions);
        self.mark_equity(account, actions);
        self.check_losses(account, actions);
    }

    /// The price that everybody is shown from now on.
    #[inline]
    pub(super) fn show(&mut self, idx: InstrumentIdx, price: PriceMantissa, half_spread: i64, ts: UnixNanos) {
        if let Some(market) = self.markets.get_mut(idx.slot()) {
            market.show(Quote {
                instrument: idx,
                bid: PriceMantissa(price.0.saturating_sub(half_spread)),
                ask: PriceMantissa(price.0.saturating_add(half_spread)),
                bid_size: ANY_SIZE,
                ask_size: ANY_SIZE,
                ts_event: ts,
                ts_init: ts,
            });
        }
    }
}
