//! Orders that the kernel holds itself because their venue lacks their type: stops, stop-limits, trailing stops.
//!
//! A held order is `Accepted` under a venue id of our own ([`is_held`]), rests here, and is watched on every quote
//! and trade of its instrument. When its trigger is reached it is `Triggered` and goes to the venue as a market or
//! limit order under the same client order id. It expires here. While the market's data is not VALID nothing
//! triggers. A trailing stop's level follows every tick; it is journalled when it starts and then whenever it has
//! moved by a tenth of its distance, so that after a restart it is never better than it was, by more than that.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tradewind_matching::paper::SessionView;
use tradewind_types::market::DataState;
use tradewind_types::order::{OrderEventKind, TrailingOffset, TriggerBy};
use tradewind_types::time::DAY_NS;
use tradewind_types::{
    AccountId, ClientOrderId, Instrument, InstrumentIdx, Order, OrderKind, OrderRequest, OrderState, Price,
    Rounding, Side, TimeInForce, UnixNanos, VenueOrderId,
};

use super::{Actions, Kernel, State};

/// What a venue carries out itself; the rest is emulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Capabilities {
    /// Stop-market orders.
    pub stop_market: bool,
    /// Stop-limit orders.
    pub stop_limit: bool,
    /// Trailing stops.
    pub trailing: bool,
    /// Good till a date.
    pub gtd: bool,
    /// Displayed part of a limit order.
    pub iceberg: bool,
    /// Changing an order in place; without it a change is refused.
    pub modify: bool,
}

impl Capabilities {
    /// Everything.
    pub const ALL: Self = Self {
        stop_market: true,
        stop_limit: true,
        trailing: true,
        gtd: true,
        iceberg: true,
        modify: true,
    };
    /// Market and limit orders, nothing else.
    pub const BASIC: Self = Self {
        stop_market: false,
        stop_limit: false,
        trailing: false,
        gtd: false,
        iceberg: false,
        modify: false,
    };

    fn lacks(self, request: &OrderRequest) -> bool {
        // What is to be hidden after its trigger has to be in the kernel's hands until then.
        let hides = request.terms.display.is_some() && !self.iceberg;
        if hides && request.is_stop() {
            return true;
        }
        match request.kind {
            OrderKind::Market | OrderKind::Limit { .. } => false,
            OrderKind::StopMarket { .. } => !self.stop_market,
            OrderKind::StopLimit { .. } => !self.stop_limit,
            OrderKind::TrailingStop { .. } => !self.trailing,
        }
    }
}

impl Default for Capabilities {
    fn default() -> Self {
        Self::ALL
    }
}

const HELD_PREFIX: &str = "K-";

/// Whether the kernel holds an order, or held it until its trigger was reached and the venue has not answered yet.
#[must_use]
pub fn is_held(order: &Order) -> bool {
    let id = order.venue_order_id.as_ref();
    id.is_some_and(|id| id.as_str().starts_with(HELD_PREFIX))
}

/// The order as the venue gets it once its trigger was reached.
pub(super) fn after_trigger(request: &OrderRequest) -> OrderRequest {
    let mut request = request.clone();
    request.kind = match request.kind {
        OrderKind::StopLimit { price, post_only, .. } => OrderKind::Limit { price, post_only },
        _ => OrderKind::Market,
    };
    request
}

#[derive(Debug, Clone)]
struct Held {
    account: AccountId,
    id: ClientOrderId,
    side: Side,
    by: TriggerBy,
    trigger: Option<Decimal>,
    trail: Option<Trail>,
    expires: Option<UnixNanos>,
}

#[derive(Debug, Clone)]
struct Trail {
    offset: TrailingOffset,
    activation: Option<Decimal>,
    /// As last journalled.
    journalled: Option<Decimal>,
}

/// The held orders, by instrument.
#[derive(Debug, Default)]
pub(super) struct HeldOrders {
    books: Vec<Vec<Held>>,
    count: usize,
}

impl HeldOrders {
    pub(super) fn restored(state: &State) -> Self {
        let mut held = Self::default();
        for account in state.accounts.values() {
            let resting = account
                .orders
                .open()
                .filter(|o| is_held(o) && !o.triggered && o.state != OrderState::PendingCancel);
            for order in resting {
                if let Some(idx) = state.instruments.idx(&order.request.instrument) {
                    held.insert(idx, order, day_end(state, idx, order.ts_created));
                }
            }
        }
        held
    }

