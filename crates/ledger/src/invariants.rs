//! The laws of the ledger, recomputed from the parts: holds, lots, results and fees against running balances.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tradewind_types::record::LedgerAccount;
use tradewind_types::{Currency, InstrumentId};

use crate::error::InvariantBroken;
use crate::exact::{add, sub};
use crate::ledger::{Ledger, Overdraft};
use crate::position::{InstrumentPositions, Position};

/// Σ over the parts of one currency.
#[derive(Default)]
struct Parts {
    held: Decimal,
    cost: Decimal,
    realised: Decimal,
}

impl Ledger {
    /// Checks every law. O(positions + lots + holds).
    ///
    /// | law | how |
    /// | --- | --- |
    /// | Σ debits = Σ credits per currency | running totals, and the balances sum to zero |
    /// | cash ≥ 0 | available unless overdrafts are allowed; locked always |
    /// | locked cash = Σ holds | each hold > 0 |
    /// | position cost = Σ cost of open lots | per currency |
    /// | realised = −Σ results of positions | per currency |
    /// | position = Σ lots = Σ fills | per owner; account = Σ owners |
    ///
    /// # Errors
    /// The first law found broken.
    pub fn check_invariants(&self) -> Result<(), InvariantBroken> {
        let mut parts: BTreeMap<Currency, Parts> = BTreeMap::new();
        for money in self.holds.values() {
            let held = &mut parts.entry(money.currency).or_default().held;
            *held = add(*held, money.amount)?;
            if money.amount <= Decimal::ZERO {
                let (account, currency) = (LedgerAccount::CashLocked, money.currency);
                return Err(InvariantBroken::NegativeCash {
                    account,
                    currency,
                    balance: money.amount,
                });
            }
        }
        for (instrument, book) in &self.positions {
            let of = parts.entry(book.net.currency).or_default();
            of.cost = add(of.cost, check_instrument(instrument, book)?)?;
            of.realised = add(of.realised, book.net.realised)?;
        }
        for currency in self.currencies.keys() {
            self.check_currency(*currency, parts.remove(currency).unwrap_or_default())?;
        }
        for (currency, of) in parts {
            self.check_currency(currency, of)?;
        }
        Ok(())
    }

    fn check_currency(&self, currency: Currency, parts: Parts) -> Result<(), InvariantBroken> {
        if let Some(totals) = self.currencies.get(&currency) {
            let sum = totals
                .balances
                .values()
                .try_fold(Decimal::ZERO, |sum, b| add(sum, *b))?;
            if totals.debits != totals.credits || !sum.is_zero() {
                let (debits, credits) = (totals.debits, totals.credits);
                return Err(InvariantBroken::DebitsCredits {
                    currency,
                    debits,
                    credits,
                });
            }
        }
        let equal = |account, parts: Decimal| {
            let balance = self.balance(account, currency);
            if balance == parts {
                return Ok(());
            }
            Err(InvariantBroken::Balance {
                account,
                currency,
                balance,
                parts,
            })
        };
        equal(LedgerAccount::CashLocked, parts.held)?;
        equal(LedgerAccount::PositionCost, parts.cost)?;
        equal(LedgerAccount::RealisedPnl, -parts.realised)?;
        let (account, balance) = (LedgerAccount::CashAvailable, self.cash_available(currency));
        if self.overdraft == Overdraft::Refused && balance < Decimal::ZERO {
            return Err(InvariantBroken::NegativeCash {
                account,
                currency,
                balance,
            });
        }
        Ok(())
    }
}

/// Checks one instrument's owners and sum; returns the cost of its open lots.
fn check_instrument(
    instrument: &InstrumentId,
    book: &InstrumentPositions,
) -> Result<Decimal, InvariantBroken> {
    let same = |what, left: Decimal, right: Decimal| {
        if left == right {
            return Ok(());
        }
        Err(InvariantBroken::Position {
            instrument: instrument.clone(),
            what,
            left,
            right,
        })
    };
    let sum = |part: fn(&Position) -> Decimal| {
        book.owners
            .iter()
            .try_fold(Decimal::ZERO, |sum, owner| add(sum, part(owner)))
    };
    same(
        "account position and its owners",
        book.net.quantity,
        sum(|p| p.quantity)?,
    )?;
    same("account cost and its owners", book.net.cost, sum(|p| p.cost)?)?;
    same(
        "account result and its owners",
        book.net.realised,
        sum(|p| p.realised)?,
    )?;
    same("account fees and its owners", book.net.fees, sum(|p| p.fees)?)?;
    let mut cost = Decimal::ZERO;
    for owner in &book.owners {
        let quantity = owner
            .lots
            .iter()
            .try_fold(Decimal::ZERO, |sum, lot| add(sum, lot.quantity))?;
        let of_lots = owner
            .lots
            .iter()
            .try_fold(Decimal::ZERO, |sum, lot| add(sum, lot.cost))?;
        same("position and lots", owner.quantity, quantity)?;
        same("cost and lots", owner.cost, of_lots)?;
        same(
            "position and fills",
            owner.quantity,
            sub(owner.bought, owner.sold)?,
        )?;
        cost = add(cost, of_lots)?;
    }
    Ok(cost)
}
