//! The paper venue's side of an order: handing over, and turning its reports into order events and ledger entries.

use std::fmt::Write as _;
use std::sync::Arc;

use rust_decimal::Decimal;
use tradewind_ledger::{FillFacts, allocate};
use tradewind_matching::paper::{
    FeeItem, FeeItems, FeeLine, Liquidity, MarketView, PaperOrder, PaperSettings, PaperVenue, Phase,
    QueueModel, Report, ReportKind, RestoredOrder, RestoredStop, SessionView,
};
use tradewind_types::market::{DataState, Trade};
use tradewind_types::record::{FeeKind, LedgerAccount, LedgerEntry, Outcome, Posting, SessionTable};
use tradewind_types::{
    AccountId, AccountKind, ClientOrderId, FillId, Instrument, InstrumentIdx, Money, Order, OrderEvent,
    OrderEventKind, OrderRequest, OrderState, Price, Quantity, Rounding, Side, StrategyId, TimeInForce,
    UnixNanos,
};

use super::account::strategy_of;
use super::execution::Execution;
use super::hedge::{self, FillPart};
use super::held::{Capabilities, after_trigger, is_held};
use super::{Actions, Kernel, KernelConfig, MarketState, State, numbered};

/// What the paper venue may see: displayed markets while they are VALID, and positions.
struct View<'a> {
    state: &'a State,
    markets: &'a [MarketState],
    now: UnixNanos,
}

impl MarketView for View<'_> {
    fn liquidity(&self, instrument: InstrumentIdx) -> Liquidity<'_> {
        let Some(market) = self.markets.get(instrument.slot()) else {
            return Liquidity::Invalid;
        };
        if market.data_state(self.now) != DataState::Valid || market.book().is_crossed() {
            return Liquidity::Invalid;
        }
        if market.book().is_synchronised() {
            return Liquidity::Book(market.book());
        }
        market.quote().map_or(Liquidity::Invalid, Liquidity::Quote)
    }

    fn position(
        &self,
        account: &AccountId,
        instrument: InstrumentIdx,
        _owner: Option<&StrategyId>,
    ) -> Decimal {
        // Reduce-only looks at the account's position: a person may close what a strategy opened.
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
        hedge::closable(self.state, account, instrument, side)
    }

    fn sessions(&self) -> &dyn SessionView {
        self.state
    }
}

/// The dated session tables; an instrument whose calendar is not known, and a day that its table does not reach, is
/// open as long as the instrument's own status says so.
impl SessionView for State {
    fn phase(&self, instrument: InstrumentIdx, at: UnixNanos) -> Phase {
        let Some(instrument) = self.instruments.get(instrument) else {
            return Phase::Open;
        };
        if instrument.terms.expiry.is_some_and(|expiry| expiry <= at) {
            return Phase::Delisted;
        }
        let status = Phase::from(instrument.status);
        if self.sessions.is_empty() || status != Phase::Open {
            return status;
        }
        match self.sessions.get(&instrument.calendar) {
            Some(table) if reaches(table, at) && table.at(at).is_none() => Phase::Closed,
            _ => Phase::Open,
        }
    }

    fn ends(&self, instrument: InstrumentIdx, at: UnixNanos) -> Option<UnixNanos> {
        let table = self.sessions.get(&self.instruments.get(instrument)?.calendar)?;
        let next = table.sessions.partition_point(|s| s.close <= at);
        table.sessions.get(next).map(|s| s.close)
    }
}

/// Whether a time lies between the first session's beginning and the last one's end.
fn reaches(table: &SessionTable, at: UnixNanos) -> bool {
    let (first, last) = (table.sessions.first(), table.sessions.last());
    first.is_some_and(|s| s.open <= at) && last.is_some_and(|s| at < s.close)
}

