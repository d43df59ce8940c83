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
        let record = self.accounts.entry(account.clone()).or_default();
        let add = |a: Decimal, b: Decimal| a.checked_add(b).ok_or(NumberError::Overflow { operation });
        let value = instrument.notional(price.decimal(), signed)?;
        let position = add(
            record.positions.get(&instrument.id).copied().unwrap_or_default(),
            signed,
        )?;
        let cash = add(
            record
                .cash_moved
                .get(&instrument.quote)
                .copied()
                .unwrap_or_default(),
            -value,
        )?;
        let mut cash_moved = vec![(instrument.quote, cash)];
        if fee.currency == instrument.quote {
            cash_moved[0].1 = add(cash, -fee.amount)?;
        } else {
            let before = record.cash_moved.get(&fee.currency).copied().unwrap_or_default();
            cash_moved.push((fee.currency, add(before, -fee.amount)?));
        }
        if position.is_zero() {
            record.positions.remove(&instrument.id);
        } else {
            record.positions.insert(instrument.id.clone(), position);
        }
        record.cash_moved.extend(cash_moved);
        Ok(())
    }
}
