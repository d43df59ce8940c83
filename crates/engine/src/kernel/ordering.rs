//! Orders on their way in: batches, the gate, the hold on cash, the hand-over to the venue.

use rust_decimal::Decimal;
use tradewind_ledger::EntryFacts;
use tradewind_matching::paper::fees::FeeFacts;
use tradewind_types::order::{OrderEventKind, OrderOrigin, RequestError};
use tradewind_types::record::{BatchMode, Outcome, RiskWarned};
use tradewind_types::risk::{Denial, RiskSettings};
use tradewind_types::time::SECOND_NS;
use tradewind_types::{
    AccountId, AccountKind, ClientOrderId, Instrument, Money, Order, OrderEvent, OrderRequest, OrderState,
    Rounding, Side, StrategyId,
};

use super::account::strategy_of;
use super::gate::{self, GateContext, Replaced};
use super::hedge;
use super::orders::Known;
use super::{AccountState, Actions, CommandError, CommandReply, Kernel};

/// Orders of one batch.
pub const BATCH_MAX: usize = 20;
/// Client order ids with this prefix are made by the kernel.
pub const RESERVED_PREFIX: &str = "auto-";

impl Kernel {
    pub(super) fn submit_orders(
        &mut self,
        requests: &[OrderRequest],
        mode: BatchMode,
        actions: &mut Actions,
    ) -> Result<CommandReply, CommandError> {
        let new = self.check_batch(requests)?;
        let mut compensated = false;
        for (i, request) in requests.iter().enumerate() {
            if !new[i] {
                continue;
            }
            let allowed = self.place(request, i > 0, actions);
            if !allowed && mode == BatchMode::AllOrNone && requests.len() > 1 {
                compensated = true;
                self.unwind_batch(requests, &new, i, actions);
                break;
            }
        }
        let orders = requests.iter().filter_map(|r| {
            self.account(&r.account)
                .and_then(|a| a.orders.get(&r.client_order_id))
                .cloned()
        });
        Ok(CommandReply::Orders {
            orders: orders.collect(),
            created: new,
            compensated,
        })
    }

    /// For each order whether it is new; an error when anything in the batch is malformed. Changes nothing.
    fn check_batch(&self, requests: &[OrderRequest]) -> Result<Vec<bool>, CommandError> {
        let Some(first) = requests.first() else {
            return Err(CommandError::BadBatch);
        };
        let distinct = requests.iter().enumerate().all(|(i, r)| {
            requests[..i]
                .iter()
                .all(|earlier| earlier.client_order_id != r.client_order_id)
        });
        if requests.len() > BATCH_MAX || !distinct || requests.iter().any(|r| r.account != first.account) {
            return Err(CommandError::BadBatch);
        }
        let account = self.known_account(&first.account)?;
        requests
            .iter()
            .enumerate()
            .map(|(i, request)| {
                check_parent(account, request, &requests[..i])?;
                self.check_request(account, request)
            })
            .collect()
    }

    fn check_request(&self, account: &AccountState, request: &OrderRequest) -> Result<bool, CommandError> {
        match account.orders.known(request) {
            Known::Same(_) => return Ok(false),
            Known::SameArchived => return Err(CommandError::OrderArchived(request.client_order_id.clone())),
            Known::Other => return Err(CommandError::OrderIdReused(request.client_order_id.clone())),
            Known::New => {}
        }
        let manual = matches!(request.origin, OrderOrigin::Manual { .. });
        if manual && request.client_order_id.as_str().starts_with(RESERVED_PREFIX) {
            let message = "client order ids that start with `auto-` are reserved for the program";
            return Err(RequestError::Contradiction(message).into());
        }
        let instrument = self
            .state
            .instruments
            .by_id(&request.instrument)
            .ok_or_else(|| CommandError::UnknownInstrument(request.instrument.clone()))?;
        if instrument.venue != account.info.venue {
            return Err(CommandError::WrongVenue {
                instrument: request.instrument.clone(),
                venue: account.info.venue.to_string(),
            });
        }
        request.check(instrument)?;
        self.check_display(request, instrument)?;
        Ok(true)
    }