/// The simulated venue as it was: its records, its fees, and every order of a paper account that was open.
pub(super) fn restored_paper(config: &KernelConfig, state: &State) -> PaperVenue {
    let mut paper = PaperVenue::new(paper_settings(config));
    *paper.records_mut() = state.paper.clone();
    for fees in state.fees.values() {
        paper.set_fees(fees.clone());
    }
    set_fee_rules(&mut paper, config);
    let simulated = state
        .accounts
        .values()
        .filter(|a| a.info.kind == AccountKind::Paper);
    for account in simulated {
        let at_venue = |o: &&Order| {
            let sliced = account.slices.iceberg(&o.request.client_order_id).is_some();
            o.state != OrderState::Initialized && !sliced && (!is_held(o) || o.triggered)
        };
        for order in account.orders.open().filter(at_venue) {
            restore_order(&mut paper, state, order);
        }
        for slice in account.slices.open() {
            restore_order(&mut paper, state, &slice.order);
        }
    }
    paper
}

/// Fees that are more than a part of the notional.
pub(super) fn set_fee_rules(paper: &mut PaperVenue, config: &KernelConfig) {
    for rule in &config.paper_fees {
        paper.set_fee_model(rule.market.clone(), rule.kind, rule.model.clone());
    }
}

fn paper_settings(config: &KernelConfig) -> PaperSettings {
    PaperSettings {
        order_latency_ns: config.paper_latency_ns,
        cancel_latency_ns: config.paper_latency_ns,
        queue: if config.paper_queue {
            QueueModel::BehindDisplayed
        } else {
            QueueModel::Off
        },
        ..PaperSettings::default()
    }
}

fn restore_order(paper: &mut PaperVenue, state: &State, order: &Order) {
    // An order that the kernel held until its trigger went to the venue as what it became.
    let request = if is_held(order) {
        after_trigger(&order.request)
    } else {
        order.request.clone()
    };
    let Some(paper_order) = paper_order(state, &request, None) else {
        return;
    };
    let was = RestoredOrder {
        accepted: order.venue_order_id.is_some() && !is_held(order),
        filled: order.filled,
        fills: order.fills,
        ts: order.ts_created,
    };
    let stop = RestoredStop {
        trigger: order.trigger,
        triggered: order.triggered,
    };
    paper.restore_stop(paper_order, &was, stop);
    if order.state == OrderState::PendingCancel {
        paper.cancel(&request.account, &request.client_order_id, order.ts_updated);
    }
}

fn paper_order(state: &State, request: &OrderRequest, protection: Option<Price>) -> Option<PaperOrder> {
    let idx = state.instruments.idx(&request.instrument)?;
    Some(PaperOrder {
        request: request.clone(),
        instrument_idx: idx,
        instrument: Arc::clone(state.instruments.get(idx)?),
        owner: strategy_of(request).cloned(),
        protection,
    })
}

impl Kernel {
    /// Where the orders of an account go.
    pub(super) fn execution(&mut self, account: &AccountId) -> &mut dyn Execution {
        let live = self.state.accounts.get(account).map(|a| a.info.kind) == Some(AccountKind::Live);
        match &mut self.live {
            Some(execution) if live => execution,
            _ => self.simulated.execution(),
        }
    }

    pub(super) fn hand_to_venue(&mut self, request: &OrderRequest) {
        let protection = self.protection(request);
        if let Some(mut order) = paper_order(&self.state, request, protection) {
            // A venue without such an end keeps it until the kernel cancels it.
            let ends = matches!(request.time_in_force, TimeInForce::Gtd { .. });
            if ends && !self.capabilities(&request.account).gtd {
                order.request.time_in_force = TimeInForce::Gtc;
            }
            let now = self.now;
            self.execution(&request.account).submit(order, now);
        }
    }

    /// What the venue of an account carries out itself.
    pub(super) fn capabilities(&self, account: &AccountId) -> Capabilities {
        match self.account(account).map(|a| (a.info.kind, &a.info.venue)) {
            Some((AccountKind::Live, venue)) => {
                let known = self.config.live_capabilities.get(venue).copied();
                known.unwrap_or(Capabilities::BASIC)
            }
            Some((AccountKind::Paper, _)) | None => self.config.paper_capabilities,
        }
    }