    /// `day_end`: when the order's day ends, if it is for one.
    fn insert(&mut self, idx: InstrumentIdx, order: &Order, day_end: UnixNanos) {
        while self.books.len() <= idx.slot() {
            self.books.push(Vec::new());
        }
        let request = &order.request;
        let level = order.trigger.map(Price::decimal);
        let trail = match request.kind {
            OrderKind::TrailingStop { offset, activation } => Some(Trail {
                offset,
                activation: activation.map(Price::decimal).filter(|_| level.is_none()),
                journalled: level,
            }),
            _ => None,
        };
        let expires = match request.time_in_force {
            TimeInForce::Gtd { until } => Some(until),
            TimeInForce::Day => Some(day_end),
            TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok => None,
        };
        self.books[idx.slot()].push(Held {
            account: request.account.clone(),
            id: request.client_order_id.clone(),
            side: request.side,
            by: request.terms.trigger_by,
            trigger: level,
            trail,
            expires,
        });
        self.count += 1;
    }

    pub(super) fn contains(&self, account: &AccountId, id: &ClientOrderId) -> bool {
        let mut all = self.books.iter().flatten();
        self.count > 0 && all.any(|h| h.id == *id && h.account == *account)
    }

    pub(super) fn remove(&mut self, account: &AccountId, id: &ClientOrderId) -> bool {
        for book in &mut self.books {
            if let Some(at) = book.iter().position(|h| h.id == *id && h.account == *account) {
                book.remove(at);
                self.count -= 1;
                return true;
            }
        }
        false
    }

    fn watches(&self, idx: InstrumentIdx) -> bool {
        self.count > 0 && self.books.get(idx.slot()).is_some_and(|b| !b.is_empty())
    }

    fn expired(&self, now: UnixNanos) -> Vec<(AccountId, ClientOrderId)> {
        if self.count == 0 {
            return Vec::new();
        }
        let due = self
            .books
            .iter()
            .flatten()
            .filter(|h| h.expires.is_some_and(|e| e <= now));
        due.map(|h| (h.account.clone(), h.id.clone())).collect()
    }
}

/// When the trading day of an instrument ends for an order made at a time: its session's end, or UTC midnight for a
/// market that never closes.
pub(super) fn day_end(state: &State, idx: InstrumentIdx, made: UnixNanos) -> UnixNanos {
    let session = SessionView::ends(state, idx, made);
    session.unwrap_or_else(|| made.floor_to(DAY_NS).plus(DAY_NS))
}

/// What a look at the market did to a held order.
enum Move {
    None,
    Follow(Decimal),
    Trigger,
}

impl Held {
    /// The price that the trigger is compared with.
    fn reference(&self, (bid, ask): (Decimal, Decimal), last: Option<Decimal>) -> Option<Decimal> {
        match (self.by, self.side) {
            (TriggerBy::Quote, Side::Buy) => Some(ask),
            (TriggerBy::Quote, Side::Sell) => Some(bid),
            (TriggerBy::Mid, _) => bid.checked_add(ask)?.checked_div(Decimal::TWO),
            (TriggerBy::Last, _) => last,
        }
    }

    fn look(&mut self, reference: Decimal, instrument: &Instrument) -> Move {
        let side = self.side;
        let reached = |level: Decimal| match side {
            Side::Buy => reference >= level,
            Side::Sell => reference <= level,
        };
        if self.trigger.is_some_and(reached) {
            return Move::Trigger;
        }
        let Some(trail) = &mut self.trail else {
            return Move::None;
        };
        if let Some(activation) = trail.activation {
            let active = match side {
                Side::Buy => reference <= activation,
                Side::Sell => reference >= activation,
            };
            if !active {
                return Move::None;
            }
            trail.activation = None;
        }
        let distance = match trail.offset {
            TrailingOffset::Price(distance) => Some(distance.decimal()),
            TrailingOffset::Percent(percent) => reference
                .checked_mul(percent)
                .and_then(|d| d.checked_div(Decimal::ONE_HUNDRED)),
        };
        let (level, rounding) = match (distance, side) {
            (None, _) => return Move::None,
            (Some(distance), Side::Buy) => (reference.checked_add(distance), Rounding::Up),
            (Some(distance), Side::Sell) => (reference.checked_sub(distance), Rounding::Down),
        };
        let level = level.and_then(|l| rounding.to_step(l, instrument.tick).ok());
        let Some(level) = level else { return Move::None };
        let better = self.trigger.is_none_or(|old| match side {
            Side::Buy => level < old,
            Side::Sell => level > old,
        });
        if !better {
            return Move::None;
        }
        self.trigger = Some(level);
        let step = distance.unwrap_or_default() / Decimal::TEN;
        let news = trail.journalled.is_none_or(|j| (level - j).abs() >= step);
        if !news {
            return Move::None;
        }
        trail.journalled = Some(level);
        Move::Follow(level)
    }
}