    /// Journals an order, asks the gate, and hands it to the venue or denies it. True when it went out, or waits for
    /// its parent. `child`: it was counted with another order already.
    pub(super) fn place(&mut self, request: &OrderRequest, child: bool, actions: &mut Actions) -> bool {
        let initialized = Outcome::OrderInitialized {
            request: Box::new(request.clone()),
            ts: self.now,
        };
        if self.emit(initialized, actions).is_err() {
            return false;
        }
        if request.terms.parent.is_some() {
            self.follow_one(&request.account, &request.client_order_id, actions);
            let order = self.order(&request.account, &request.client_order_id);
            return order.is_some_and(|o| !matches!(o.state, OrderState::Denied { .. }));
        }
        self.send(request, child, actions)
    }

    /// Asks the gate, and hands a journalled order to the venue or denies it. True when it went out.
    pub(super) fn send(&mut self, request: &OrderRequest, child: bool, actions: &mut Actions) -> bool {
        let mut denials = Vec::new();
        let (needed, warnings) = self.admit(request, child, None, &mut denials);
        if denials.is_empty()
            && let Err(denial) = self.hold_cash(request, needed, actions)
        {
            denials.push(denial);
        }
        if !denials.is_empty() {
            self.order_event(request, OrderEventKind::Denied { denials }, actions);
            self.follow_links(&request.account, &request.client_order_id, actions);
            return false;
        }
        for warning in warnings {
            let warned = RiskWarned {
                account: request.account.clone(),
                client_order_id: Some(request.client_order_id.clone()),
                warning,
                ts: self.now,
            };
            let _ = self.emit(Outcome::RiskWarning(Box::new(warned)), actions);
        }
        self.order_event(request, OrderEventKind::Submitted, actions);
        self.hand_over(request, actions);
        true
    }

    /// The orders of an all-or-none batch after the one denied at `failed` never go out; those before are canceled.
    fn unwind_batch(
        &mut self,
        requests: &[OrderRequest],
        new: &[bool],
        failed: usize,
        actions: &mut Actions,
    ) {
        for (i, request) in requests
            .iter()
            .enumerate()
            .filter(|(i, _)| new[*i] && *i != failed)
        {
            if i < failed {
                self.request_cancel(&request.account, &request.client_order_id, actions);
                continue;
            }
            let initialized = Outcome::OrderInitialized {
                request: Box::new(request.clone()),
                ts: self.now,
            };
            if self.emit(initialized, actions).is_err() {
                continue;
            }
            let because = requests[failed].client_order_id.as_str();
            let message = format!("the batch is all-or-none and its order {because} was denied");
            let denial = gate::denial(
                tradewind_types::risk::RiskRule::BatchDenied,
                because,
                "allowed",
                message,
            );
            self.order_event(
                request,
                OrderEventKind::Denied {
                    denials: vec![denial],
                },
                actions,
            );
        }
    }

    pub(super) fn order_event(
        &mut self,
        request: &OrderRequest,
        kind: OrderEventKind,
        actions: &mut Actions,
    ) {
        let event = OrderEvent {
            account: request.account.clone(),
            client_order_id: request.client_order_id.clone(),
            ts_event: self.now,
            ts_init: self.now,
            kind,
        };
        let _ = self.emit(Outcome::Order(event), actions);
    }

    /// Emits an order event unless the order's state forbids it; that is not counted as an error.
    pub(super) fn emit_if_legal(&mut self, event: OrderEvent, actions: &mut Actions) -> bool {
        let outcome = self.outcome_of_event(event);
        self.record(outcome, actions).is_ok()
    }

    /// Sets aside what a buy may need. Sales, orders that only reduce, and margin accounts hold nothing.
    pub(super) fn hold_cash(
        &mut self,
        request: &OrderRequest,
        needed: Option<Decimal>,
        actions: &mut Actions,
    ) -> Result<(), Denial> {
        if request.side == Side::Sell || request.reduce_only {
            return Ok(());
        }
        let refuse = |message: String| {
            gate::denial(
                tradewind_types::risk::RiskRule::InsufficientFunds,
                "unknown",
                "known",
                message,
            )
        };
        let (Some(account), Some(instrument)) = (
            self.account(&request.account),
            self.state.instruments.by_id(&request.instrument),
        ) else {
            return Err(refuse("the account or instrument is gone".to_owned()));
        };
        if account.risk.margin.enabled {
            return Ok(());
        }
        let needed = needed.ok_or_else(|| refuse("the order cannot be valued".to_owned()))?;
        let id = &request.client_order_id;
        let held = account.ledger.held(id).map_or(Decimal::ZERO, |m| m.amount);
        if needed <= held {
            return Ok(());
        }
        let key = if held.is_zero() {
            format!("hold:{id}")
        } else {
            format!("hold:{id}:{}", self.next_number())
        };
        let money = Money::new(needed - held, instrument.quote);
        let facts = self.entry_facts(key, "gate", "held for the order");
        let entry = account
            .ledger
            .hold_entry(facts, id, money)
            .map_err(|error| refuse(error.to_string()))?;
        self.emit(Outcome::Ledger(Box::new(entry)), actions)
            .map_err(|error| refuse(error.to_string()))
    }

