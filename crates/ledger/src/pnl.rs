//! Profit and loss of a position, a strategy, an account, a portfolio.
//!
//! `total = realised + unrealised + income − fees`, all in one currency. Unrealised is value at the mark less the cost
//! of the open lots; without a mark it is unknown, and so is the total: neither is ever taken as zero.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tradewind_types::num::NumberError;
use tradewind_types::{Currency, InstrumentId, Money, StrategyId};

use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::valuation::Mark;
use tradewind_types::exact::{add, round_money, sub, value};

/// Profit and loss in one currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Pnl {
    /// By closed lots, without fees.
    pub realised: Decimal,
    /// Of open lots; `None` while a mark is missing.
    pub unrealised: Option<Decimal>,
    /// Paid, net of rebates.
    pub fees: Decimal,
    /// Dividends, funding, interest, net of tax withheld.
    pub income: Decimal,
}

impl Pnl {
    /// Nothing yet.
    #[must_use]
    pub fn none() -> Self {
        Self {
            unrealised: Some(Decimal::ZERO),
            ..Self::default()
        }
    }

    /// Realised + unrealised + income − fees; `None` while a mark is missing or it does not fit.
    #[must_use]
    pub fn total(&self) -> Option<Decimal> {
        let gross = add(add(self.realised, self.unrealised?).ok()?, self.income).ok()?;
        sub(gross, self.fees).ok()
    }

    /// The sum of two in the same currency.
    ///
    /// # Errors
    /// Sums that do not fit.
    pub fn plus(self, other: Self) -> Result<Self, NumberError> {
        let unrealised = match (self.unrealised, other.unrealised) {
            (Some(a), Some(b)) => Some(add(a, b)?),
            _ => None,
        };
        Ok(Self {
            realised: add(self.realised, other.realised)?,
            unrealised,
            fees: add(self.fees, other.fees)?,
            income: add(self.income, other.income)?,
        })
    }

    /// The same in another currency, each figure half even to 12 decimals.
    ///
    /// # Errors
    /// Figures that do not fit.
    pub fn converted(self, rate: Decimal) -> Result<Self, NumberError> {
        let times = |amount: Decimal| {
            amount
                .checked_mul(rate)
                .map(round_money)
                .ok_or(NumberError::Overflow {
                    operation: "amount × exchange rate",
                })
        };
        Ok(Self {
            realised: times(self.realised)?,
            unrealised: self.unrealised.map(times).transpose()?,
            fees: times(self.fees)?,
            income: times(self.income)?,
        })
    }
}

/// A position's profit and loss with whose it is.
#[derive(Clone, PartialEq, Debug)]
pub struct PositionPnl {
    /// The instrument.
    pub instrument: InstrumentId,
    /// The owner; `None` = by hand.
    pub strategy: Option<StrategyId>,
    /// The currency.
    pub currency: Currency,
    /// The figures.
    pub pnl: Pnl,
}

impl Ledger {
    /// Profit and loss of every position that anyone holds or ever held; long and short sides of the hedging mode are
    /// lines of their own. O(positions).
    ///
    /// # Errors
    /// Figures that do not fit.
    pub fn pnl_by_position(
        &self,
        mark: impl Fn(&InstrumentId) -> Option<Mark>,
    ) -> Result<Vec<PositionPnl>, LedgerError> {
        let mut lines = Vec::new();
        for (instrument, book) in &self.positions {
            for owner in &book.owners {
                let unrealised = if owner.quantity.is_zero() {
                    Some(Decimal::ZERO)
                } else {
                    match mark(instrument) {
                        Some(m) => Some(sub(value(owner.quantity, m.price, m.multiplier)?, owner.cost)?),
                        None => None,
                    }
                };
                lines.push(PositionPnl {
                    instrument: instrument.clone(),
                    strategy: owner.strategy.clone(),
                    currency: book.net.currency,
                    pnl: Pnl {
                        realised: owner.realised,
                        unrealised,
                        fees: owner.fees,
                        income: owner.income,
                    },
                });
            }
        }
        Ok(lines)
    }
}

/// Lines added up by strategy and currency.
///
/// # Errors
/// Sums that do not fit.
pub fn by_strategy(
    lines: &[PositionPnl],
) -> Result<BTreeMap<(Option<StrategyId>, Currency), Pnl>, LedgerError> {
    let mut sums = BTreeMap::new();
    for line in lines {
        let sum = sums
            .entry((line.strategy.clone(), line.currency))
            .or_insert_with(Pnl::none);
        *sum = sum.plus(line.pnl)?;
    }
    Ok(sums)
}

/// Lines added up by currency: an account's attributed profit and loss. What no position explains (interest on cash,
/// account fees, exchanges) stands in the ledger's accounts.
///
/// # Errors
/// Sums that do not fit.
pub fn by_currency(lines: &[PositionPnl]) -> Result<BTreeMap<Currency, Pnl>, LedgerError> {
    let mut sums = BTreeMap::new();
    for line in lines {
        let sum = sums.entry(line.currency).or_insert_with(Pnl::none);
        *sum = sum.plus(line.pnl)?;
    }
    Ok(sums)
}

/// Lines of one or several accounts in one currency: a portfolio's profit and loss.
///
/// # Errors
/// [`LedgerError::NoRate`] for a currency without a rate; sums that do not fit.
pub fn in_currency(
    lines: &[PositionPnl],
    to: Currency,
    rate: impl Fn(Currency) -> Option<Decimal>,
) -> Result<Pnl, LedgerError> {
    let mut sum = Pnl::none();
    for (from, pnl) in by_currency(lines)? {
        let rate = match from == to {
            true => Decimal::ONE,
            false => rate(from).ok_or(LedgerError::NoRate { from, to })?,
        };
        sum = sum.plus(pnl.converted(rate)?)?;
    }
    Ok(sum)
}

/// Amount and currency of a total, where it is known.
#[must_use]
pub fn money(pnl: &Pnl, currency: Currency) -> Option<Money> {
    pnl.total().map(|amount| Money::new(amount, currency))
}
