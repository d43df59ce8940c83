//! The state that projections carry forward in memory: open orders, balances, positions and lots.
//!
//! Outcomes are folded here with exact decimals; [`Batch`] collects what has to be written for them. The book
//! always corresponds to some `applied_seq`: when a transaction fails it is thrown away and loaded again.

use std::collections::{BTreeMap, BTreeSet};

use tradewind_types::order::{OrderEventKind, OrderOrigin};
use tradewind_types::record::{
    EntryKind, LedgerAccount, LedgerEntry, LotChange, Outcome, PositionBook, PositionChange,
};
use tradewind_types::{
    AccountId, ClientOrderId, Currency, Decimal, EntryId, InstrumentId, Order, OrderEvent, Price, UnixNanos,
};

use super::batch::Batch;
use super::error::{Misfit, ProjectionError};
use super::queries::FillRow;
use super::text::add;

/// Account and client order id.
pub(crate) type OrderKey = (AccountId, ClientOrderId);
/// Account, currency, place in the ledger.
pub(crate) type BalanceKey = (AccountId, Currency, LedgerAccount);
/// Account, instrument, owning strategy (empty = by hand), netted or one of the hedged sides.
pub(crate) type PositionKey = (AccountId, InstrumentId, String, PositionBook);

/// An order with the number of the record that brought it into being.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BookedOrder {
    pub(crate) seq: u64,
    pub(crate) order: Order,
}

/// What stands in one place of the ledger.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Balance {
    pub(crate) amount: Decimal,
    pub(crate) seq: u64,
}

/// What one owner holds of an instrument.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BookedPosition {
    pub(crate) currency: Currency,
    pub(crate) quantity: Decimal,
    pub(crate) cost: Decimal,
    pub(crate) realised: Decimal,
    pub(crate) fees: Decimal,
    pub(crate) bought: Decimal,
    pub(crate) sold: Decimal,
    pub(crate) adjusted: Decimal,
    pub(crate) fills: u64,
    pub(crate) seq: u64,
}

/// One tax lot, open or (until it is written) just closed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BookedLot {
    pub(crate) position: PositionKey,
    pub(crate) opened_seq: u64,
    pub(crate) opened_at: UnixNanos,
    pub(crate) opened_quantity: Decimal,
    pub(crate) price: Price,
    pub(crate) quantity: Decimal,
    pub(crate) cost: Decimal,
    pub(crate) realised: Decimal,
    pub(crate) closed_at: Option<UnixNanos>,
    pub(crate) seq: u64,
}

/// Orders that are open, balances, positions and open lots of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) orders: BTreeMap<OrderKey, BookedOrder>,
    pub(crate) balances: BTreeMap<BalanceKey, Balance>,
    pub(crate) positions: BTreeMap<PositionKey, BookedPosition>,
    pub(crate) lots: BTreeMap<EntryId, BookedLot>,
}