    /// The worst price of an order that has no limit, for which the cash is held.
    fn protection(&self, request: &OrderRequest) -> Option<Price> {
        if request.limit_price().is_some() || request.reduce_only {
            return None;
        }
        let account = self.account(&request.account)?;
        let band = account.risk_of(strategy_of(request)).price_band;
        let quote = self.quote_of(&request.instrument).0;
        let worst = super::gate::worst_price(request, quote, band)?;
        let instrument = self.state.instruments.by_id(&request.instrument)?;
        let rounding = match request.side {
            Side::Buy => Rounding::Down,
            Side::Sell => Rounding::Up,
        };
        instrument.quantise_price(worst, rounding).ok()
    }

    /// Carries out what is due at the paper venue; to be called before an event changes the market.
    pub(super) fn paper_advance(&mut self, actions: &mut Actions) {
        if self.frozen || self.simulated.venue().next_due().is_none_or(|due| due > self.now) {
            return;
        }
        let view = View {
            state: &self.state,
            markets: &self.markets,
            now: self.now,
        };
        self.simulated
            .venue_mut()
            .advance(self.now, &view, &mut self.reports);
        self.collect_reports(actions);
    }

    pub(super) fn paper_on_market(&mut self, idx: InstrumentIdx, actions: &mut Actions) {
        self.watch_held(idx, None, actions);
        if self.frozen || !self.simulated.venue().watches(idx) {
            return;
        }
        let view = View {
            state: &self.state,
            markets: &self.markets,
            now: self.now,
        };
        self.simulated
            .venue_mut()
            .on_market(idx, self.now, &view, &mut self.reports);
        self.collect_reports(actions);
    }

    pub(super) fn paper_on_trade(&mut self, trade: &Trade, actions: &mut Actions) {
        let scale = self
            .state
            .instruments
            .get(trade.instrument)
            .map(|i| i.price_scale);
        let price = scale.map(|scale| trade.price.to_decimal(scale));
        self.watch_held(trade.instrument, price, actions);
        if self.frozen || !self.simulated.venue().watches(trade.instrument) {
            return;
        }
        let view = View {
            state: &self.state,
            markets: &self.markets,
            now: self.now,
        };
        self.simulated
            .venue_mut()
            .on_trade(trade, self.now, &view, &mut self.reports);
        self.collect_reports(actions);
    }

    pub(super) fn collect_reports(&mut self, actions: &mut Actions) {
        let mut reports = std::mem::take(&mut self.reports);
        for report in reports.drain(..) {
            self.report(report, actions);
        }
        // What followed from these reports takes effect later; the list's memory is kept.
        if self.reports.is_empty() {
            self.reports = reports;
        }
    }

    fn report(&mut self, report: Report, actions: &mut Actions) {
        if let ReportKind::Filled {
            items: FeeItems::Many(lines),
            ..
        } = &report.kind
        {
            self.fee_lines.extend_from_slice(lines);
        }
        let kind = report.kind.into_event(|trade| FillId::from(trade));
        let event = OrderEvent {
            account: report.account,
            client_order_id: report.client_order_id,
            ts_event: report.ts,
            ts_init: self.now,
            kind,
        };
        if !self.order_reported(event, "paper venue", actions) {
            self.illegal += 1;
        }
        self.fee_lines.clear();
    }

