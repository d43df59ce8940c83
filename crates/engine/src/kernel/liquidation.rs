//! Liquidation: positions are closed by force when equity no longer covers what keeping them needs.
//!
//! Looked at whenever an account's margin is (each second; in a backtest whenever a price brings the account near a
//! limit, and along the path of its bars: [`super::shortfall`]). When equity is below Σ maintenance margin, all orders are canceled and positions closed by reduce-only
//! market orders: the largest loss first, of the last one only as many lots as bring the account back
//! ([`tradewind_matching::paper::margin`]). What is under way already counts as closed; tried again after
//! [`super::ladder::AGAIN_NS`].

use rust_decimal::Decimal;
use tradewind_matching::paper::margin::{self, Closing, MarginPosition, MarginRates};
use tradewind_types::num::NumberError;
use tradewind_types::order::OrderOrigin;
use tradewind_types::risk::RiskRule;
use tradewind_types::{
    AccountId, ClientOrderId, Instrument, OrderKind, OrderRequest, OrderTerms, Price, Quantity, Side,
    TimeInForce,
};

use super::gate::denial;
use super::ladder::AGAIN_NS;
use super::timers::SYSTEM;
use super::{AccountState, Actions, Kernel};

/// An open position with its prices in the account's currency.
struct Open {
    instrument: Instrument,
    quantity: Decimal,
    average: Price,
    mark: Price,
}

impl Kernel {
    /// Closes what has to be closed of an account that is short of margin.
    pub(super) fn liquidate(&mut self, id: &AccountId, actions: &mut Actions) {
        let Some(account) = self.account(id) else { return };
        // Without a price or a rate of everything nobody knows whether margin is missing.
        let (Some(cash), Some(open)) = (self.cash_in_base(account), self.open_in_base(account)) else {
            return;
        };
        let Ok(closings) = closings(cash, &open) else {
            return;
        };
        if closings.is_empty() {
            return;
        }
        let value = self.value(account);
        let (equity, kept) = (
            value.equity.unwrap_or_default(),
            value.margin_kept.unwrap_or_default(),
        );
        let message = format!(
            "equity {} is below the maintenance margin {}: positions are closed",
            equity.normalize(),
            kept.normalize()
        );
        let warning = denial(
            RiskRule::MarginRatio,
            equity.normalize(),
            kept.normalize(),
            message,
        );
        // The limit names the rule, not the figure: another price is no other reason.
        let warning = tradewind_types::risk::Denial {
            limit: "maintenance margin".to_owned(),
            ..warning
        };
        if !self.warn(id, warning, AGAIN_NS, actions) {
            return;
        }
        self.cancel_all(id, None, actions);
        for closing in closings {
            if let Some(position) = open.get(closing.position) {
                self.close_by_market(
                    id,
                    &position.instrument,
                    (closing.side, closing.quantity),
                    actions,
                );
            }
        }
    }

    /// Whether equity is below what keeping the positions needs; false where nobody knows.
    pub(super) fn is_short_of_margin(&self, account: &AccountState) -> bool {
        let (Some(cash), Some(open)) = (self.cash_in_base(account), self.open_in_base(account)) else {
            return false;
        };
        closings(cash, &open).is_ok_and(|closings| !closings.is_empty())
    }

    fn close_by_market(
        &mut self,
        account: &AccountId,
        instrument: &Instrument,
        (side, quantity): (Side, Quantity),
        actions: &mut Actions,
    ) {
        let Ok(client_order_id) = ClientOrderId::new(&format!("auto-L{}", self.next_number())) else {
            return;
        };
        let request = OrderRequest {
            client_order_id,
            account: account.clone(),
            instrument: instrument.id.clone(),
            side,
            quantity,
            kind: OrderKind::Market,
            time_in_force: TimeInForce::Ioc,
            reduce_only: true,
            origin: OrderOrigin::Flatten {
                actor: SYSTEM.to_owned(),
            },
            terms: OrderTerms::default(),
        };
        self.place(&request, false, actions);
    }

    fn cash_in_base(&self, account: &AccountState) -> Option<Decimal> {
        let base = account.info.base_currency;
        let mut cash = Decimal::ZERO;
        for currency in account.ledger.currencies() {
            let amount = self.in_base(account.ledger.cash_total(currency), currency, base)?;
            cash = cash.checked_add(amount)?;
        }
        Some(cash)
    }

    fn open_in_base(&self, account: &AccountState) -> Option<Vec<Open>> {
        let base = account.info.base_currency;
        let mut open = Vec::new();
        for side in account.ledger.open_sides() {
            let instrument = self.state.instruments.by_id(side.instrument)?;
            let unit = side.quantity.checked_mul(instrument.multiplier)?;
            let average = side.cost.checked_div(unit)?;
            let price = |price: Decimal| Price::new(self.in_base(price, side.currency, base)?).ok();
            open.push(Open {
                instrument: (**instrument).clone(),
                quantity: side.quantity,
                average: price(average)?,
                mark: price(self.mark(side.instrument).0?)?,
            });
        }
        Some(open)
    }
}

fn closings(cash: Decimal, open: &[Open]) -> Result<Vec<Closing>, NumberError> {
    let positions: Vec<MarginPosition<'_>> = open
        .iter()
        .map(|p| MarginPosition {
            instrument: &p.instrument,
            quantity: p.quantity,
            average: p.average,
            mark: p.mark,
            rates: MarginRates::of(&p.instrument),
            // The ledger books every position at its full value.
            paid: true,
        })
        .collect();
    margin::liquidation(cash, &positions)
}
