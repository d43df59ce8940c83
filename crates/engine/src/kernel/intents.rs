//! From what a strategy asks for to orders: sizes, steps, links, and the risk gate.
//!
//! | intent | orders |
//! | --- | --- |
//! | enter | one entry, with a stop-loss and take-profit as children where the intent or the account wants them |
//! | target | what is held and on its way is brought to it: a reduce-only part first, then what opens |
//! | exit | the strategy's entries that rest are canceled; what it holds is closed, reduce-only |
//! | cancel all | the strategy's orders that rest are canceled, protective ones excepted |
//! | opinion | a buy enters where nothing is held, a sell exits |
//!
//! Sizes are reckoned with the quote's side that the order would meet, and brought down to the lot. What rounds to
//! nothing is no order; [`Acted::dropped`] counts it.

use rust_decimal::Decimal;
use tradewind_strategy::{Amount, Entry, EntryKind, Intent, Reason, Size};
use tradewind_types::order::{OrderOrigin, UnitFraction};
use tradewind_types::record::Outcome;
use tradewind_types::risk::{RiskSettings, SizingRule};
use tradewind_types::signal::{Opinion, Signal, SignalOutcome};
use tradewind_types::{
    AccountId, ClientOrderId, Instrument, InstrumentIdx, OrderKind, OrderListId, OrderRequest, OrderState,
    OrderTerms, Price, Quantity, Rounding, Side, SignalId, StrategyId, TimeInForce, UnixNanos,
};

use super::account::strategy_of;
use super::ordering::RESERVED_PREFIX;
use super::sizing::SizedEntry;
use super::{Actions, Kernel, numbered};

/// How entries that leave it to the account are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EntryStyle {
    /// A limit a little through the quote, immediate or cancel, as in paper and live trading.
    #[default]
    Limit,
    /// A market order.
    Market,
}

/// Whose intents they are.
#[derive(Debug, Clone)]
pub struct Actor<'a> {
    /// The account that trades.
    pub account: &'a AccountId,
    /// The strategy's instance.
    pub strategy: &'a StrategyId,
    /// Its instruments, by slot.
    pub slots: &'a [InstrumentIdx],
    /// How it enters where it leaves that open.
    pub style: EntryStyle,
}

/// What became of intents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Acted {
    /// Orders made, denied ones included.
    pub orders: u32,
    /// Intents that made no order: nothing to close, or a size that rounds to nothing or cannot be reckoned.
    pub dropped: u32,
}

/// An instrument with what its quote shows.
struct Place<'k> {
    instrument: &'k Instrument,
    bid: Decimal,
    ask: Decimal,
}

impl Place<'_> {
    fn taken_at(&self, side: Side) -> Decimal {
        match side {
            Side::Buy => self.ask,
            Side::Sell => self.bid,
        }
    }
}

impl Kernel {
    /// Acts on one thing that a strategy asked for.
    pub fn act_on(&mut self, actor: &Actor<'_>, intent: &Intent, actions: &mut Actions) -> Acted {
        let dropped = Acted {
            orders: 0,
            dropped: 1,
        };
        let Some(idx) = actor.slots.get(intent.slot()).copied() else {
            return dropped;
        };
        let made = match intent {
            Intent::Enter(entry) => self.enter(actor, idx, entry, actions),
            Intent::Exit { .. } => self.exit(actor, idx, actions),
            Intent::Target { amount, reason, .. } => self.target(actor, idx, (*amount, reason), actions),
            Intent::CancelAll { .. } => {
                self.cancel_resting(actor, idx, actions);
                Some(0)
            }
            Intent::Opinion(verdict) => match verdict.opinion {
                Opinion::Hold => Some(0),
                Opinion::Sell => self.exit(actor, idx, actions),
                Opinion::Buy if !self.owned(actor, idx).is_zero() => Some(0),
                Opinion::Buy => {
                    let mut entry = Entry::new(intent.slot(), Side::Buy, verdict.reason.clone());
                    entry.confidence = verdict.confidence;
                    self.enter(actor, idx, &entry, actions)
                }
            },
        };
        made.map_or(dropped, |orders| Acted { orders, dropped: 0 })
    }