    /// Something happened to an order at its venue: books it and what follows. False when its state does not know it.
    pub(super) fn order_reported(&mut self, event: OrderEvent, actor: &str, actions: &mut Actions) -> bool {
        let (account, id) = (event.account.clone(), event.client_order_id.clone());
        let Some(order) = self.order(&account, &id) else {
            return self.slice_reported(event, actor, actions);
        };
        // A cancel or change that came after the order had ended is refused by the venue; the order says so itself.
        let late_refusal = matches!(
            event.kind,
            OrderEventKind::CancelRejected { .. } | OrderEventKind::ModifyRejected { .. }
        ) && !order.state.is_open();
        if late_refusal {
            return true;
        }
        let before = BeforeFill::of(order);
        let news = Followed::of(&event.kind);
        let fill = match &event.kind {
            OrderEventKind::Filled {
                quantity,
                price,
                fee,
                fee_currency,
                ..
            } => Some((*quantity, *price, Money::new(*fee, *fee_currency))),
            _ => None,
        };
        if let Err(error) = self.record(Outcome::Order(event), actions) {
            // Counted by the caller, who knows whether it matters.
            self.last_illegal = Some(error);
            return false;
        }
        if let Some(fill) = fill {
            self.book_fill(&before, fill, actor, actions);
        }
        if news.fits_hold {
            self.fit_hold(&account, &id, actions);
        }
        let over = self.order(&account, &id).is_none_or(|o| !o.state.is_open());
        if over {
            self.order_ended(&account, &id, actions);
        } else if news.moves_links {
            self.follow_links(&account, &id, actions);
        }
        if fill.is_some() {
            self.trim_protection(&account, &before.request.instrument, actions);
        }
        true
    }

    /// An order is over: frees what it held, and lets those follow that hang on it.
    pub(super) fn order_ended(&mut self, account: &AccountId, id: &ClientOrderId, actions: &mut Actions) {
        self.release(account, id, actions);
        if let Some(live) = &mut self.live {
            live.forget(account, id);
        }
        self.follow_links(account, id, actions);
    }

    /// Books a fill: whole for its owner when it opens; what it closes is split over those who hold it.
    fn book_fill(
        &mut self,
        before: &BeforeFill,
        (quantity, price, fee): (Quantity, Price, Money),
        actor: &str,
        actions: &mut Actions,
    ) {
        let request = &before.request;
        let Some(instrument) = self.state.instruments.by_id(&request.instrument).cloned() else {
            return;
        };
        let parts = self.parts_of_fill(request, quantity.decimal());
        let mut fee_left = fee.amount;
        let count = parts.len();
        for (i, whose) in parts.into_iter().enumerate() {
            let part = whose.quantity;
            let share = if i + 1 == count {
                fee_left
            } else {
                fee_share(fee.amount, part, quantity.decimal())
            };
            fee_left -= share;
            let Ok(part) = Quantity::new(part) else { continue };
            let fee = Money::new(share, fee.currency);
            let key = numbered(
                &["fill:", request.client_order_id.as_str(), ":"],
                u64::from(before.fills) + 1,
            );
            let key = numbered(&[&key, ":"], i as u64);
            if let Err(error) = self.book_part(
                before,
                &instrument,
                &whose,
                (part, price, fee),
                (key, actor),
                actions,
            ) {
                self.illegal += 1;
                self.last_illegal = Some(error);
            }
        }
    }

    fn book_part(
        &mut self,
        before: &BeforeFill,
        instrument: &Instrument,
        whose: &FillPart,
        (quantity, price, fee): (Quantity, Price, Money),
        (key, actor): (String, &str),
        actions: &mut Actions,
    ) -> Result<(), super::FoldError> {
        let request = &before.request;
        let account = self
            .account(&request.account)
            .ok_or_else(|| super::FoldError::UnknownAccount(request.account.clone()))?;
        let mut reason = String::new();
        if !self.state.brief {
            reason.reserve(64);
            // Writing into a string cannot fail.
            let _ = write!(
                reason,
                "{} {quantity} {} at {price}",
                request.side, request.instrument
            );
        }
        let facts = self.entry_facts(key, actor, reason);
        let held_to_use =
            account
                .ledger
                .hold_share(&request.client_order_id, quantity.decimal(), before.leaves)?;
        let fill = FillFacts {
            instrument,
            strategy: whose.strategy.as_ref(),
            side: request.side,
            quantity,
            price,
            fee,
            order: &request.client_order_id,
            held_to_use,
        };
        let book = account.ledger.book_of(request.side, whose.closes);
        let mut entry = account.ledger.fill_entry_in(facts, &fill, book)?;
        itemise(&mut entry, &self.fee_lines);
        self.emit(Outcome::Ledger(Box::new(entry)), actions)
    }

