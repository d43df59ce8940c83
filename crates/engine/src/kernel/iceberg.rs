//! Icebergs at venues that cannot hide size: the kernel shows one slice at a time.
//!
//! A slice is a limit order of the display quantity (the last one is smaller), under an id of its own; the next leaves
//! when the one before has filled. The iceberg keeps its id, states, fills, average price, hold and links; slices are
//! neither asked of the gate nor counted by its rates, since the whole was. A stop that has a display quantity is held
//! ([`super::held`]) until its trigger, then sliced. What a slice's end means follows from the orders alone, so that
//! it holds after a restart as well:
//!
//! | the newest slice | the iceberg | what happens |
//! | --- | --- | --- |
//! | is shown | is being canceled or changed, has reached its end, is over, or needs less than is shown | the slice is canceled |
//! | was refused | nothing filled and not accepted / otherwise | `Rejected` / `Canceled`, with the venue's reason |
//! | ended | is being canceled | `Canceled` |
//! | ended | has reached its end, or the venue says that the slice has | `Expired` |
//! | was canceled by the venue (reduce-only, halted …) | | `Canceled`, with the venue's reason |
//! | ended with a change waiting | | changed, or the change is refused; then the next slice |
//! | filled | has something left | the next slice |
//! | `Unknown` | | nothing until its query is answered |
//!
//! A live slice that was canceled is asked for once more before anything takes its place: an execution that came
//! before the cancel may not have been told. A refused cancel of a slice is tried again each second. While an account
//! may not trade (not compared with its venue, live trading off, instrument halted) nothing new is shown.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;
use tradewind_types::order::{OrderEventKind, RequestError};
use tradewind_types::record::{Outcome, SliceNews, SliceRecorded};
use tradewind_types::time::SECOND_NS;
use tradewind_types::{
    AccountId, AccountKind, ClientOrderId, Instrument, InstrumentStatus, Order, OrderEvent, OrderKind,
    OrderRequest, OrderState, OrderTerms, Quantity, Rounding, TimeInForce, UnixNanos, VenueOrderId,
};

use super::held::day_end;
use super::slices::{Slice, Waiting};
use super::{Actions, Kernel, numbered};

/// The venue id of ours under which a sliced order is accepted.
const SLICED_PREFIX: &str = "I-";
/// How long an answer to the question for an ended slice is waited for.
const CONFIRM_AGAIN_NS: u64 = 4 * SECOND_NS;

type Key = (AccountId, ClientOrderId);

/// What is asked about ended slices; after a restart it is asked again.
#[derive(Debug, Default)]
pub(super) struct Confirmations {
    asked: BTreeMap<Key, UnixNanos>,
    confirmed: BTreeSet<Key>,
}

impl Confirmations {
    /// What was confirmed of an account's slices has been acted on; another iceberg's is asked for again.
    fn forget(&mut self, account: &AccountId) {
        if !self.asked.is_empty() || !self.confirmed.is_empty() {
            self.asked.retain(|(a, _), _| a != account);
            self.confirmed.retain(|(a, _)| a != account);
        }
    }
}

/// What an iceberg needs now.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Show,
    TakeDown(ClientOrderId),
    Confirm(ClientOrderId),
    Change(Waiting),
    End(OrderEventKind),
}

impl Kernel {
    /// Whether an order is shown slice by slice.
    pub(super) fn is_sliced(&self, account: &AccountId, id: &ClientOrderId) -> bool {
        self.account(account)
            .is_some_and(|a| !a.slices.is_idle() && a.slices.iceberg(id).is_some())
    }

    /// Whether the kernel has to hide what the order wants hidden.
    pub(super) fn hides(&self, request: &OrderRequest) -> bool {
        request.terms.display.is_some() && !self.capabilities(&request.account).iceberg
    }

    /// A slice that is in memory.
    pub(super) fn slice(&self, account: &AccountId, id: &ClientOrderId) -> Option<&Slice> {
        self.account(account)?.slices.get(id)
    }

    /// What a venue knows under an id: an order, or a slice of one.
    pub(super) fn placed(&self, account: &AccountId, id: &ClientOrderId) -> Option<&Order> {
        let order = self.order(account, id);
        order.or_else(|| self.slice(account, id).map(|s| &s.order))
    }