    fn place_of(&self, idx: InstrumentIdx) -> Option<Place<'_>> {
        let market = self.markets.get(idx.slot())?;
        let (bid, ask) = market.best()?;
        Some(Place {
            instrument: self.state.instruments.get(idx)?,
            bid,
            ask,
        })
    }

    /// What the strategy holds of an instrument; negative = short.
    #[must_use]
    pub(crate) fn owned(&self, actor: &Actor<'_>, idx: InstrumentIdx) -> Decimal {
        let instrument = self.state.instruments.get(idx);
        let account = self.account(actor.account);
        let owned = account
            .zip(instrument)
            .and_then(|(a, i)| a.ledger.owned(&i.id, Some(actor.strategy)));
        owned.unwrap_or_default()
    }

    fn enter(
        &mut self,
        actor: &Actor<'_>,
        idx: InstrumentIdx,
        entry: &Entry,
        actions: &mut Actions,
    ) -> Option<u32> {
        let place = self.place_of(idx)?;
        let kind = entry_kind(
            &place,
            entry,
            actor.style,
            self.account(actor.account)?
                .risk_of(Some(actor.strategy))
                .entry_offset,
        )?;
        let from = match kind {
            OrderKind::Limit { price, .. } => price.decimal(),
            OrderKind::StopMarket { trigger } => trigger.decimal(),
            _ => place.taken_at(entry.side),
        };
        let loss = entry
            .stop_loss
            .and_then(|level| level_price(&place, level, entry.side));
        let profit = entry
            .take_profit
            .and_then(|level| level_price(&place, level, entry.side.opposite()));
        let quantity = self.size_of(actor, &place, entry, (from, loss))?;
        let instrument = place.instrument.id.clone();
        let time_in_force = match (entry.kind, actor.style) {
            (EntryKind::Limit(_) | EntryKind::Stop(_), _) => TimeInForce::Gtc,
            _ => TimeInForce::Ioc,
        };
        let request = OrderRequest {
            client_order_id: self.next_order_id('B')?,
            account: actor.account.clone(),
            instrument,
            side: entry.side,
            quantity,
            kind,
            time_in_force,
            reduce_only: false,
            origin: self.origin(actor, entry.confidence)?,
            terms: OrderTerms::default(),
        };
        let made = if loss.is_none() && profit.is_none() {
            self.place_protected(&request, actions);
            Some(1)
        } else {
            self.place_with_levels(&request, (loss, profit), actions)
        };
        self.note_signal(&request, entry, actions);
        made
    }

    /// Records an entry's signal, by which the gate knows one that comes again; where nobody asks that, nothing.
    fn note_signal(&mut self, request: &OrderRequest, entry: &Entry, actions: &mut Actions) {
        let OrderOrigin::Strategy {
            strategy,
            signal,
            confidence,
        } = &request.origin
        else {
            return;
        };
        let Some(account) = self.account(&request.account) else {
            return;
        };
        if account.risk_of(Some(strategy)).duplicate_window_s == 0 {
            return;
        }
        let outcome = match self
            .order(&request.account, &request.client_order_id)
            .map(|o| &o.state)
        {
            Some(OrderState::Denied { denials }) => SignalOutcome::Denied {
                denials: denials.clone(),
            },
            _ => SignalOutcome::Accepted {
                client_order_id: request.client_order_id.clone(),
            },
        };
        let interval = self.config.strategy_interval;
        let signal = Signal {
            id: signal.clone(),
            account: request.account.clone(),
            strategy: strategy.clone(),
            instrument: request.instrument.clone(),
            interval,
            bar_ts: UnixNanos(self.now.0.saturating_sub(interval.nanos())),
            ts: self.now,
            opinion: match request.side {
                Side::Buy => Opinion::Buy,
                Side::Sell => Opinion::Sell,
            },
            strength: *confidence,
            confidence: *confidence,
            reason: entry.reason.to_string(),
            outcome,
        };
        let _ = self.emit(Outcome::Signal(Box::new(signal)), actions);
    }

    /// Places an entry with the levels that the strategy named.
    fn place_with_levels(
        &mut self,
        entry: &OrderRequest,
        (loss, profit): (Option<Price>, Option<Price>),
        actions: &mut Actions,
    ) -> Option<u32> {
        let number = self.next_number();
        let oco = OrderListId::new(&format!("{RESERVED_PREFIX}{number}")).ok()?;
        let terms = OrderTerms {
            parent: Some(entry.client_order_id.clone()),
            oco: (loss.is_some() && profit.is_some()).then_some(oco),
            ..OrderTerms::default()
        };
        let leg = |letter: char, kind: OrderKind| {
            let id = ClientOrderId::new(&format!("{RESERVED_PREFIX}{letter}{number}")).ok()?;
            Some(OrderRequest {
                client_order_id: id,
                side: entry.side.opposite(),
                kind,
                time_in_force: TimeInForce::Gtc,
                reduce_only: true,
                terms: terms.clone(),
                ..entry.clone()
            })
        };
        let stop = loss.and_then(|trigger| leg('L', OrderKind::StopMarket { trigger }));
        let post_only = false;
        let target = profit.and_then(|price| leg('T', OrderKind::Limit { price, post_only }));
        if !self.place(entry, false, actions) {
            return Some(1);
        }
        let mut made = 1;
        for child in stop.into_iter().chain(target) {
            self.place(&child, true, actions);
            made += 1;
        }
        Some(made)
    }

    /// How much to enter with, on the lot grid; `None` when nothing is left or it cannot be reckoned.
    fn size_of(
        &self,
        actor: &Actor<'_>,
        place: &Place<'_>,
        entry: &Entry,
        (from, loss): (Decimal, Option<Price>),
    ) -> Option<Quantity> {
        let account = self.account(actor.account)?;
        let instrument = place.instrument;
        let by = |settings: &RiskSettings, rule: &SizingRule| {
            let sized = SizedEntry {
                instrument,
                side: entry.side,
                price: from,
                stop: loss.map(Price::decimal),
                confidence: entry.confidence,
            };
            let sized = self.size_by(account, settings, rule, &sized).ok()?;
            Some(sized.sized.unrounded)
        };
        let unit = from.checked_mul(instrument.multiplier)?;
        let of_equity = |part: Decimal| self.equity_in(account, instrument.quote)?.checked_mul(part);
        let wanted = match entry.size {
            Size::Quantity(quantity) => quantity,
            Size::EquityFraction(part) => of_equity(part)?.checked_div(unit)?,
            Size::Default => {
                let settings = account.risk_of(Some(actor.strategy));
                if settings.sizing == SizingRule::Signal {
                    let confidence = Decimal::new(i64::from(entry.confidence.0), 6);
                    of_equity(settings.signal_size)?
                        .checked_mul(confidence)?
                        .checked_div(unit)?
                } else {
                    by(&settings, &settings.sizing)?
                }
            }
            Size::By(rule) => by(&account.risk_of(Some(actor.strategy)), &rule)?,
            Size::RiskToStop(part) => {
                let distance = (from - loss?.decimal())
                    .abs()
                    .checked_mul(instrument.multiplier)?;
                of_equity(part)?.checked_div(distance)?
            }
        };
        instrument.quantise_quantity(wanted).ok()
    }

    /// Closes what the strategy holds; of a hedged account both sides.
    fn exit(&mut self, actor: &Actor<'_>, idx: InstrumentIdx, actions: &mut Actions) -> Option<u32> {
        self.cancel_entries(actor, idx, actions);
        let mut made = 0;
        for side in [Side::Sell, Side::Buy] {
            let held = self.closable_by(actor, idx, side);
            let left = held.abs() - self.closing(actor, idx, side);
            if left > Decimal::ZERO {
                made += self.close_part(actor, idx, held, left, actions).unwrap_or(0);
            }
        }
        (made > 0).then_some(made)
    }

    /// What the strategy holds that an order on a side can close; signed, 0 where there is nothing of the kind.
    fn closable_by(&self, actor: &Actor<'_>, idx: InstrumentIdx, side: Side) -> Decimal {
        let pair = self.account(actor.account).zip(self.state.instruments.get(idx));
        let held = pair.map_or(Decimal::ZERO, |(a, i)| {
            a.ledger.owner_touched(&i.id, Some(actor.strategy), side, true)
        });
        match side {
            Side::Sell => held.max(Decimal::ZERO),
            Side::Buy => held.min(Decimal::ZERO),
        }
    }

    /// A reduce-only market order for a part of what is held.
    fn close_part(
        &mut self,
        actor: &Actor<'_>,
        idx: InstrumentIdx,
        held: Decimal,
        part: Decimal,
        actions: &mut Actions,
    ) -> Option<u32> {
        let instrument = self.state.instruments.get(idx)?;
        let request = OrderRequest {
            client_order_id: self.next_order_id('X')?,
            account: actor.account.clone(),
            instrument: instrument.id.clone(),
            side: if held > Decimal::ZERO {
                Side::Sell
            } else {
                Side::Buy
            },
            quantity: instrument.quantise_quantity(part).ok()?,
            kind: OrderKind::Market,
            time_in_force: TimeInForce::Ioc,
            reduce_only: true,
            origin: self.origin(actor, UnitFraction(tradewind_strategy::ONE))?,
            terms: OrderTerms::default(),
        };
        self.place(&request, false, actions);
        Some(1)
    }

    fn target(
        &mut self,
        actor: &Actor<'_>,
        idx: InstrumentIdx,
        (amount, reason): (Amount, &Reason),
        actions: &mut Actions,
    ) -> Option<u32> {
        self.cancel_entries(actor, idx, actions);
        let held = self.owned(actor, idx);
        let wanted = match amount {
            Amount::Quantity(quantity) => quantity,
            Amount::Weight(weight) => {
                let place = self.place_of(idx)?;
                let side = if weight.is_sign_negative() {
                    Side::Sell
                } else {
                    Side::Buy
                };
                let unit = place.taken_at(side).checked_mul(place.instrument.multiplier)?;
                let equity = self.equity_in(self.account(actor.account)?, place.instrument.quote)?;
                equity.checked_mul(weight)?.checked_div(unit)?
            }
        };
        let lot = self.state.instruments.get(idx)?.lot;
        let wanted = Rounding::Down.to_step(wanted, lot).ok()?;
        let (mut made, mut delta) = (0, wanted - held);
        let reduces = !held.is_zero() && delta.is_sign_negative() != held.is_sign_negative();
        if reduces && !delta.is_zero() {
            let closing_side = if held > Decimal::ZERO {
                Side::Sell
            } else {
                Side::Buy
            };
            let part = delta.abs().min(held.abs()) - self.closing(actor, idx, closing_side);
            if part > Decimal::ZERO {
                made += self.close_part(actor, idx, held, part, actions).unwrap_or(0);
            }
            delta = if delta.abs() > held.abs() {
                delta + held
            } else {
                Decimal::ZERO
            };
        }
        if delta.is_zero() {
            return (made > 0).then_some(made);
        }
        let side = if delta > Decimal::ZERO {
            Side::Buy
        } else {
            Side::Sell
        };
        let mut entry = Entry::new(0, side, reason.clone());
        entry.size = Size::Quantity(delta.abs());
        entry.kind = EntryKind::Market;
        let opened = self.enter(actor, idx, &entry, actions).unwrap_or(0);
        (made + opened > 0).then_some(made + opened)
    }

    /// Σ what the strategy's open orders on a side that are not protective already close.
    fn closing(&self, actor: &Actor<'_>, idx: InstrumentIdx, side: Side) -> Decimal {
        let Some((account, instrument)) = self.account(actor.account).zip(self.state.instruments.get(idx))
        else {
            return Decimal::ZERO;
        };
        let closes = |o: &&tradewind_types::Order| {
            let request = &o.request;
            request.reduce_only
                && request.side == side
                && request.terms.parent.is_none()
                && o.state != OrderState::PendingCancel
                && request.instrument == instrument.id
                && strategy_of(request) == Some(actor.strategy)
        };
        account
            .orders
            .open()
            .filter(closes)
            .map(tradewind_types::Order::leaves)
            .sum()
    }

    fn cancel_entries(&mut self, actor: &Actor<'_>, idx: InstrumentIdx, actions: &mut Actions) {
        self.cancel_where(actor, idx, |request| !request.reduce_only, actions);
    }

    fn cancel_resting(&mut self, actor: &Actor<'_>, idx: InstrumentIdx, actions: &mut Actions) {
        self.cancel_where(actor, idx, |request| request.terms.parent.is_none(), actions);
    }

    fn cancel_where(
        &mut self,
        actor: &Actor<'_>,
        idx: InstrumentIdx,
        wanted: fn(&OrderRequest) -> bool,
        actions: &mut Actions,
    ) {
        let Some((account, instrument)) = self.account(actor.account).zip(self.state.instruments.get(idx))
        else {
            return;
        };
        if account.orders.open_count() == 0 {
            return;
        }
        let of_actor = |o: &&tradewind_types::Order| {
            wanted(&o.request)
                && o.request.instrument == instrument.id
                && strategy_of(&o.request) == Some(actor.strategy)
        };
        let open = account.orders.open().filter(of_actor);
        let ids: Vec<ClientOrderId> = open.map(|o| o.request.client_order_id.clone()).collect();
        for id in &ids {
            self.request_cancel(actor.account, id, actions);
        }
    }

    fn next_order_id(&self, letter: char) -> Option<ClientOrderId> {
        let mut buffer = [0; 4];
        let letter = letter.encode_utf8(&mut buffer);
        ClientOrderId::new(&numbered(&[RESERVED_PREFIX, letter], self.next_number())).ok()
    }

    fn origin(&self, actor: &Actor<'_>, confidence: UnitFraction) -> Option<OrderOrigin> {
        Some(OrderOrigin::Strategy {
            strategy: actor.strategy.clone(),
            signal: SignalId::new(&numbered(&["I"], self.next_number())).ok()?,
            confidence,
        })
    }
}

