//! What positions and the account are worth at given prices. A missing price or rate is an error, never a guess.

use rust_decimal::Decimal;
use tradewind_types::num::NumberError;
use tradewind_types::record::LedgerAccount;
use tradewind_types::{Currency, InstrumentId, Money};

use crate::error::LedgerError;
use crate::fx::{FxError, FxQuote};
use crate::ledger::Ledger;
use tradewind_types::exact::{add, round_money, sub, value};

/// A price to value a position with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Price per unit.
    pub price: Decimal,
    /// The instrument's contract multiplier.
    pub multiplier: Decimal,
}

/// Where prices and exchange rates for a valuation come from.
pub trait Marks {
    /// The price of an instrument now.
    fn mark(&self, instrument: &InstrumentId) -> Option<Mark>;

    /// How much of `to` one unit of `from` is worth now; never asked for equal currencies.
    fn rate(&self, from: Currency, to: Currency) -> Option<Decimal>;
}

/// What stands in one currency.
#[derive(Clone, PartialEq, Debug)]
pub struct CurrencyValue {
    /// The currency.
    pub currency: Currency,
    /// Cash, available and locked.
    pub cash: Decimal,
    /// Value of positions that have a mark.
    pub positions: Decimal,
    /// Open positions without a mark.
    pub unmarked: Vec<InstrumentId>,
    /// The rate to base currency, with its date and source, or why there is none.
    pub rate: Result<FxQuote, FxError>,
    /// All of it in base currency; `None` while a mark or the rate is missing.
    pub in_base: Option<Decimal>,
}

/// What an account is worth, by currency.
#[derive(Clone, PartialEq, Debug)]
pub struct Breakdown {
    /// The base currency.
    pub base: Currency,
    /// One part for each currency ever booked, in alphabetical order.
    pub parts: Vec<CurrencyValue>,
    /// The sum in base currency; `None` while one part has none.
    pub equity: Option<Decimal>,
}

impl Ledger {
    /// Unrealised result of the account's position in an instrument: value at the mark − cost of the open lots.
    /// Zero for one never traded.
    ///
    /// # Errors
    /// [`NumberError::Overflow`].
    pub fn unrealised(&self, instrument: &InstrumentId, mark: Mark) -> Result<Money, LedgerError> {
        let Some(position) = self.position(instrument) else {
            return Ok(Money::zero(self.base_currency));
        };
        let worth = value(position.quantity, mark.price, mark.multiplier)?;
        Ok(Money::new(sub(worth, position.cost)?, position.currency))
    }

    /// Cash + Σ quantity × mark × multiplier, in base currency. O(currencies + positions).
    ///
    /// # Errors
    /// [`LedgerError::NoMark`] for an open position without a price, [`LedgerError::NoRate`] for money in another
    /// currency without a rate, [`NumberError::Overflow`].
    pub fn equity(&self, marks: &impl Marks) -> Result<Money, LedgerError> {
        let mut total = Decimal::ZERO;
        for totals in &self.currencies {
            let cash = add(
                totals.balance(LedgerAccount::CashAvailable),
                totals.balance(LedgerAccount::CashLocked),
            )?;
            total = add(total, self.in_base(cash, totals.currency, marks)?)?;
        }
        for (instrument, position) in self.positions().filter(|(_, p)| !p.quantity.is_zero()) {
            let mark = marks.mark(instrument).ok_or_else(|| LedgerError::NoMark {
                instrument: instrument.clone(),
            })?;
            let worth = value(position.quantity, mark.price, mark.multiplier)?;
            total = add(total, self.in_base(worth, position.currency, marks)?)?;
        }
        Ok(Money::new(total, self.base_currency))
    }

    /// What the account is worth, by currency, with what is missing named instead of left out. `rates` gives the
    /// dated rate to the base currency.
    ///
    /// # Errors
    /// Sums that do not fit.
    pub fn breakdown(
        &self,
        mark: impl Fn(&InstrumentId) -> Option<Mark>,
        rates: impl Fn(Currency) -> Result<FxQuote, FxError>,
    ) -> Result<Breakdown, LedgerError> {
        let mut parts = Vec::with_capacity(self.currencies.len());
        for currency in self.currencies() {
            let mut part = CurrencyValue {
                currency,
                cash: self.cash_total(currency),
                positions: Decimal::ZERO,
                unmarked: Vec::new(),
                rate: rates(currency),
                in_base: None,
            };
            let open = self
                .positions()
                .filter(|(_, p)| p.currency == currency && !p.quantity.is_zero());
            for (instrument, position) in open {
                match mark(instrument) {
                    Some(m) => {
                        let worth = value(position.quantity, m.price, m.multiplier)?;
                        part.positions = add(part.positions, worth)?;
                    }
                    None => part.unmarked.push(instrument.clone()),
                }
            }
            let worth = add(part.cash, part.positions)?;
            part.in_base = match (&part.rate, part.unmarked.is_empty()) {
                _ if worth.is_zero() && part.unmarked.is_empty() => Some(Decimal::ZERO),
                (Ok(quote), true) => {
                    let converted = worth.checked_mul(quote.rate).map(round_money);
                    Some(converted.ok_or(NumberError::Overflow {
                        operation: "amount × exchange rate",
                    })?)
                }
                _ => None,
            };
            parts.push(part);
        }
        let all = parts
            .iter()
            .try_fold(Some(Decimal::ZERO), |sum, part| match (sum, part.in_base) {
                (Some(sum), Some(part)) => add(sum, part).map(Some),
                _ => Ok(None),
            })?;
        Ok(Breakdown {
            base: self.base_currency,
            parts,
            equity: all,
        })
    }

    fn in_base(&self, amount: Decimal, from: Currency, marks: &impl Marks) -> Result<Decimal, LedgerError> {
        let to = self.base_currency;
        if from == to || amount.is_zero() {
            return Ok(amount);
        }
        let rate = marks.rate(from, to).ok_or(LedgerError::NoRate { from, to })?;
        let converted = amount.checked_mul(rate).map(round_money);
        Ok(converted.ok_or(NumberError::Overflow {
            operation: "amount × exchange rate",
        })?)
    }
}
