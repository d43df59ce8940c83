//! Futures and options come to their end: open orders are canceled, positions are closed in cash.
//!
//! What a position is settled against, the first of these that there is: the price named in
//! [`super::CarryRules::settlements`]; the mark of the underlying, where that is an instrument with a market; for a
//! future, its own last mark. An option without a price of its underlying cannot be settled: that is a warning, tried
//! again with every time that carry comes to, and the position stays.
//!
//! A settlement is an order of the program's own that is filled at the settlement value without a fee, so that owners,
//! lots, strategies and records hear of it as of any other fill.

use rust_decimal::Decimal;
use tradewind_matching::paper::carry::{self, CarryError};
use tradewind_types::order::{OrderEventKind, OrderOrigin};
use tradewind_types::record::Outcome;
use tradewind_types::{
    AccountId, ClientOrderId, FillId, Instrument, InstrumentId, InstrumentKind, Money, OrderEvent, OrderKind,
    OrderRequest, OrderTerms, Price, Quantity, Side, TimeInForce, UnixNanos, VenueOrderId, VenueTradeId,
};

use super::super::timers::SYSTEM;
use super::super::{Actions, Kernel};
use super::too_large;

/// A position that ends.
struct Ending {
    instrument: Instrument,
    quantity: Decimal,
}

impl Kernel {
    /// Settles every position in what has expired until `at`.
    pub(super) fn settle_expired(&mut self, accounts: &[AccountId], at: UnixNanos, actions: &mut Actions) {
        if !self.config.carry.settle {
            return;
        }
        for account in accounts {
            for id in self.expired_of(account, at) {
                self.cancel_all(account, Some(&id), actions);
                for ending in self.endings(account, &id) {
                    if let Err(message) = self.settle_one(account, &ending, at, actions) {
                        self.warn_carry(account, message, actions);
                    }
                }
            }
        }
    }

    /// Expired instruments in which the account has a position or an order.
    fn expired_of(&self, account: &AccountId, at: UnixNanos) -> Vec<InstrumentId> {
        let Some(account) = self.account(account) else {
            return Vec::new();
        };
        let is_over = |id: &InstrumentId| {
            let instrument = self.state.instruments.by_id(id);
            instrument.is_some_and(|i| i.terms.expiry.is_some_and(|e| e <= at))
        };
        let held = account.ledger.open_sides().map(|side| side.instrument);
        let asked = account.orders.open().map(|o| &o.request.instrument);
        let mut all: Vec<InstrumentId> = Vec::new();
        for id in held.chain(asked) {
            if is_over(id) && !all.contains(id) {
                all.push(id.clone());
            }
        }
        all
    }

    fn endings(&self, account: &AccountId, id: &InstrumentId) -> Vec<Ending> {
        let found = self.account(account).zip(self.state.instruments.by_id(id));
        let Some((account, instrument)) = found else {
            return Vec::new();
        };
        let sides = account.ledger.open_sides().filter(|side| side.instrument == id);
        sides
            .map(|side| Ending {
                instrument: (**instrument).clone(),
                quantity: side.quantity,
            })
            .collect()
    }

    /// The price of the underlying that an instrument is settled against.
    fn settlement_price(&self, instrument: &Instrument) -> Option<Decimal> {
        let named = self.config.carry.settlements.get(&instrument.id).copied();
        let underlying = instrument.terms.underlying.as_ref();
        let of_underlying = || underlying.and_then(|id| self.mark(id).0);
        let own = || {
            self.mark(&instrument.id)
                .0
                .filter(|_| instrument.kind == InstrumentKind::Future)
        };
        named.or_else(of_underlying).or_else(own)
    }

    fn settle_one(
        &mut self,
        account: &AccountId,
        ending: &Ending,
        at: UnixNanos,
        actions: &mut Actions,
    ) -> Result<(), String> {
        let instrument = &ending.instrument;
        let Some(underlying) = self.settlement_price(instrument) else {
            return Err(format!(
                "{} has expired and cannot be settled: its underlying has no price",
                instrument.id
            ));
        };
        let value = Price::new(underlying)
            .map_err(CarryError::from)
            .and_then(|underlying| carry::expiry(instrument, ending.quantity, underlying, at));
        let event = value.map_err(|e| e.to_string())?;
        let Some(carry::CarryKind::Settlement {
            side,
            quantity,
            price,
            ..
        }) = event.map(|e| e.kind)
        else {
            return Ok(());
        };
        let done = self.fill_at(account, instrument, (side, quantity, price), actions);
        done.map_err(|e| e.to_string())
    }

    /// An order that is filled at once at a price that is no market's.
    fn fill_at(
        &mut self,
        account: &AccountId,
        instrument: &Instrument,
        (side, quantity, price): (Side, Quantity, Price),
        actions: &mut Actions,
    ) -> Result<(), CarryError> {
        let name = format!("auto-X{}", self.next_number());
        let id = ClientOrderId::new(&name).map_err(|_| too_large("the number of outcomes"))?;
        let request = OrderRequest {
            client_order_id: id.clone(),
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
        let initialized = Outcome::OrderInitialized {
            request: Box::new(request.clone()),
            ts: self.now,
        };
        if self.emit(initialized, actions).is_err() {
            return Ok(());
        }
        let venue_order_id = VenueOrderId::new(&name).map_err(|_| too_large("the number of outcomes"))?;
        let trade =
            VenueTradeId::new(&format!("{name}-1")).map_err(|_| too_large("the number of outcomes"))?;
        let kinds = [
            OrderEventKind::Submitted,
            OrderEventKind::Accepted { venue_order_id },
            OrderEventKind::Filled {
                fill_id: FillId::from(&trade),
                venue_trade_id: trade,
                quantity,
                price,
                fee: Decimal::ZERO,
                fee_currency: instrument.quote,
                taker: false,
            },
        ];
        let fee = Money::zero(instrument.quote);
        let venue = self.simulated.venue_mut();
        if venue.settings().keep_records {
            let done = (side, quantity, price);
            venue.records_mut().add_fill(account, instrument, done, fee)?;
        }
        for kind in kinds {
            let event = OrderEvent {
                account: account.clone(),
                client_order_id: id.clone(),
                ts_event: self.now,
                ts_init: self.now,
                kind,
            };
            if !self.order_reported(event, "settlement", actions) {
                self.illegal += 1;
            }
        }
        Ok(())
    }
}