/// The order type of an entry, its levels on the tick grid and never further than asked.
fn entry_kind(place: &Place<'_>, entry: &Entry, style: EntryStyle, offset: Decimal) -> Option<OrderKind> {
    let limit = |price: Price| OrderKind::Limit {
        price,
        post_only: false,
    };
    match (entry.kind, style) {
        (EntryKind::Market, _) | (EntryKind::Default, EntryStyle::Market) => Some(OrderKind::Market),
        (EntryKind::Default, EntryStyle::Limit) => {
            let (raw, rounding) = match entry.side {
                Side::Buy => (place.ask.checked_mul(Decimal::ONE + offset)?, Rounding::Down),
                Side::Sell => (place.bid.checked_mul(Decimal::ONE - offset)?, Rounding::Up),
            };
            place.instrument.quantise_price(raw, rounding).ok().map(limit)
        }
        (EntryKind::Limit(level), _) => level_price(place, level, entry.side.opposite()).map(limit),
        (EntryKind::Stop(level), _) => {
            level_price(place, level, entry.side).map(|trigger| OrderKind::StopMarket { trigger })
        }
    }
}

/// A level as a price: for `Buy` rounded up, for `Sell` rounded down, to the tick.
fn level_price(place: &Place<'_>, level: f64, towards: Side) -> Option<Price> {
    let decimal = Decimal::try_from(level).ok()?;
    let down = Rounding::Down.to_step(decimal, place.instrument.tick).ok()?;
    let price = match towards {
        Side::Sell => down,
        Side::Buy if down < decimal => down + place.instrument.tick,
        Side::Buy => down,
    };
    place.instrument.quantise_price(price, Rounding::HalfEven).ok()
}