    /// The outcome that says an event, of an order or of a slice.
    pub(super) fn outcome_of_event(&self, event: OrderEvent) -> Outcome {
        match self.slice(&event.account, &event.client_order_id) {
            None => Outcome::Order(event),
            Some(slice) => {
                let parent = slice.parent.clone();
                happened(parent, event)
            }
        }
    }

    /// A slice has to be one that its venue takes.
    pub(super) fn check_display(
        &self,
        request: &OrderRequest,
        instrument: &Instrument,
    ) -> Result<(), RequestError> {
        let Some(display) = request.terms.display.filter(|_| self.hides(request)) else {
            return Ok(());
        };
        let least = least_of(request, instrument);
        if display.decimal() >= least || display >= request.quantity {
            return Ok(());
        }
        Err(RequestError::BelowMinimum {
            what: "the display quantity, which the venue gets as an order of its own,",
            actual: display.to_string(),
            minimum: least.normalize().to_string(),
        })
    }

    /// Makes the next slice and hands it to the venue. False when nothing of a size that the venue takes is left.
    pub(super) fn show_slice(
        &mut self,
        account: &AccountId,
        parent: &ClientOrderId,
        actions: &mut Actions,
    ) -> bool {
        let Some(order) = self.order(account, parent) else {
            return false;
        };
        let Some(instrument) = self.state.instruments.by_id(&order.request.instrument) else {
            return false;
        };
        let Some(quantity) = next_size(order, instrument) else {
            return false;
        };
        let Ok(client_order_id) = ClientOrderId::new(&numbered(&["auto-I"], self.next_number())) else {
            return false;
        };
        let request = OrderRequest {
            client_order_id,
            quantity,
            kind: shown_kind(&order.request),
            terms: OrderTerms::default(),
            ..order.request.clone()
        };
        let made = SliceNews::Made {
            request: Box::new(request.clone()),
        };
        let event = self.event_of(account, &request.client_order_id, OrderEventKind::Submitted);
        let made = self.slice_recorded(account, parent, made);
        let shown =
            self.emit(made, actions).is_ok() && self.emit(happened(parent.clone(), event), actions).is_ok();
        if shown {
            self.hand_to_venue(&request);
        }
        shown
    }

    fn slice_recorded(&self, account: &AccountId, parent: &ClientOrderId, news: SliceNews) -> Outcome {
        Outcome::Slice(Box::new(SliceRecorded {
            account: account.clone(),
            parent: parent.clone(),
            ts: self.now,
            news,
        }))
    }

    /// The first slice of an order that was admitted or triggered.
    pub(super) fn begin_slices(
        &mut self,
        account: &AccountId,
        parent: &ClientOrderId,
        actions: &mut Actions,
    ) {
        if !self.show_slice(account, parent, actions) {
            let reason = "nothing of the order is large enough to be shown at the venue".to_owned();
            self.end_iceberg(account, parent, OrderEventKind::Canceled { reason }, actions);
        }
    }

    /// A venue told something of a slice: books it for the iceberg and shows what comes next. False when the state of
    /// either does not know it.
    pub(super) fn slice_reported(&mut self, event: OrderEvent, actor: &str, actions: &mut Actions) -> bool {
        let account = event.account.clone();
        let Some(slice) = self.slice(&account, &event.client_order_id) else {
            return true;
        };
        let parent = slice.parent.clone();
        let refused = matches!(
            event.kind,
            OrderEventKind::CancelRejected { .. } | OrderEventKind::ModifyRejected { .. }
        );
        if refused && !slice.order.state.is_open() {
            return true;
        }
        if let OrderEventKind::Filled { .. } = &event.kind {
            let of_parent = OrderEvent {
                client_order_id: parent.clone(),
                ..event.clone()
            };
            let order = self.order(&account, &parent);
            if order.is_none_or(|o| o.clone().apply(&of_parent).is_err()) {
                return false;
            }
            if !self.record_slice(&parent, event, actions) {
                return false;
            }
            self.order_reported(of_parent, actor, actions);
            self.follow_iceberg(&account, &parent, actions);
            return true;
        }
        let (id, accepted) = (
            event.client_order_id.clone(),
            matches!(event.kind, OrderEventKind::Accepted { .. }),
        );
        if !self.record_slice(&parent, event, actions) {
            return false;
        }
        let over = self.slice(&account, &id).is_none_or(|s| !s.order.state.is_open());
        if let Some(live) = self.live.as_mut().filter(|_| over) {
            live.forget(&account, &id);
        }
        if refused {
            // Why it is refused, the order's own news says; the cancel is tried again when a second has passed.
            self.query_slice(&account, &id);
            return true;
        }
        let first = self
            .order(&account, &parent)
            .is_some_and(|o| o.state == OrderState::Submitted);
        if accepted
            && first
            && let Ok(venue_order_id) = VenueOrderId::new(&format!("{SLICED_PREFIX}{parent}"))
        {
            let event = self.event_of(&account, &parent, OrderEventKind::Accepted { venue_order_id });
            self.emit_if_legal(event, actions);
            self.follow_links(&account, &parent, actions);
        }
        self.follow_iceberg(&account, &parent, actions);
        true
    }

