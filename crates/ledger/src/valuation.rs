//! What positions and the account are worth at given prices. A missing price or rate is an error, never a guess.

use rust_decimal::Decimal;
use tradewind_types::num::NumberError;
use tradewind_types::{Currency, InstrumentId, Money};

use crate::error::LedgerError;
use crate::exact::{add, round_money, sub, value};
use crate::ledger::Ledger;

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
        for currency in self.currencies.keys() {
            let cash = add(self.cash_available(*currency), self.cash_locked(*currency))?;
            total = add(total, self.in_base(cash, *currency, marks)?)?;
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
