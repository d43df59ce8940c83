//! Changing an open order: checked as a new order would be, asked of the gate for what comes on top, then of the venue.
//!
//! | the order | what happens |
//! | --- | --- |
//! | rests at the venue | `PendingModify` until the venue's `Modified` or `ModifyRejected` |
//! | is an iceberg that the kernel slices | at once where its slice agrees with it, else `PendingModify` until the slice is gone ([`super::iceberg`]) |
//! | is held by the kernel, or waits for its parent | changed at once |
//! | anything else | refused |
//!
//! A buy that may cost more has the difference held before the change is asked; one that may cost less gives the
//! difference back when the venue has answered. The quantity of a linked order follows its links and is refused.

use rust_decimal::Decimal;
use tradewind_matching::paper::OrderChange;
use tradewind_types::order::{OrderEventKind, RequestError};
use tradewind_types::record::Outcome;
use tradewind_types::risk::Denial;
use tradewind_types::{
    AccountId, AccountKind, ClientOrderId, Order, OrderKind, OrderRequest, OrderState, Quantity,
};

use super::gate::{self, Replaced};
use super::orders::is_linked;
use super::{Actions, CommandError, CommandReply, Kernel};

impl Kernel {
    pub(super) fn modify_order(
        &mut self,
        account: &AccountId,
        id: &ClientOrderId,
        change: &OrderChange,
        expected_version: Option<u32>,
        actions: &mut Actions,
    ) -> Result<CommandReply, CommandError> {
        let order = self.known_order(account, id)?;
        if expected_version.is_some_and(|expected| expected != order.version) {
            return Err(CommandError::OrderVersionConflict {
                id: id.clone(),
                current: order.version,
            });
        }
        if *change == OrderChange::default() {
            return Err(RequestError::Contradiction("nothing is to be changed").into());
        }
        if change.quantity.is_some() && is_linked(&order.request) {
            let why = "the quantity of a linked order follows its parent and its other legs";
            return Err(RequestError::Contradiction(why).into());
        }
        self.change_order(account, id, change, actions)?;
        let order = self.known_order(account, id)?;
        Ok(CommandReply::Order(Box::new(order.clone())))
    }

    fn known_order(&self, account: &AccountId, id: &ClientOrderId) -> Result<&Order, CommandError> {
        let orders = &self.known_account(account)?.orders;
        orders
            .get(id)
            .ok_or_else(|| CommandError::UnknownOrder(id.clone()))
    }

    /// Checks a change and asks for it. After an error the order is as before.
    pub(super) fn change_order(
        &mut self,
        account: &AccountId,
        id: &ClientOrderId,
        change: &OrderChange,
        actions: &mut Actions,
    ) -> Result<(), CommandError> {
        let order = self.known_order(account, id)?;
        let waits = order.state == OrderState::Initialized && order.request.terms.parent.is_some();
        let rests = matches!(
            order.state,
            OrderState::Accepted | OrderState::Triggered | OrderState::PartiallyFilled
        );
        if !waits && !rests {
            return Err(CommandError::OrderNotModifiable {
                id: id.clone(),
                state: order.state.name(),
            });
        }
        let request = changed(order, change)?;
        let instrument = self
            .state
            .instruments
            .by_id(&request.instrument)
            .ok_or_else(|| CommandError::UnknownInstrument(request.instrument.clone()))?;
        request.check(instrument)?;
        self.check_display(&request, instrument)?;
        if change.display.is_some() && self.hides_at_live_venue(&request) {
            let why = "the venue cannot change the display quantity of an order that it hides itself";
            return Err(RequestError::Contradiction(why).into());
        }
        if waits {
            self.modified_at_once(account, id, &request, actions);
            return Ok(());
        }
        let order = order.clone();
        self.admit_change(&order, &request, actions)?;
        let event = self.event_of(account, id, OrderEventKind::ModifyRequested);
        self.emit_if_legal(event, actions);
        if self.is_sliced(account, id) {
            self.change_iceberg(&order, &request, actions);
        } else if self.held.contains(account, id) {
            self.modified_at_once(account, id, &request, actions);
            self.change_held(account, id, &request);
            self.fit_hold(account, id, actions);
        } else {
            let at = self.now;
            self.execution(account).modify(account, id, change, at);
        }
        Ok(())
    }

    /// Whether a real venue hides the order: its clients change quantity and prices only.
    fn hides_at_live_venue(&self, request: &OrderRequest) -> bool {
        let live = self.account(&request.account).map(|a| a.info.kind) == Some(AccountKind::Live);
        live && request.terms.display.is_some() && !self.hides(request)
    }

