//! What a corporate action does to open orders: [`tradewind_ledger::adjust_order`] says it, and it is carried out here.
//!
//! Splits and bonuses scale what is open of a simulated or held order, in quantity and price; what changes the nature
//! of the instrument cancels it, and so does a move to another symbol, because an order at a venue belongs to one.
//! A real venue does with its orders what its rules say, and tells: a live order is asked for, not changed.

use rust_decimal::Decimal;
use tradewind_ledger::{OrderAdjustment, adjust_order};
use tradewind_matching::paper::OrderChange;
use tradewind_types::record::CorporateAction;
use tradewind_types::{AccountId, AccountKind, ClientOrderId, Order, Price, Quantity};

use super::{Actions, Kernel};

impl Kernel {
    /// Brings an account's open orders to what a corporate action makes of them.
    pub(super) fn adjust_orders(
        &mut self,
        account: &AccountId,
        action: &CorporateAction,
        actions: &mut Actions,
    ) {
        let Some(state) = self.account(account) else {
            return;
        };
        let live = state.info.kind == AccountKind::Live;
        let concerned = |o: &&Order| o.request.instrument == action.instrument;
        let orders: Vec<Order> = state.orders.open().filter(concerned).cloned().collect();
        for order in orders {
            let id = &order.request.client_order_id;
            if live && self.is_sliced(account, id) {
                self.query_shown(account, id);
                continue;
            }
            if live && !self.held.contains(account, id) {
                if let Some(live) = &mut self.live {
                    live.query(account, id);
                }
                continue;
            }
            match self.adjusted(&order, action) {
                None => {}
                Some(change) => self.change_or_cancel(account, id, change, actions),
            }
        }
    }

    /// `None` = stays; `Some(None)` = is canceled.
    fn adjusted(&self, order: &Order, action: &CorporateAction) -> Option<Option<OrderChange>> {
        let open = Quantity::new(order.leaves()).ok()?;
        let instrument = self.state.instruments.by_id(&order.request.instrument)?;
        let price_of = |price: Option<Price>| match adjust_order(action, price, open) {
            OrderAdjustment::Replace { price, quantity } => Some((price, quantity)),
            _ => None,
        };
        let quantity = match adjust_order(action, None, open) {
            OrderAdjustment::Keep => return None,
            OrderAdjustment::Replace { quantity, .. } => quantity,
            OrderAdjustment::Move { .. } | OrderAdjustment::Cancel { .. } => return Some(None),
        };
        let to_tick = |price: Price| {
            let nearest = tradewind_types::Rounding::HalfEven;
            instrument.quantise_price(price.decimal(), nearest).ok()
        };
        let moved = |price: Option<Price>| match price {
            None => Some(None),
            Some(price) => price_of(Some(price)).and_then(|(p, _)| to_tick(p?)).map(Some),
        };
        let total = instrument
            .quantise_quantity(quantity.decimal())
            .ok()
            .and_then(|q| Quantity::new(q.decimal().checked_add(order.filled)?).ok());
        let display = order.request.terms.display.and_then(|shown| {
            let OrderAdjustment::Replace { quantity, .. } = adjust_order(action, None, shown) else {
                return None;
            };
            let whole = instrument.quantise_quantity(quantity.decimal()).ok()?;
            Quantity::new(whole.decimal()).ok()
        });
        let (price, trigger) = (
            moved(order.request.limit_price()),
            moved(order.request.trigger_price()),
        );
        match (total, price, trigger) {
            (Some(total), Some(price), Some(trigger)) if total.decimal() > Decimal::ZERO => {
                Some(Some(OrderChange {
                    quantity: Some(total),
                    price,
                    trigger: trigger.filter(|_| !order.triggered),
                    display,
                }))
            }
            _ => Some(None),
        }
    }

    fn change_or_cancel(
        &mut self,
        account: &AccountId,
        id: &ClientOrderId,
        change: Option<OrderChange>,
        actions: &mut Actions,
    ) {
        let changed = change.is_some_and(|change| self.change_order(account, id, &change, actions).is_ok());
        if !changed {
            self.request_cancel(account, id, actions);
        }
    }
}
