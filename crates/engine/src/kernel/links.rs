//! Links between orders: one triggers other (OTO), one cancels other (OCO), and the bracket made of both.
//!
//! Carried out here, by the kernel, in every mode and for every venue. One rule says what a linked order should be:
//!
//! ```text
//! wanted = (parent ? min(asked, filled of the parent) : asked) − Σ filled of the other orders of its list
//! ```
//!
//! | the order | wanted | what happens |
//! | --- | --- | --- |
//! | waits for its parent | above 0 | sized to it, asked of the gate, sent |
//! | waits for its parent | 0, and the parent has ended | canceled |
//! | rests | not above what is filled of it | canceled |
//! | rests | another quantity than it has | modified at the venue |
//! | is on its way, or a change of it is | | looked at again when the venue answers |
//!
//! The rule is a function of the orders alone, so that it holds after a restart as well: [`Kernel::follow_all_links`]
//! runs it for every linked order once, at the first event. A child that its parent's further fills raise is raised
//! by modifying it, never by a second order. A leg that a person cancels, or that expires, leaves the others as they
//! are. While modifications and cancels are on their way both legs of an OCO can fill; the children of a bracket are
//! reduce-only, and the venue caps them by the position.

use rust_decimal::Decimal;
use tradewind_types::order::OrderEventKind;
use tradewind_types::{AccountId, ClientOrderId, Order, OrderEvent, OrderState, Quantity};

use super::orders::{Orders, is_linked};
use super::{Actions, Kernel};

/// What a linked order needs.
#[derive(Debug, Clone, PartialEq)]
enum Step {
    Release(Quantity),
    Resize(Quantity),
    End(&'static str),
}

impl Kernel {
    /// After something happened to an order: brings those that hang on it, and itself, to what they should be.
    pub(super) fn follow_links(&mut self, account: &AccountId, id: &ClientOrderId, actions: &mut Actions) {
        let Some(orders) = self.account(account).map(|a| &a.orders) else {
            return;
        };
        if !orders.has_links() {
            return;
        }
        let list = orders.get(id).and_then(|o| o.request.terms.oco.as_ref());
        let tied = |o: &&Order| {
            let terms = &o.request.terms;
            o.request.client_order_id == *id
                || terms.parent.as_ref() == Some(id)
                || (list.is_some() && terms.oco.as_ref() == list)
        };
        let tied: Vec<ClientOrderId> = orders
            .linked()
            .filter(tied)
            .map(|o| o.request.client_order_id.clone())
            .collect();
        for id in &tied {
            self.follow_one(account, id, actions);
        }
    }

    /// Every linked order of every account; once after a restart.
    pub(super) fn follow_all_links(&mut self, actions: &mut Actions) {
        let all: Vec<(AccountId, ClientOrderId)> = self
            .state
            .accounts
            .values()
            .flat_map(|a| {
                let ids = a.orders.linked().map(|o| o.request.client_order_id.clone());
                ids.map(|id| (a.info.id.clone(), id))
            })
            .collect();
        for (account, id) in &all {
            self.follow_one(account, id, actions);
        }
    }

    pub(super) fn follow_one(&mut self, account: &AccountId, id: &ClientOrderId, actions: &mut Actions) {
        let step = self
            .account(account)
            .and_then(|a| next_step(&a.orders, a.orders.get(id)?));
        match step {
            None => {}
            Some(Step::Release(quantity)) => self.release_child(account, id, quantity, actions),
            Some(Step::Resize(quantity)) => self.resize(account, id, quantity, actions),
            Some(Step::End(reason)) => self.end_linked(account, id, reason, actions),
        }
    }

    /// A child's parent filled: sizes it to that, and sends it through the gate.
    fn release_child(
        &mut self,
        account: &AccountId,
        id: &ClientOrderId,
        quantity: Quantity,
        actions: &mut Actions,
    ) {
        let Some(order) = self.order(account, id) else {
            return;
        };
        if order.request.quantity != quantity {
            let kind = OrderEventKind::Modified {
                quantity,
                price: None,
                trigger: None,
                display: None,
            };
            let event = self.event_of(account, id, kind);
            self.emit_if_legal(event, actions);
        }
        let Some(request) = self.order(account, id).map(|o| o.request.clone()) else {
            return;
        };
        self.send(&request, true, actions);
    }

    fn resize(&mut self, account: &AccountId, id: &ClientOrderId, quantity: Quantity, actions: &mut Actions) {
        let change = tradewind_matching::paper::OrderChange {
            quantity: Some(quantity),
            ..Default::default()
        };
        // A denied raise leaves the order as it is: it is looked at again at the next fill.
        let _ = self.change_order(account, id, &change, actions);
    }

    fn end_linked(&mut self, account: &AccountId, id: &ClientOrderId, reason: &str, actions: &mut Actions) {
        let waits = self
            .order(account, id)
            .is_some_and(|o| o.state == OrderState::Initialized);
        if !waits {
            self.request_cancel(account, id, actions);
            return;
        }
        let kind = OrderEventKind::Canceled {
            reason: reason.to_owned(),
        };
        let event = self.event_of(account, id, kind);
        self.emit_if_legal(event, actions);
        self.follow_links(account, id, actions);
    }

    /// An event of an order at the kernel's time.
    pub(super) fn event_of(
        &self,
        account: &AccountId,
        id: &ClientOrderId,
        kind: OrderEventKind,
    ) -> OrderEvent {
        OrderEvent {
            account: account.clone(),
            client_order_id: id.clone(),
            ts_event: self.now,
            ts_init: self.now,
            kind,
        }
    }
}

/// The quantity that a linked order should have in total.
fn wanted(orders: &Orders, order: &Order) -> Decimal {
    let (id, terms) = (&order.request.client_order_id, &order.request.terms);
    let asked = orders
        .asked(id)
        .unwrap_or_else(|| order.request.quantity.decimal());
    let others = terms
        .oco
        .as_ref()
        .map_or(Decimal::ZERO, |list| orders.filled_of_others(list, id));
    let base = match terms.parent.as_ref().map(|p| orders.get(p)) {
        None => asked,
        Some(Some(parent)) => parent.filled.min(asked),
        // The parent ended so long ago that only the projection has it: what was released stays as it is.
        Some(None) if order.state != OrderState::Initialized => return order.request.quantity.decimal(),
        Some(None) => Decimal::ZERO,
    };
    base - others
}

fn next_step(orders: &Orders, order: &Order) -> Option<Step> {
    if !is_linked(&order.request) || !order.state.is_open() {
        return None;
    }
    let wanted = wanted(orders, order);
    let sized = |wanted: Decimal| Quantity::new(wanted).ok();
    match &order.state {
        OrderState::Initialized => {
            let parent = order.request.terms.parent.as_ref()?;
            if wanted > Decimal::ZERO {
                return sized(wanted).map(Step::Release);
            }
            let over = orders.get(parent).is_none_or(|p| !p.state.is_open());
            over.then_some(Step::End(
                "its parent ended, or its other leg filled, before it was needed",
            ))
        }
        OrderState::PendingCancel | OrderState::Unknown => None,
        _ if wanted <= order.filled => Some(Step::End("one cancels other")),
        OrderState::Accepted | OrderState::Triggered | OrderState::PartiallyFilled
            if wanted != order.request.quantity.decimal() =>
        {
            sized(wanted).map(Step::Resize)
        }
        _ => None,
    }
}