impl Book {
    /// The orders that `outcomes` speak of and that are neither in the book nor made by `outcomes` themselves.
    pub(crate) fn missing_orders<'a>(
        &self,
        outcomes: impl Iterator<Item = &'a Outcome>,
    ) -> BTreeSet<OrderKey> {
        let mut made = BTreeSet::new();
        let mut missing = BTreeSet::new();
        for outcome in outcomes {
            match outcome {
                Outcome::OrderInitialized { request, .. } => {
                    made.insert((request.account.clone(), request.client_order_id.clone()));
                }
                Outcome::Order(event) => {
                    let key = (event.account.clone(), event.client_order_id.clone());
                    if !self.orders.contains_key(&key) && !made.contains(&key) {
                        missing.insert(key);
                    }
                }
                _ => {}
            }
        }
        missing
    }

    /// Closed lots that `outcomes` bring back: they are in the database only.
    pub(crate) fn missing_lots<'a>(&self, outcomes: impl Iterator<Item = &'a Outcome>) -> BTreeSet<EntryId> {
        let mut missing = BTreeSet::new();
        for outcome in outcomes {
            let Outcome::Ledger(entry) = outcome else { continue };
            for change in entry.position.iter().flat_map(|p| &p.lots) {
                if let LotChange::Restored { lot, .. } = change
                    && !self.lots.contains_key(lot)
                {
                    missing.insert(lot.clone());
                }
            }
        }
        missing
    }

    /// Folds one outcome. After an error the book is no longer usable.
    pub(crate) fn fold(
        &mut self,
        seq: u64,
        outcome: &Outcome,
        batch: &mut Batch,
    ) -> Result<(), ProjectionError> {
        match outcome {
            Outcome::InstrumentDefined(_)
            | Outcome::FeesDefined(_)
            | Outcome::FxRate(_)
            | Outcome::Sessions(_)
            | Outcome::Slice(_)
            | Outcome::RiskWarning(_) => Ok(()),
            Outcome::AccountOpened(info) => {
                batch.accounts.push((seq, info.clone()));
                Ok(())
            }
            Outcome::OrderInitialized { request, ts } => {
                let key = (request.account.clone(), request.client_order_id.clone());
                if self.orders.contains_key(&key) {
                    return Err(Misfit::OrderExists(key.0.to_string(), key.1.to_string()).at(seq));
                }
                batch.orders.insert(key.clone());
                self.orders.insert(
                    key,
                    BookedOrder {
                        seq,
                        order: Order::new((**request).clone(), *ts),
                    },
                );
                Ok(())
            }
            Outcome::Order(event) => self.fold_order(seq, event, batch).map_err(|e| e.at(seq)),
            Outcome::Ledger(entry) => self.fold_entry(seq, entry, batch).map_err(|e| e.at(seq)),
            Outcome::Signal(signal) => {
                batch.signals.push((seq, (**signal).clone()));
                Ok(())
            }
            other => {
                batch.fold_setting(seq, other);
                Ok(())
            }
        }
    }

    fn fold_order(&mut self, seq: u64, event: &OrderEvent, batch: &mut Batch) -> Result<(), Misfit> {
        let key = (event.account.clone(), event.client_order_id.clone());
        let Some(booked) = self.orders.get_mut(&key) else {
            return Err(Misfit::UnknownOrder(key.0.to_string(), key.1.to_string()));
        };
        booked.order.apply(event)?;
        if matches!(event.kind, OrderEventKind::Filled { .. }) {
            let request = &booked.order.request;
            let strategy = match &request.origin {
                OrderOrigin::Strategy { strategy, .. } => Some(strategy.clone()),
                OrderOrigin::Manual { .. } | OrderOrigin::Flatten { .. } => None,
            };
            let (instrument, side) = (request.instrument.clone(), request.side);
            batch.fills.push((
                seq,
                FillRow {
                    event: event.clone(),
                    instrument,
                    side,
                    strategy,
                },
            ));
        }
        batch.events.push((seq, event.clone()));
        batch.orders.insert(key);
        Ok(())
    }

    fn fold_entry(&mut self, seq: u64, entry: &LedgerEntry, batch: &mut Batch) -> Result<(), Misfit> {
        let mut balances = Vec::with_capacity(entry.postings.len());
        for posting in &entry.postings {
            let key = (entry.account.clone(), posting.currency, posting.account);
            let balance = self.balances.entry(key.clone()).or_default();
            *balance = Balance {
                amount: add(balance.amount, posting.amount)?,
                seq,
            };
            balances.push(balance.amount);
            batch.balances.insert(key);
        }
        if let Some(change) = &entry.position {
            self.fold_position(seq, entry, change, batch)?;
        }
        batch.entries.push((seq, entry.clone(), balances));
        Ok(())
    }

    fn fold_position(
        &mut self,
        seq: u64,
        entry: &LedgerEntry,
        change: &PositionChange,
        batch: &mut Batch,
    ) -> Result<(), Misfit> {
        let owner = change
            .strategy
            .as_ref()
            .map_or(String::new(), ToString::to_string);
        let key: PositionKey = (
            entry.account.clone(),
            change.instrument.clone(),
            owner,
            change.book,
        );
        let currency = position_currency(entry);
        let position = self
            .positions
            .entry(key.clone())
            .or_insert_with(|| BookedPosition::empty(currency));
        for posting in entry.postings.iter().filter(|p| p.currency == position.currency) {
            match posting.account {
                LedgerAccount::PositionCost => position.cost = add(position.cost, posting.amount)?,
                // Profit is a credit, hence negative in the ledger.
                LedgerAccount::RealisedPnl => position.realised = add(position.realised, -posting.amount)?,
                account if account.is_fee() => position.fees = add(position.fees, posting.amount)?,
                _ => {}
            }
        }
        position.quantity = add(position.quantity, change.quantity)?;
        if entry.kind != EntryKind::Fill {
            position.adjusted = add(position.adjusted, change.quantity)?;
        } else if change.quantity.is_sign_negative() {
            position.sold = add(position.sold, -change.quantity)?;
        } else {
            position.bought = add(position.bought, change.quantity)?;
        }
        position.fills += u64::from(entry.kind == EntryKind::Fill);
        position.seq = seq;
        for lot in &change.lots {
            self.fold_lot(seq, entry, &key, lot, batch)?;
        }
        batch.positions.insert(key);
        Ok(())
    }

    fn fold_lot(
        &mut self,
        seq: u64,
        entry: &LedgerEntry,
        position: &PositionKey,
        change: &LotChange,
        batch: &mut Batch,
    ) -> Result<(), Misfit> {
        match change {
            LotChange::Opened {
                quantity,
                price,
                cost,
            } => {
                let lot = BookedLot {
                    position: position.clone(),
                    opened_seq: seq,
                    opened_at: entry.ts,
                    opened_quantity: *quantity,
                    price: *price,
                    quantity: *quantity,
                    cost: *cost,
                    realised: Decimal::ZERO,
                    closed_at: None,
                    seq,
                };
                self.lots.insert(entry.id.clone(), lot);
                batch.lots.insert(entry.id.clone());
            }
            LotChange::Closed {
                lot: id,
                quantity,
                cost,
                realised,
                ..
            } => {
                let lot = self
                    .lots
                    .get_mut(id)
                    .ok_or_else(|| Misfit::UnknownLot(id.to_string()))?;
                lot.quantity = add(lot.quantity, -*quantity)?;
                lot.cost = add(lot.cost, -*cost)?;
                lot.realised = add(lot.realised, *realised)?;
                lot.closed_at = lot.quantity.is_zero().then_some(entry.ts);
                lot.seq = seq;
                batch.lots.insert(id.clone());
            }
            LotChange::Restored {
                lot: id,
                quantity,
                price,
                cost,
                opened,
                realised,
            } => {
                let lot = self.lots.entry(id.clone()).or_insert_with(|| BookedLot {
                    position: position.clone(),
                    opened_seq: seq,
                    opened_at: *opened,
                    opened_quantity: *quantity,
                    price: *price,
                    quantity: Decimal::ZERO,
                    cost: Decimal::ZERO,
                    realised: Decimal::ZERO,
                    closed_at: None,
                    seq,
                });
                lot.quantity = add(lot.quantity, *quantity)?;
                lot.cost = add(lot.cost, *cost)?;
                lot.realised = add(lot.realised, -*realised)?;
                lot.closed_at = None;
                lot.seq = seq;
                batch.lots.insert(id.clone());
            }
            LotChange::Adjusted {
                lot: id,
                quantity,
                price,
                cost,
            } => {
                let lot = self
                    .lots
                    .get_mut(id)
                    .ok_or_else(|| Misfit::UnknownLot(id.to_string()))?;
                (lot.quantity, lot.price, lot.cost) = (*quantity, *price, *cost);
                lot.closed_at = lot.quantity.is_zero().then_some(entry.ts);
                lot.seq = seq;
                batch.lots.insert(id.clone());
            }
        }
        Ok(())
    }

    /// Lets go of orders and lots that are over; they are in the database now.
    pub(crate) fn forget_closed(&mut self, batch: &Batch) {
        for key in &batch.orders {
            if self.orders.get(key).is_some_and(|o| !o.order.state.is_open()) {
                self.orders.remove(key);
            }
        }
        for id in &batch.lots {
            if self.lots.get(id).is_some_and(|lot| lot.closed_at.is_some()) {
                self.lots.remove(id);
            }
        }
    }
}

impl BookedPosition {
    fn empty(currency: Currency) -> Self {
        let zero = Decimal::ZERO;
        Self {
            currency,
            quantity: zero,
            cost: zero,
            realised: zero,
            fees: zero,
            bought: zero,
            sold: zero,
            adjusted: zero,
            fills: 0,
            seq: 0,
        }
    }
}

/// The currency in which a fill's position is reckoned: that of its cost or result, else of its cash.
fn position_currency(entry: &LedgerEntry) -> Currency {
    use LedgerAccount::{CashAvailable, CashLocked, PositionCost, RealisedPnl};
    let of = |wanted: &[LedgerAccount]| entry.postings.iter().find(|p| wanted.contains(&p.account));
    of(&[PositionCost, RealisedPnl])
        .or_else(|| of(&[CashAvailable, CashLocked]))
        .map_or(Currency::USD, |p| p.currency)
}