    fn release(&mut self, account: &AccountId, id: &ClientOrderId, actions: &mut Actions) {
        if self.account(account).is_none_or(|a| a.ledger.held(id).is_none()) {
            return;
        }
        let facts = self.entry_facts(format!("release:{id}"), "venue", "the order has ended");
        let entry = self.account(account).map(|a| a.ledger.release_entry(facts, id));
        match entry {
            Some(Ok(Some(entry))) => {
                let _ = self.emit(Outcome::Ledger(Box::new(entry)), actions);
            }
            Some(Err(error)) => {
                self.illegal += 1;
                self.last_illegal = Some(error.into());
            }
            Some(Ok(None)) | None => {}
        }
    }
}

/// What of an order a fill's booking needs, as it was before the fill.
struct BeforeFill {
    request: OrderRequest,
    fills: u32,
    leaves: Decimal,
}

impl BeforeFill {
    fn of(order: &Order) -> Self {
        Self {
            request: order.request.clone(),
            fills: order.fills,
            leaves: order.leaves(),
        }
    }
}

/// What has to follow an event.
struct Followed {
    fits_hold: bool,
    moves_links: bool,
}

impl Followed {
    fn of(kind: &OrderEventKind) -> Self {
        use OrderEventKind as E;
        Self {
            fits_hold: matches!(kind, E::Modified { .. } | E::ModifyRejected { .. }),
            moves_links: matches!(kind, E::Filled { .. } | E::Accepted { .. } | E::Modified { .. }),
        }
    }
}

/// Puts a fee of several items where each of them belongs; of a part of a fill in proportion.
fn itemise(entry: &mut LedgerEntry, lines: &[FeeLine]) {
    let fees = entry
        .postings
        .iter()
        .position(|p| p.account == LedgerAccount::Fees);
    let Some(at) = fees.filter(|_| !lines.is_empty()) else {
        return;
    };
    let whole = entry.postings[at];
    let amounts: Vec<Decimal> = lines.iter().map(|line| line.amount).collect();
    // Items below zero are rebates; a fee that has one stays in one piece.
    let Ok(parts) = allocate(whole.amount, &amounts, 8) else {
        return;
    };
    let mut split: Vec<Posting> = Vec::with_capacity(lines.len());
    for (line, amount) in lines.iter().zip(parts).filter(|(_, amount)| !amount.is_zero()) {
        let account = fee_kind(line.item).account();
        match split.iter_mut().find(|p| p.account == account) {
            Some(known) => known.amount += amount,
            None => split.push(Posting {
                account,
                currency: whole.currency,
                amount,
            }),
        }
    }
    entry.postings.splice(at..=at, split);
}

/// What an item of a fee is in the ledger.
fn fee_kind(item: FeeItem) -> FeeKind {
    match item {
        FeeItem::Commission => FeeKind::Commission,
        FeeItem::Exchange | FeeItem::InvestorProtection => FeeKind::Exchange,
        FeeItem::Regulator => FeeKind::Regulatory,
        FeeItem::TransactionTax | FeeItem::StampDuty | FeeItem::Gst => FeeKind::Tax,
    }
}

/// The part of a fee that goes with a part of a fill, rounded down to 8 decimals; the last part takes the rest.
fn fee_share(fee: Decimal, part: Decimal, whole: Decimal) -> Decimal {
    let share = part
        .checked_div(whole)
        .and_then(|f| f.checked_mul(fee))
        .unwrap_or_default();
    Rounding::Down.to_decimals(share, 8)
}