    pub(super) fn entry_facts(
        &self,
        key: impl Into<String>,
        actor: &str,
        reason: impl Into<String>,
    ) -> EntryFacts {
        EntryFacts {
            id: self.next_entry_id(),
            ts: self.now,
            key: key.into(),
            actor: actor.to_owned(),
            reason: reason.into(),
        }
    }

    /// Every rule that denies the order now goes to `denials`; returns the cash that it may need, and what the rules
    /// that only warn say of an order that is let through.
    pub(super) fn admit(
        &self,
        request: &OrderRequest,
        child: bool,
        replaces: Option<Replaced>,
        denials: &mut Vec<Denial>,
    ) -> (Option<Decimal>, Vec<Denial>) {
        let account = self.account(&request.account);
        let Some((account, instrument)) = account.zip(self.state.instruments.by_id(&request.instrument))
        else {
            return (None, Vec::new());
        };
        let settings = account.risk_of(strategy_of(request));
        let context = self.context(account, &settings, request, (instrument, child, replaces));
        gate::evaluate(&context, denials);
        let silent = !settings.margin.enabled && !settings.intraday.enabled && settings.place.is_empty();
        let warnings = if silent || !denials.is_empty() {
            Vec::new()
        } else {
            gate::warnings(&context)
        };
        (context.cash_needed(), warnings)
    }

    /// The most that a whole order is charged, as a part of its notional at the worst price.
    fn fee_part(
        &self,
        account: &AccountState,
        request: &OrderRequest,
        instrument: &Instrument,
        (quote, band): (Option<(Decimal, Decimal)>, Decimal),
    ) -> Decimal {
        let simulated = account.info.kind == AccountKind::Paper;
        let rules = self.config.paper_fees.iter().filter(|_| simulated);
        let mut of_market = rules.filter(|r| r.market == instrument.id.market);
        let own = of_market.clone().find(|r| r.kind == Some(instrument.kind));
        let Some(rule) = own.or_else(|| of_market.find(|r| r.kind.is_none())) else {
            let table = self.state.fees.get(&instrument.id.market);
            return table.map_or(Decimal::ZERO, |f| f.taker);
        };
        let part = || {
            let quantity = request.quantity.decimal();
            let worst = gate::worst_price(request, quote, band)?;
            let notional = instrument.notional(worst, quantity).ok()?.abs();
            let fill = FeeFacts {
                instrument,
                side: request.side,
                quantity,
                notional,
                taker: true,
                ts: self.now,
                volume: Decimal::ZERO,
            };
            let fee = rule.model.estimate(&fill, (8, Rounding::Up)).ok()?;
            let fee = fee
                .iter()
                .try_fold(Decimal::ZERO, |sum, l| sum.checked_add(l.amount))?;
            Some(Rounding::Up.to_decimals(fee.checked_div(notional)?, 16))
        };
        // What no fee can be reckoned for is denied: nobody knows whether the cash covers it.
        part().unwrap_or(Decimal::MAX)
    }