    fn modified_at_once(
        &mut self,
        account: &AccountId,
        id: &ClientOrderId,
        request: &OrderRequest,
        actions: &mut Actions,
    ) {
        let kind = OrderEventKind::Modified {
            quantity: request.quantity,
            price: request.limit_price(),
            trigger: request.trigger_price(),
            display: request.terms.display,
        };
        let event = self.event_of(account, id, kind);
        self.emit_if_legal(event, actions);
    }

    /// The gate on what comes on top, and the hold for it.
    fn admit_change(
        &mut self,
        order: &Order,
        request: &OrderRequest,
        actions: &mut Actions,
    ) -> Result<(), CommandError> {
        let replaces = self.replaced(order);
        let mut open = request.clone();
        let leaves = request.quantity.decimal() - order.filled;
        let refused = |_| RequestError::Contradiction("the new quantity must be above what is filled");
        open.quantity = Quantity::new(leaves).map_err(refused)?;
        let mut denials: Vec<Denial> = Vec::new();
        let (needed, _) = self.admit(&open, true, Some(replaces), &mut denials);
        if denials.is_empty()
            && let Err(denial) = self.hold_cash(&open, needed, actions)
        {
            denials.push(denial);
        }
        if denials.is_empty() {
            return Ok(());
        }
        Err(CommandError::ChangeDenied {
            id: order.request.client_order_id.clone(),
            denials,
        })
    }

    fn replaced(&self, order: &Order) -> Replaced {
        let request = &order.request;
        let notional = self.account(&request.account).and_then(|account| {
            let instrument = self.state.instruments.by_id(&request.instrument)?;
            let quote = self.quote_of(&request.instrument).0;
            let worst = gate::worst_price(request, quote, account.risk.price_band)?;
            instrument
                .notional(worst, order.leaves())
                .ok()
                .map(|notional| notional.abs())
        });
        let held = self
            .account(&request.account)
            .and_then(|a| a.ledger.held(&request.client_order_id));
        Replaced {
            notional: notional.unwrap_or_default(),
            held: held.map_or(Decimal::ZERO, |m| m.amount),
        }
    }

    /// After a change was carried out or refused: gives back what is held beyond what the order can still cost.
    pub(super) fn fit_hold(&mut self, account: &AccountId, id: &ClientOrderId, actions: &mut Actions) {
        let Some(order) = self.order(account, id) else {
            return;
        };
        let held = self.account(account).and_then(|a| a.ledger.held(id));
        let Some(held) = held.filter(|h| !h.amount.is_zero() && order.state.is_open()) else {
            return;
        };
        let mut open = order.request.clone();
        let Ok(leaves) = Quantity::new(order.leaves()) else {
            return;
        };
        open.quantity = leaves;
        let (Some(needed), _) = self.admit(&open, true, None, &mut Vec::new()) else {
            return;
        };
        if needed >= held.amount {
            return;
        }
        let key = format!("release:{id}:{}", self.next_number());
        let facts = self.entry_facts(key, "gate", "the order was changed");
        let excess = held.amount - needed;
        let entry = self.account(account).map(|a| a.ledger.release_entry(facts, id));
        match entry {
            Some(Ok(Some(mut entry))) => {
                for posting in &mut entry.postings {
                    let sign = if posting.amount.is_sign_negative() {
                        -excess
                    } else {
                        excess
                    };
                    posting.amount = sign.normalize();
                }
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

/// The request as it would be after the change.
fn changed(order: &Order, change: &OrderChange) -> Result<OrderRequest, RequestError> {
    let mut request = order.request.clone();
    if let Some(quantity) = change.quantity {
        if quantity.decimal() <= order.filled {
            let why = "the new quantity must be above what is filled";
            return Err(RequestError::Contradiction(why));
        }
        request.quantity = quantity;
    }
    if let Some(new) = change.price {
        match &mut request.kind {
            OrderKind::Limit { price, .. } | OrderKind::StopLimit { price, .. } => *price = new,
            _ => return Err(RequestError::Contradiction("the order has no limit price")),
        }
    }
    if let Some(new) = change.trigger {
        match &mut request.kind {
            OrderKind::StopMarket { trigger } | OrderKind::StopLimit { trigger, .. } if !order.triggered => {
                *trigger = new;
            }
            _ => {
                return Err(RequestError::Contradiction(
                    "the order has no trigger that could be moved",
                ));
            }
        }
    }
    if let Some(new) = change.display {
        if request.terms.display.is_none() {
            return Err(RequestError::Contradiction(
                "the order has no display quantity that could be changed",
            ));
        }
        request.terms.display = Some(new);
    } else {
        // What is smaller than its displayed part is displayed whole.
        request.terms.display = request.terms.display.map(|display| display.min(request.quantity));
    }
    Ok(request)
}
