//! The laws of the ledger: cheaply after each entry, and recomputed from all parts when asked.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tradewind_types::record::{LedgerAccount, LedgerEntry};
use tradewind_types::{Currency, InstrumentId};

use crate::error::InvariantBroken;
use crate::ledger::{Ledger, Parts, Totals};
use crate::position::{InstrumentPositions, Position};
use tradewind_types::exact::{add, sub};

impl Ledger {
    /// Checks what an entry just applied could have broken. O(postings + owners of its instrument): cheap enough to
    /// run after every simulated step. Lots are added up only by [`Ledger::check_invariants`].
    ///
    /// # Errors
    /// The first law found broken.
    pub fn check_entry(&self, entry: &LedgerEntry) -> Result<(), InvariantBroken> {
        let mut last: Option<Currency> = None;
        for posting in &entry.postings {
            // The postings of a currency nearly always follow each other.
            if last != Some(posting.currency)
                && let Some(totals) = self.totals(posting.currency)
            {
                self.check_totals(totals)?;
            }
            last = Some(posting.currency);
        }
        if let Some(change) = &entry.position
            && let Some(book) = self.positions.get(&change.instrument)
        {
            check_sums(&change.instrument, book)?;
        }
        Ok(())
    }

    /// Checks every law. O(positions + lots + holds).
    ///
    /// | law | how |
    /// | --- | --- |
    /// | Σ debits = Σ credits per currency | running totals, and the balances sum to zero |
    /// | cash ≥ 0 | available unless overdrafts are allowed; locked always |
    /// | available + locked = total | locked cash = Σ holds, each hold > 0 |
    /// | position cost = Σ cost of open lots | per currency |
    /// | realised = −Σ results of positions | per currency |
    /// | position = Σ lots = Σ fills + Σ adjustments | per owner; account = Σ owners |
    ///
    /// # Errors
    /// The first law found broken.
    pub fn check_invariants(&self) -> Result<(), InvariantBroken> {
        let mut parts: BTreeMap<Currency, Parts> = BTreeMap::new();
        for money in self.holds.values() {
            let held = &mut parts.entry(money.currency).or_default().held;
            *held = add(*held, money.amount)?;
            if money.amount <= Decimal::ZERO {
                return Err(negative(LedgerAccount::CashLocked, money.currency, money.amount));
            }
        }
        for (instrument, book) in &self.positions {
            check_sums(instrument, book)?;
            let of = parts.entry(book.net.currency).or_default();
            of.cost = add(of.cost, check_lots(instrument, book)?)?;
            of.realised = add(of.realised, book.net.realised)?;
        }
        for totals in &self.currencies {
            let parts = parts.remove(&totals.currency).unwrap_or_default();
            same_parts(totals, parts)?;
            self.check_totals(totals)?;
        }
        for (currency, parts) in parts {
            same_parts(&Totals::new(currency), parts)?;
        }
        Ok(())
    }

    /// The laws of one currency on running sums.
    fn check_totals(&self, totals: &Totals) -> Result<(), InvariantBroken> {
        let mut sum = Decimal::ZERO;
        for (_, balance) in &totals.balances {
            sum = add(sum, *balance)?;
        }
        if totals.debits != totals.credits || !sum.is_zero() {
            return Err(InvariantBroken::DebitsCredits {
                currency: totals.currency,
                debits: totals.debits,
                credits: totals.credits,
            });
        }
        same_parts(totals, totals.parts)?;
        let (locked, available) = (LedgerAccount::CashLocked, LedgerAccount::CashAvailable);
        if totals.balance(locked) < Decimal::ZERO {
            return Err(negative(locked, totals.currency, totals.balance(locked)));
        }
        if !self.settings.overdraft && totals.balance(available) < Decimal::ZERO {
            return Err(negative(available, totals.currency, totals.balance(available)));
        }
        Ok(())
    }
}

fn negative(account: LedgerAccount, currency: Currency, balance: Decimal) -> InvariantBroken {
    InvariantBroken::NegativeCash {
        account,
        currency,
        balance,
    }
}

/// Balances against what they are made of.
fn same_parts(totals: &Totals, parts: Parts) -> Result<(), InvariantBroken> {
    let pairs = [
        (LedgerAccount::CashLocked, parts.held),
        (LedgerAccount::PositionCost, parts.cost),
        (LedgerAccount::RealisedPnl, -parts.realised),
    ];
    for (account, parts) in pairs {
        let balance = totals.balance(account);
        if balance != parts {
            return Err(InvariantBroken::Balance {
                account,
                currency: totals.currency,
                balance,
                parts,
            });
        }
    }
    Ok(())
}

fn same(
    instrument: &InstrumentId,
    what: &'static str,
    left: Decimal,
    right: Decimal,
) -> Result<(), InvariantBroken> {
    if left == right {
        return Ok(());
    }
    Err(InvariantBroken::Position {
        instrument: instrument.clone(),
        what,
        left,
        right,
    })
}

/// Checks one instrument's sum against its owners, and each owner's quantity against its fills.
fn check_sums(instrument: &InstrumentId, book: &InstrumentPositions) -> Result<(), InvariantBroken> {
    let sum = |part: fn(&Position) -> Decimal| {
        let mut sum = Decimal::ZERO;
        for owner in &book.owners {
            sum = add(sum, part(owner))?;
        }
        Ok::<Decimal, InvariantBroken>(sum)
    };
    let net = &book.net;
    same(
        instrument,
        "account position and its owners",
        net.quantity,
        sum(|p| p.quantity)?,
    )?;
    same(
        instrument,
        "account cost and its owners",
        net.cost,
        sum(|p| p.cost)?,
    )?;
    same(
        instrument,
        "account result and its owners",
        net.realised,
        sum(|p| p.realised)?,
    )?;
    same(
        instrument,
        "account fees and its owners",
        net.fees,
        sum(|p| p.fees)?,
    )?;
    same(
        instrument,
        "account income and its owners",
        net.income,
        sum(|p| p.income)?,
    )?;
    for owner in &book.owners {
        let fills = add(sub(owner.bought, owner.sold)?, owner.adjusted)?;
        same(instrument, "position and fills", owner.quantity, fills)?;
    }
    Ok(())
}

/// Checks each owner's figures against its lots; returns the cost of the open lots.
fn check_lots(instrument: &InstrumentId, book: &InstrumentPositions) -> Result<Decimal, InvariantBroken> {
    let mut cost = Decimal::ZERO;
    for owner in &book.owners {
        let (mut quantity, mut of_lots) = (Decimal::ZERO, Decimal::ZERO);
        for lot in &owner.lots {
            (quantity, of_lots) = (add(quantity, lot.quantity)?, add(of_lots, lot.cost)?);
        }
        same(instrument, "position and lots", owner.quantity, quantity)?;
        same(instrument, "cost and lots", owner.cost, of_lots)?;
        cost = add(cost, of_lots)?;
    }
    Ok(cost)
}
