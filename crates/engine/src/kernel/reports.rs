//! The paper venue's side of an order: handing over, and turning its reports into order events and ledger entries.

use std::sync::Arc;

use rust_decimal::Decimal;
use tradewind_ledger::FillFacts;
use tradewind_matching::paper::{
    Liquidity, MarketView, PaperOrder, PaperSettings, PaperVenue, QueueModel, Report, ReportKind,
    RestoredOrder,
};
use tradewind_types::market::{DataState, Trade};
use tradewind_types::record::Outcome;
use tradewind_types::{
    AccountId, ClientOrderId, FillId, Instrument, InstrumentIdx, Money, Order, OrderEvent, OrderEventKind,
    OrderKind, OrderRequest, OrderState, Price, Quantity, Rounding, Side, StrategyId, UnixNanos,
};

use super::account::strategy_of;
use super::{Actions, Kernel, KernelConfig, MarketState, State};

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
}

/// The paper venue as it was: its records, its fees, and every order that was open.
pub(super) fn restored_paper(config: &KernelConfig, state: &State) -> PaperVenue {
    let mut paper = PaperVenue::new(PaperSettings {
        order_latency_ns: config.paper_latency_ns,
        cancel_latency_ns: config.paper_latency_ns,
        queue: if config.paper_queue {
            QueueModel::BehindDisplayed
        } else {
            QueueModel::Off
        },
        ..PaperSettings::default()
    });
    *paper.records_mut() = state.paper.clone();
    for fees in state.fees.values() {
        paper.set_fees(fees.clone());
    }
    for account in state.accounts.values() {
        for order in account
            .orders
            .open()
            .filter(|o| o.state != OrderState::Initialized)
        {
            let Some(paper_order) = paper_order(state, &order.request, None) else {
                continue;
            };
            let was = RestoredOrder {
                accepted: order.venue_order_id.is_some(),
                filled: order.filled,
                fills: order.fills,
                ts: order.ts_created,
            };
            paper.restore(paper_order, &was);
            if order.state == OrderState::PendingCancel {
                paper.cancel(&account.info.id, &order.request.client_order_id, order.ts_updated);
            }
        }
    }
    paper
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
    pub(super) fn paper_submit(&mut self, request: &OrderRequest) {
        let protection = self.protection(request);
        if let Some(order) = paper_order(&self.state, request, protection) {
            self.paper.submit(order, self.now);
        }
    }

    /// The worst price of a market order: the quote moved by the price band, for which the cash is held.
    fn protection(&self, request: &OrderRequest) -> Option<Price> {
        if request.kind != OrderKind::Market || request.reduce_only {
            return None;
        }
        let band = self.account(&request.account)?.risk.price_band;
        let (bid, ask) = self.quote_of(&request.instrument).0?;
        let instrument = self.state.instruments.by_id(&request.instrument)?;
        let (worst, rounding) = match request.side {
            Side::Buy => (ask.checked_mul(Decimal::ONE + band)?, Rounding::Down),
            Side::Sell => (bid.checked_mul(Decimal::ONE - band)?, Rounding::Up),
        };
        instrument.quantise_price(worst, rounding).ok()
    }

    pub(super) fn paper_cancel(&mut self, account: &AccountId, id: &ClientOrderId) {
        self.paper.cancel(account, id, self.now);
    }

    /// Carries out what is due at the paper venue; to be called before an event changes the market.
    pub(super) fn paper_advance(&mut self, actions: &mut Actions) {
        if self.frozen || self.paper.next_due().is_none_or(|due| due > self.now) {
            return;
        }
        let view = View {
            state: &self.state,
            markets: &self.markets,
            now: self.now,
        };
        self.paper.advance(self.now, &view, &mut self.reports);
        self.collect_reports(actions);
    }

    pub(super) fn paper_on_market(&mut self, idx: InstrumentIdx, actions: &mut Actions) {
        if self.frozen || !self.paper.watches(idx) {
            return;
        }
        let view = View {
            state: &self.state,
            markets: &self.markets,
            now: self.now,
        };
        self.paper.on_market(idx, self.now, &view, &mut self.reports);
        self.collect_reports(actions);
    }

    pub(super) fn paper_on_trade(&mut self, trade: &Trade, actions: &mut Actions) {
        if self.frozen || !self.paper.watches(trade.instrument) {
            return;
        }
        let view = View {
            state: &self.state,
            markets: &self.markets,
            now: self.now,
        };
        self.paper.on_trade(trade, self.now, &view, &mut self.reports);
        self.collect_reports(actions);
    }

    fn collect_reports(&mut self, actions: &mut Actions) {
        for report in std::mem::take(&mut self.reports) {
            self.report(report, actions);
        }
    }

    fn report(&mut self, report: Report, actions: &mut Actions) {
        let Some(order) = self.order(&report.account, &report.client_order_id).cloned() else {
            return;
        };
        let fill = match &report.kind {
            ReportKind::Filled {
                quantity, price, fee, ..
            } => Some((*quantity, *price, *fee)),
            _ => None,
        };
        let kind = report.kind.into_event(|trade| {
            // A venue trade id fits: both kinds of id allow the same characters.
            FillId::new(&format!("F:{trade}"))
                .unwrap_or_else(|_| FillId::new("F").expect("one letter is a valid id"))
        });
        let event = OrderEvent {
            account: report.account.clone(),
            client_order_id: report.client_order_id.clone(),
            ts_event: report.ts,
            ts_init: self.now,
            kind,
        };
        // A cancel that came after the order had ended is refused by the venue; the order says so itself already.
        let late_refusal =
            matches!(event.kind, OrderEventKind::CancelRejected { .. }) && !order.state.is_open();
        if late_refusal {
            return;
        }
        if !self.emit_if_legal(event, actions) {
            self.illegal += 1;
            return;
        }
        if let Some((quantity, price, fee)) = fill {
            self.book_fill(&order, (quantity, price, fee), actions);
        }
        let over = self
            .order(&report.account, &report.client_order_id)
            .is_none_or(|o| !o.state.is_open());
        if over {
            self.release(&report.account, &report.client_order_id, actions);
        }
    }

    /// Books a fill: whole for its owner when it opens; what it closes is split over those who hold it.
    fn book_fill(
        &mut self,
        before: &Order,
        (quantity, price, fee): (Quantity, Price, Money),
        actions: &mut Actions,
    ) {
        let request = &before.request;
        let Some(instrument) = self.state.instruments.by_id(&request.instrument).cloned() else {
            return;
        };
        let parts = self.owners_of_fill(request, quantity.decimal());
        let mut fee_left = fee.amount;
        let count = parts.len();
        for (i, (strategy, part)) in parts.into_iter().enumerate() {
            let share = if i + 1 == count {
                fee_left
            } else {
                fee_share(fee.amount, part, quantity.decimal())
            };
            fee_left -= share;
            let Ok(part) = Quantity::new(part) else { continue };
            let fee = Money::new(share, fee.currency);
            let key = format!("fill:{}:{}:{i}", request.client_order_id, before.fills + 1);
            if let Err(error) = self.book_part(
                before,
                &instrument,
                strategy.as_ref(),
                (part, price, fee),
                &key,
                actions,
            ) {
                self.illegal += 1;
                self.last_illegal = Some(error);
            }
        }
    }

    fn book_part(
        &mut self,
        before: &Order,
        instrument: &Instrument,
        strategy: Option<&StrategyId>,
        (quantity, price, fee): (Quantity, Price, Money),
        key: &str,
        actions: &mut Actions,
    ) -> Result<(), super::FoldError> {
        let request = &before.request;
        let account = self
            .account(&request.account)
            .ok_or_else(|| super::FoldError::UnknownAccount(request.account.clone()))?;
        let reason = format!("{} {} {} at {price}", request.side, quantity, request.instrument);
        let facts = self.entry_facts(key, "paper venue", &reason);
        let held_to_use =
            account
                .ledger
                .hold_share(&request.client_order_id, quantity.decimal(), before.leaves())?;
        let fill = FillFacts {
            instrument,
            strategy,
            side: request.side,
            quantity,
            price,
            fee,
            order: &request.client_order_id,
            held_to_use,
        };
        let entry = account.ledger.fill_entry(facts, &fill)?;
        self.emit(Outcome::Ledger(Box::new(entry)), actions)
    }

    /// Owners and quantities of a fill. A sell by hand first closes what is held by hand, then what strategies hold.
    fn owners_of_fill(
        &self,
        request: &OrderRequest,
        quantity: Decimal,
    ) -> Vec<(Option<StrategyId>, Decimal)> {
        let owner = strategy_of(request).cloned();
        let Some(account) = self.account(&request.account) else {
            return vec![(owner, quantity)];
        };
        let closes = |held: Decimal| match request.side {
            Side::Buy => (-held).max(Decimal::ZERO),
            Side::Sell => held.max(Decimal::ZERO),
        };
        let owned = |owner: &Option<StrategyId>| {
            account
                .ledger
                .owned(&request.instrument, owner.as_ref())
                .map_or(Decimal::ZERO, closes)
        };
        let mut left = quantity;
        let mut parts: Vec<(Option<StrategyId>, Decimal)> = Vec::new();
        let others = account
            .ledger
            .owners(&request.instrument)
            .into_iter()
            .map(|p| p.strategy.clone());
        for candidate in std::iter::once(owner.clone()).chain(others) {
            let taken = parts.iter().any(|(o, _)| *o == candidate);
            let part = owned(&candidate).min(left);
            if !taken && part > Decimal::ZERO {
                left -= part;
                parts.push((candidate, part));
            }
        }
        if left > Decimal::ZERO {
            match parts.iter_mut().find(|(o, _)| *o == owner) {
                Some((_, part)) => *part += left,
                None => parts.push((owner, left)),
            }
        }
        parts
    }

    fn release(&mut self, account: &AccountId, id: &ClientOrderId, actions: &mut Actions) {
        let facts = self.entry_facts(&format!("release:{id}"), "paper venue", "the order has ended");
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

/// The part of a fee that goes with a part of a fill, rounded down to 8 decimals; the last part takes the rest.
fn fee_share(fee: Decimal, part: Decimal, whole: Decimal) -> Decimal {
    let share = part
        .checked_div(whole)
        .and_then(|f| f.checked_mul(fee))
        .unwrap_or_default();
    Rounding::Down.to_decimals(share, 8)
}