impl Kernel {
    /// Hands an admitted order to whoever carries it out: its venue, or the kernel itself.
    pub(super) fn hand_over(&mut self, request: &OrderRequest, actions: &mut Actions) {
        if !self.capabilities(&request.account).lacks(request) {
            if self.hides(request) {
                self.begin_slices(&request.account, &request.client_order_id, actions);
            } else {
                self.hand_to_venue(request);
            }
            return;
        }
        let (account, id) = (&request.account, &request.client_order_id);
        let Ok(venue_order_id) = VenueOrderId::new(&format!("{HELD_PREFIX}{id}")) else {
            return;
        };
        let event = self.event_of(account, id, OrderEventKind::Accepted { venue_order_id });
        self.emit_if_legal(event, actions);
        let Some(idx) = self.state.instruments.idx(&request.instrument) else {
            return;
        };
        if let Some(order) = self.state.accounts.get(account).and_then(|a| a.orders.get(id)) {
            let end = day_end(&self.state, idx, order.ts_created);
            self.held.insert(idx, order, end);
        }
        self.watch_held(idx, None, actions);
        self.follow_links(account, id, actions);
    }

    /// Looks at the held orders of an instrument after a quote (or, with its price, a trade).
    pub(super) fn watch_held(&mut self, idx: InstrumentIdx, last: Option<Decimal>, actions: &mut Actions) {
        if self.frozen || !self.held.watches(idx) {
            return;
        }
        let Some(instrument) = self.state.instruments.get(idx).cloned() else {
            return;
        };
        let (Some(quote), DataState::Valid) = self.quote_of(&instrument.id) else {
            return;
        };
        let mut moved = Vec::new();
        for held in &mut self.held.books[idx.slot()] {
            let Some(reference) = held.reference(quote, last) else {
                continue;
            };
            match held.look(reference, &instrument) {
                Move::None => {}
                news => moved.push((held.account.clone(), held.id.clone(), news)),
            }
        }
        for (account, id, news) in moved {
            match news {
                Move::None => {}
                Move::Follow(level) => self.follow_market(&account, &id, level, actions),
                Move::Trigger => self.trigger_held(&account, &id, actions),
            }
        }
    }

    fn follow_market(
        &mut self,
        account: &AccountId,
        id: &ClientOrderId,
        level: Decimal,
        actions: &mut Actions,
    ) {
        if let Ok(trigger) = Price::new(level) {
            let event = self.event_of(account, id, OrderEventKind::TriggerMoved { trigger });
            self.emit_if_legal(event, actions);
        }
    }

    fn trigger_held(&mut self, account: &AccountId, id: &ClientOrderId, actions: &mut Actions) {
        // One trigger can end another order that was moved by the same look: it is then no longer here.
        if !self.held.remove(account, id) {
            return;
        }
        let event = self.event_of(account, id, OrderEventKind::Triggered);
        if !self.emit_if_legal(event, actions) {
            return;
        }
        if let Some(request) = self.order(account, id).map(|o| o.request.clone()) {
            if self.hides(&request) {
                return self.begin_slices(account, id, actions);
            }
            let mut sent = after_trigger(&request);
            if let Some(leaves) = self.order(account, id).map(Order::leaves)
                && let Ok(leaves) = tradewind_types::Quantity::new(leaves)
            {
                sent.quantity = leaves;
            }
            self.hand_to_venue(&sent);
        }
    }

    pub(super) fn expire_held(&mut self, actions: &mut Actions) {
        for (account, id) in self.held.expired(self.now) {
            self.held.remove(&account, &id);
            let event = self.event_of(&account, &id, OrderEventKind::Expired);
            self.emit_if_legal(event, actions);
            self.order_ended(&account, &id, actions);
        }
    }

    /// Asks for the cancel of what rests at a venue that knows no end, when the order's end has come.
    pub(super) fn end_at_venue(&mut self, actions: &mut Actions) {
        let mut over = Vec::new();
        for account in self.state.accounts.values() {
            let id = &account.info.id;
            if account.orders.open_count() == 0 || self.capabilities(id).gtd {
                continue;
            }
            let ended = |o: &&Order| match o.request.time_in_force {
                TimeInForce::Gtd { until } => until <= self.now && o.state != OrderState::PendingCancel,
                _ => false,
            };
            let open = account.orders.open().filter(ended);
            let open = open.filter(|o| !self.is_sliced(id, &o.request.client_order_id));
            over.extend(open.map(|o| (id.clone(), o.request.client_order_id.clone())));
        }
        for (account, id) in &over {
            self.request_cancel(account, id, actions);
        }
    }

    /// A person changed a held order.
    pub(super) fn change_held(&mut self, account: &AccountId, id: &ClientOrderId, request: &OrderRequest) {
        let Some(idx) = self.state.instruments.idx(&request.instrument) else {
            return;
        };
        self.held.remove(account, id);
        if let Some(order) = self.state.accounts.get(account).and_then(|a| a.orders.get(id)) {
            let end = day_end(&self.state, idx, order.ts_created);
            self.held.insert(idx, order, end);
        }
    }
}