    fn record_slice(&mut self, parent: &ClientOrderId, event: OrderEvent, actions: &mut Actions) -> bool {
        match self.record(happened(parent.clone(), event), actions) {
            Ok(()) => true,
            Err(error) => {
                self.last_illegal = Some(error);
                false
            }
        }
    }

    fn query_slice(&mut self, account: &AccountId, id: &ClientOrderId) {
        let live = self.account(account).map(|a| a.info.kind) == Some(AccountKind::Live);
        if let Some(execution) = self.live.as_mut().filter(|_| live) {
            execution.query(account, id);
        }
    }

    /// Asks the venue for the slice that is shown of an order, if one is.
    pub(super) fn query_shown(&mut self, account: &AccountId, parent: &ClientOrderId) {
        let slices = self.account(account).map(|a| &a.slices);
        let last = slices.and_then(|s| s.iceberg(parent)).map(|i| i.last.clone());
        if let Some(id) = last {
            self.query_slice(account, &id);
        }
    }

    /// The venue has told all of a slice.
    pub(super) fn slice_confirmed(&mut self, account: &AccountId, id: &ClientOrderId, actions: &mut Actions) {
        let Some(slice) = self.slice(account, id).filter(|s| !s.order.state.is_open()) else {
            return;
        };
        let parent = slice.parent.clone();
        let newest = self.account(account).and_then(|a| a.slices.iceberg(&parent));
        if newest.is_some_and(|i| i.last == *id) {
            self.confirmations.confirmed.insert((account.clone(), id.clone()));
            self.follow_iceberg(account, &parent, actions);
        }
    }

    /// Every iceberg of every account: after a restart, and once a second.
    pub(super) fn follow_icebergs(&mut self, actions: &mut Actions) {
        let sliced = self.state.accounts.values().filter(|a| !a.slices.is_idle());
        let all: Vec<Key> = sliced
            .flat_map(|a| a.slices.icebergs().map(|id| (a.info.id.clone(), id.clone())))
            .collect();
        for (account, id) in &all {
            self.follow_iceberg(account, id, actions);
        }
    }

    /// Brings an iceberg to what it should be.
    pub(super) fn follow_iceberg(
        &mut self,
        account: &AccountId,
        parent: &ClientOrderId,
        actions: &mut Actions,
    ) {
        // A change is followed by a slice; nothing else by anything at once.
        for _ in 0..2 {
            let Some(step) = self.iceberg_step(account, parent) else {
                return;
            };
            match step {
                Step::TakeDown(id) => return self.take_down(account, &id, actions),
                Step::Confirm(id) => return self.confirm_slice(account, &id),
                Step::End(kind) => return self.end_iceberg(account, parent, kind, actions),
                Step::Change(waiting) => self.change_now(account, parent, &waiting, actions),
                Step::Show => {
                    self.confirmations.forget(account);
                    if !self.show_slice(account, parent, actions) {
                        let reason = "what is left is below what the venue takes".to_owned();
                        self.end_iceberg(account, parent, OrderEventKind::Canceled { reason }, actions);
                    }
                    return;
                }
            }
        }
    }