    fn context<'a>(
        &'a self,
        account: &'a AccountState,
        settings: &'a RiskSettings,
        request: &'a OrderRequest,
        (instrument, child, replaces): (&'a Instrument, bool, Option<Replaced>),
    ) -> GateContext<'a> {
        let (quote, quote_state) = self.quote_of(&request.instrument);
        let value = self.value(account);
        let kill_switch = account.kill_switch.as_ref().or(self.state.kill_switch.as_ref());
        let strategy = strategy_of(request);
        let position = account
            .ledger
            .touched(&request.instrument, request.side, request.reduce_only);
        let unvalued = value.exposure.is_none() || value.margin_kept.is_none();
        let owners = account.ledger.owners(&request.instrument).len();
        GateContext {
            request,
            instrument,
            settings,
            account_kind: account.info.kind,
            kill_switch: kill_switch.map(|k| k.reason.as_str()),
            ready: self.is_ready(account),
            quote,
            quote_state,
            rate: self.rate_to(instrument.quote, account.info.base_currency),
            unvalued: unvalued.then(|| self.why_unvalued(account)),
            equity: value.equity,
            exposure: value.exposure,
            margin_used: value.margin_used,
            margin_kept: value.margin_kept,
            cash_available: account.ledger.cash_available(instrument.quote),
            taker_fee: self.fee_part(account, request, instrument, (quote, settings.price_band)),
            position,
            closing_already: closing_already(account, request, position),
            open_positions: open_positions(account),
            positions_of_strategy: positions_of(account, request, strategy),
            positions_in_instrument: u32::try_from(owners).unwrap_or(u32::MAX),
            orders: (!child).then(|| account.counters.orders(self.now)),
            strategy_entries: account.counters.entries(self.now),
            orders_per_second: account.counters.orders_within(self.now, SECOND_NS),
            day_trades: account.day_trades.count(self.now),
            day_loss: value.day_loss,
            drawdown: value.drawdown,
            strategy_status: strategy.map(|s| account.strategy_status(s)),
            last_same_signal: strategy.and_then(|s| account.last_acted(s, &request.instrument, request.side)),
            session: self.session_of(instrument),
            replaces,
            now: self.now,
            once: gate::Once::default(),
        }
    }

    /// An order of an account, if it is in memory.
    #[must_use]
    pub fn order(&self, account: &AccountId, id: &ClientOrderId) -> Option<&Order> {
        self.account(account)?.orders.get(id)
    }
}

/// A parent has to be there before its child, in the same account.
fn check_parent(
    account: &AccountState,
    request: &OrderRequest,
    earlier: &[OrderRequest],
) -> Result<(), CommandError> {
    let Some(parent) = &request.terms.parent else {
        return Ok(());
    };
    let in_batch = earlier.iter().any(|r| r.client_order_id == *parent);
    if in_batch || account.orders.get(parent).is_some() {
        return Ok(());
    }
    let message = "the parent of a linked order has to be there, or earlier in the batch";
    Err(RequestError::Contradiction(message).into())
}

/// Σ what open orders of the same side could still close. Other legs of the same list close the same, and what
/// protects a position gives way to an order that is not protective: it can only reduce, and is canceled when the
/// position is gone.
fn closing_already(account: &AccountState, request: &OrderRequest, position: Decimal) -> Decimal {
    let closing = if position > Decimal::ZERO {
        Side::Sell
    } else {
        Side::Buy
    };
    if request.side != closing {
        return Decimal::ZERO;
    }
    let hedging = account.ledger.is_hedging();
    let same = |o: &&Order| {
        o.request.instrument == request.instrument
            && o.request.side == closing
            && (!hedging || o.request.reduce_only)
            && o.request.client_order_id != request.client_order_id
            && (request.terms.oco.is_none() || o.request.terms.oco != request.terms.oco)
            && !(o.request.reduce_only && o.request.terms.parent.is_some() && request.terms.parent.is_none())
    };
    account.orders.open().filter(same).map(Order::leaves).sum()
}

/// Open positions, and those that an open order could open. Long and short of a hedged account are two.
fn open_positions(account: &AccountState) -> u32 {
    let ledger = &account.ledger;
    let hedging = ledger.is_hedging();
    let mut positions: Vec<_> = ledger
        .open_sides()
        .map(|side| (side.instrument, side.book))
        .collect();
    let entries = account
        .orders
        .open()
        .filter(|o| (hedging || o.request.side == Side::Buy) && !o.request.reduce_only);
    let submitted = entries.filter(|o| o.state != tradewind_types::OrderState::Initialized);
    for order in submitted {
        let opens = (
            &order.request.instrument,
            ledger.book_of(order.request.side, false),
        );
        if !positions.contains(&opens) {
            positions.push(opens);
        }
    }
    u32::try_from(positions.len()).unwrap_or(u32::MAX)
}

fn positions_of(account: &AccountState, request: &OrderRequest, strategy: Option<&StrategyId>) -> u32 {
    let held = hedge::held_by(account, request, strategy);
    let pending = account.orders.open().any(|o| {
        o.request.client_order_id != request.client_order_id
            && o.request.instrument == request.instrument
            && o.request.side == request.side
            && !o.request.reduce_only
            && strategy_of(&o.request) == strategy
    });
    held.max(u32::from(pending && strategy.is_some()))
}
