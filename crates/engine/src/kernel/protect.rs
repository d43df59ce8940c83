//! Protective orders: the stop-loss and take-profit that a strategy's entry gets, as the children of a bracket.
//!
//! They wait until the entry fills, are sized to what filled, cancel one another, and can only reduce. Their distances
//! are taken from the entry's limit (or, without one, from the quote it would meet). When the owner's position is
//! gone by another way — an exit signal, a person — they are canceled.

use rust_decimal::Decimal;
use tradewind_types::order::OrderOrigin;
use tradewind_types::{
    AccountId, ClientOrderId, InstrumentId, OrderKind, OrderListId, OrderRequest, OrderState, OrderTerms,
    Price, Rounding, Side, TimeInForce,
};

use super::account::strategy_of;
use super::ordering::RESERVED_PREFIX;
use super::{Actions, Kernel};

impl Kernel {
    /// Places an order of a strategy; one that opens risk gets its protective orders. True when it went out.
    pub(super) fn place_protected(&mut self, request: &OrderRequest, actions: &mut Actions) -> bool {
        let children = self.protective_children(request);
        let allowed = self.place(request, false, actions);
        if allowed {
            for child in children.into_iter().flatten() {
                self.place(&child, true, actions);
            }
        }
        allowed
    }

    /// Stop-loss and take-profit of an entry; `None` when the settings or the order want none.
    fn protective_children(&self, entry: &OrderRequest) -> Option<[OrderRequest; 2]> {
        let OrderOrigin::Strategy { .. } = &entry.origin else {
            return None;
        };
        let account = self.account(&entry.account)?;
        let settings = account.risk_of(strategy_of(entry));
        if entry.reduce_only || !settings.protection.enabled {
            return None;
        }
        let instrument = self.state.instruments.by_id(&entry.instrument)?;
        let quote = self.quote_of(&entry.instrument).0;
        let from = match (entry.limit_price(), entry.side) {
            (Some(limit), _) => limit.decimal(),
            (None, Side::Buy) => quote?.1,
            (None, Side::Sell) => quote?.0,
        };
        let at = |distance: Decimal, rounding: Rounding| {
            let price = from.checked_mul(Decimal::ONE + distance)?;
            instrument.quantise_price(price, rounding).ok()
        };
        let (stop, target) = (settings.stop_distance, settings.protection.take_profit);
        // Rounded towards the entry: never further away than asked.
        let (loss, profit) = match entry.side {
            Side::Buy => (at(-stop, Rounding::Up)?, at(target, Rounding::Down)?),
            Side::Sell => (at(stop, Rounding::Down)?, at(-target, Rounding::Up)?),
        };
        self.bracket_legs(entry, loss, profit)
    }

    fn bracket_legs(&self, entry: &OrderRequest, loss: Price, profit: Price) -> Option<[OrderRequest; 2]> {
        let number = self.next_number();
        let id = |letter: char| ClientOrderId::new(&format!("{RESERVED_PREFIX}{letter}{number}")).ok();
        let oco = OrderListId::new(&format!("{RESERVED_PREFIX}{number}")).ok()?;
        let leg = |id: ClientOrderId, kind: OrderKind| OrderRequest {
            client_order_id: id,
            side: entry.side.opposite(),
            kind,
            time_in_force: TimeInForce::Gtc,
            reduce_only: true,
            terms: OrderTerms {
                parent: Some(entry.client_order_id.clone()),
                oco: Some(oco.clone()),
                ..OrderTerms::default()
            },
            ..entry.clone()
        };
        let limit = OrderKind::Limit {
            price: profit,
            post_only: false,
        };
        Some([
            leg(id('L')?, OrderKind::StopMarket { trigger: loss }),
            leg(id('T')?, limit),
        ])
    }

    /// After a fill: cancels what protects a position that is no longer there.
    pub(super) fn trim_protection(
        &mut self,
        account: &AccountId,
        instrument: &InstrumentId,
        actions: &mut Actions,
    ) {
        let Some(state) = self.account(account) else {
            return;
        };
        if !state.orders.has_links() {
            return;
        }
        let gone = |o: &&tradewind_types::Order| {
            let request = &o.request;
            let rests = !matches!(o.state, OrderState::Initialized | OrderState::PendingCancel);
            let owner = strategy_of(request);
            let protected = state.ledger.owner_touched(instrument, owner, request.side, true);
            request.reduce_only
                && rests
                && request.terms.parent.is_some()
                && request.instrument == *instrument
                && protected.is_zero()
        };
        let ids: Vec<ClientOrderId> = state
            .orders
            .linked()
            .filter(gone)
            .map(|o| o.request.client_order_id.clone())
            .collect();
        for id in &ids {
            self.request_cancel(account, id, actions);
        }
    }
}