    fn iceberg_step(&self, account: &AccountId, parent: &ClientOrderId) -> Option<Step> {
        let state = self.account(account)?;
        let iceberg = state.slices.iceberg(parent)?;
        let shown = &state.slices.get(&iceberg.last)?.order;
        let order = state.orders.get(parent);
        let over = order.is_none_or(|o| !o.state.is_open());
        let ended = order.is_some_and(|o| self.has_reached_its_end(o));
        let killed = state.kill_switch.is_some() || self.state.kill_switch.is_some();
        let canceling = order.is_some_and(|o| o.state == OrderState::PendingCancel);
        if shown.state.is_open() {
            let display = order.and_then(|o| o.request.terms.display);
            let too_much = order.is_some_and(|o| shown.leaves() > o.leaves())
                || display.is_some_and(|d| shown.leaves() > d.decimal());
            let gone = over || ended || killed || canceling || too_much || iceberg.waiting.is_some();
            let asked = shown.state == OrderState::PendingCancel || shown.cancel_wanted;
            return (gone && !asked).then(|| Step::TakeDown(iceberg.last.clone()));
        }
        let order = order.filter(|_| !over)?;
        let canceled = |reason: &str| {
            let reason = reason.to_owned();
            Some(Step::End(OrderEventKind::Canceled { reason }))
        };
        if let OrderState::Rejected { reason } = &shown.state {
            let never = order.filled.is_zero()
                && matches!(
                    order.state,
                    OrderState::Submitted | OrderState::Triggered | OrderState::PendingCancel
                );
            if never {
                let reason = reason.clone();
                return Some(Step::End(OrderEventKind::Rejected { reason }));
            }
            return canceled(&format!("the venue refused a slice: {reason}"));
        }
        if canceling {
            return canceled("canceled on request");
        }
        if ended || shown.state == OrderState::Expired {
            return Some(Step::End(OrderEventKind::Expired));
        }
        match &shown.state {
            OrderState::Canceled { reason } if !shown.cancel_wanted => return canceled(reason),
            _ if killed => return canceled("the kill switch is engaged"),
            OrderState::Canceled { .. }
                if state.info.kind == AccountKind::Live && !self.is_confirmed(account, &iceberg.last) =>
            {
                return Some(Step::Confirm(iceberg.last.clone()));
            }
            _ => {}
        }
        if let Some(waiting) = iceberg.waiting {
            return Some(Step::Change(waiting));
        }
        self.may_show(order).then_some(Step::Show)
    }

    fn is_confirmed(&self, account: &AccountId, id: &ClientOrderId) -> bool {
        let confirmed = &self.confirmations.confirmed;
        !confirmed.is_empty() && confirmed.contains(&(account.clone(), id.clone()))
    }

    fn may_show(&self, order: &Order) -> bool {
        let Some(account) = self.account(&order.request.account) else {
            return false;
        };
        let instrument = self.state.instruments.by_id(&order.request.instrument);
        let trades = instrument.is_some_and(|i| i.status == InstrumentStatus::Trading);
        let live = account.info.kind != AccountKind::Live || account.risk.live_trading;
        !self.frozen && trades && live && self.is_ready(account)
    }

    fn has_reached_its_end(&self, order: &Order) -> bool {
        let until = match order.request.time_in_force {
            TimeInForce::Gtd { until } => until,
            TimeInForce::Day => match self.state.instruments.idx(&order.request.instrument) {
                Some(idx) => day_end(&self.state, idx, order.ts_created),
                None => return false,
            },
            TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok => return false,
        };
        until <= self.now
    }

    /// Asks the venue to cancel a slice; one whose answer was lost is canceled once it is found.
    pub(super) fn take_down(&mut self, account: &AccountId, id: &ClientOrderId, actions: &mut Actions) {
        let event = self.event_of(account, id, OrderEventKind::CancelRequested);
        if !self.emit_if_legal(event, actions) {
            return;
        }
        let unknown = self
            .slice(account, id)
            .is_some_and(|s| s.order.state == OrderState::Unknown);
        if !unknown {
            let now = self.now;
            self.execution(account).cancel(account, id, now);
        }
    }

    fn confirm_slice(&mut self, account: &AccountId, id: &ClientOrderId) {
        let key = (account.clone(), id.clone());
        let asked = self.confirmations.asked.get(&key);
        if asked.is_some_and(|at| self.now.since(*at) < CONFIRM_AGAIN_NS) {
            return;
        }
        self.confirmations.asked.insert(key, self.now);
        self.query_slice(account, id);
    }

    fn end_iceberg(
        &mut self,
        account: &AccountId,
        parent: &ClientOrderId,
        kind: OrderEventKind,
        actions: &mut Actions,
    ) {
        let event = self.event_of(account, parent, kind);
        if self.emit_if_legal(event, actions) {
            self.order_ended(account, parent, actions);
        }
    }

