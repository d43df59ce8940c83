//! The venue's own record of what it filled: positions and cash moved, per account. Kept apart from the ledger so
//! that a reconciliation compares two things that were added up independently.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tradewind_types::num::NumberError;
use tradewind_types::{AccountId, Currency, Instrument, InstrumentId, Money, Price, Quantity, Side};

/// One account as the venue sees it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AccountRecord {
    /// Signed quantity per instrument; flat ones are left out.
    pub positions: BTreeMap<InstrumentId, Decimal>,
    /// Cash moved by fills and fees per currency; deposits and withdrawals are not the venue's affair.
    pub cash_moved: BTreeMap<Currency, Decimal>,
}

/// All accounts as the venue sees them.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Records {
    accounts: BTreeMap<AccountId, AccountRecord>,
}

impl Records {
    /// One account; `None` when it never had a fill.
    #[must_use]
    pub fn account(&self, account: &AccountId) -> Option<&AccountRecord> {
        self.accounts.get(account)
    }

    /// Adds a fill: by the venue when it happens, and by whoever restores the record from past fills.
    ///
    /// # Errors
    /// [`NumberError::Overflow`]; the record is unchanged.
    pub fn add_fill(
        &mut self,
        account: &AccountId,
        instrument: &Instrument,
        (side, quantity, price): (Side, Quantity, Price),
        fee: Money,
    ) -> Result<(), NumberError> {
        let operation = "the venue's record";
        let signed = match side {
            Side::Buy => quantity.decimal(),
            Side::Sell => -quantity.decimal(),
        };
        let add = |a: Decimal, b: Decimal| a.checked_add(b).ok_or(NumberError::Overflow { operation });
        let value = instrument.notional(price.decimal(), signed)?;
        let known = self.accounts.get(account);
        let held = known.and_then(|r| r.positions.get(&instrument.id)).copied();
        let position = add(held.unwrap_or_default(), signed)?;
        let moved = |currency: Currency| {
            let moved = known.and_then(|r| r.cash_moved.get(&currency)).copied();
            moved.unwrap_or_default()
        };
        let mut cash = add(moved(instrument.quote), -value)?;
        let mut fee_cash = None;
        if fee.currency == instrument.quote {
            cash = add(cash, -fee.amount)?;
        } else {
            fee_cash = Some(add(moved(fee.currency), -fee.amount)?);
        }
        let record = match self.accounts.get_mut(account) {
            Some(record) => record,
            None => self.accounts.entry(account.clone()).or_default(),
        };
        if position.is_zero() {
            record.positions.remove(&instrument.id);
        } else if let Some(held) = record.positions.get_mut(&instrument.id) {
            *held = position;
        } else {
            record.positions.insert(instrument.id.clone(), position);
        }
        record.cash_moved.insert(instrument.quote, cash);
        if let Some(cash) = fee_cash {
            record.cash_moved.insert(fee.currency, cash);
        }
        Ok(())
    }
}