    /// A change of an iceberg was admitted: at once where what is shown agrees with it, else when that is gone.
    pub(super) fn change_iceberg(&mut self, order: &Order, request: &OrderRequest, actions: &mut Actions) {
        let (account, parent) = (&request.account, &request.client_order_id);
        let Some(iceberg) = self.account(account).and_then(|a| a.slices.iceberg(parent)) else {
            return;
        };
        let last = iceberg.last.clone();
        let Some(shown) = self.slice(account, &last).map(|s| &s.order) else {
            return;
        };
        let display = request.terms.display.unwrap_or(request.quantity).decimal();
        let same_price = request.limit_price() == order.request.limit_price();
        let agrees = if shown.state.is_open() {
            let fits = order.filled + shown.leaves() <= request.quantity.decimal();
            same_price && fits && shown.leaves() <= display
        } else {
            shown.state == OrderState::Filled
        };
        let waiting = Waiting {
            quantity: request.quantity,
            price: request.limit_price().filter(|_| !same_price),
            display: request.terms.display,
        };
        if agrees {
            self.change_now(account, parent, &waiting, actions);
        } else {
            let news = SliceNews::ChangeWaits {
                quantity: waiting.quantity,
                price: waiting.price,
                display: waiting.display,
            };
            let waits = self.slice_recorded(account, parent, news);
            let _ = self.emit(waits, actions);
        }
        self.follow_iceberg(account, parent, actions);
    }

    fn change_now(
        &mut self,
        account: &AccountId,
        parent: &ClientOrderId,
        change: &Waiting,
        actions: &mut Actions,
    ) {
        let Some(filled) = self.order(account, parent).map(|o| o.filled) else {
            return;
        };
        let kind = if change.quantity.decimal() < filled {
            OrderEventKind::ModifyRejected {
                reason: format!("{} was filled meanwhile", filled.normalize()),
            }
        } else {
            OrderEventKind::Modified {
                quantity: change.quantity,
                price: change.price,
                trigger: None,
                display: change.display,
            }
        };
        let event = self.event_of(account, parent, kind);
        self.emit_if_legal(event, actions);
        self.fit_hold(account, parent, actions);
        if self.order(account, parent).is_none_or(|o| !o.state.is_open()) {
            self.order_ended(account, parent, actions);
        } else {
            self.follow_links(account, parent, actions);
        }
    }
}

fn happened(parent: ClientOrderId, event: OrderEvent) -> Outcome {
    Outcome::Slice(Box::new(SliceRecorded {
        account: event.account.clone(),
        parent,
        ts: event.ts_init,
        news: SliceNews::Happened {
            event: Box::new(event),
        },
    }))
}

/// A slice is a limit order; that of a stop is made after its trigger.
fn shown_kind(request: &OrderRequest) -> OrderKind {
    match request.kind {
        OrderKind::StopLimit { price, post_only, .. } => OrderKind::Limit { price, post_only },
        other => other,
    }
}

/// The least that the venue takes of an order, in whole lots.
fn least_of(request: &OrderRequest, instrument: &Instrument) -> Decimal {
    let of_notional = || {
        let price = request.limit_price()?.decimal();
        let one = instrument.notional(price, Decimal::ONE).ok()?.abs();
        let least = instrument.notional_min.checked_div(one)?;
        Rounding::Up.to_step(least, instrument.lot).ok()
    };
    let of_notional = of_notional().unwrap_or_default();
    instrument.quantity_min.max(of_notional).max(instrument.lot)
}

/// How much is shown next. Where the display quantity would leave a rest too small for the venue, a little less is
/// shown, so that the rest can be; `None` when all that is left is too small.
fn next_size(order: &Order, instrument: &Instrument) -> Option<Quantity> {
    let (least, left) = (least_of(&order.request, instrument), order.leaves());
    let display = order.request.terms.display.map_or(left, Quantity::decimal);
    let mut shown = display.min(left);
    let rest = left - shown;
    if rest > Decimal::ZERO && rest < least && left - least >= least {
        shown = Rounding::Down.to_step(left - least, instrument.lot).ok()?;
    }
    Quantity::new(shown).ok().filter(|_| shown >= least)
}
