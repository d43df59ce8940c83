//! Margin and liquidation: what positions tie up, when they are closed by force, and in which order.
//!
//! * Margin of a position = |quantity| × mark × multiplier × rate, the rates from the instrument's terms
//!   ([`MarginRates::of`]; the whole value where it names none) or from a leverage. Σ over positions; no netting.
//! * Equity = cash + what positions add: their mark value where they were paid for (spot, shares, bought options), their
//!   unrealised profit where they were not (futures, perpetuals, and whatever is only margined).
//! * Liquidation is due when equity < Σ maintenance. Positions are closed in the order of their unrealised profit, the
//!   largest loss first, then the larger maintenance, then the order in which they were given; of the last one only
//!   as many lots as bring the account back, if closing a part is enough. Closing at the mark does not change equity;
//!   fees of closing are left to the fills.
//!
//! The caller sends a [`Closing`] as a reduce-only MARKET order.

use rust_decimal::Decimal;
use tradewind_types::num::NumberError;
use tradewind_types::{Instrument, Price, Quantity, Rounding, Side};

/// Parts of the value that a position ties up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MarginRates {
    /// For opening it.
    pub initial: Decimal,
    /// For keeping it.
    pub maintenance: Decimal,
}

impl MarginRates {
    /// The instrument's own: the whole value unless its terms name less; maintenance as initial unless named.
    #[must_use]
    pub fn of(instrument: &Instrument) -> Self {
        let initial = instrument.terms.margin_initial.unwrap_or(Decimal::ONE);
        let maintenance = instrument.terms.margin_maintenance.unwrap_or(initial);
        Self { initial, maintenance }
    }

    /// With a leverage chosen by the account: initial = 1 / leverage, but not below the instrument's own, whose
    /// maintenance stays (at most the initial).
    ///
    /// # Errors
    /// [`NumberError::NotPositive`] for a leverage of 0 or less.
    pub fn with_leverage(self, leverage: Decimal) -> Result<Self, NumberError> {
        if leverage <= Decimal::ZERO {
            return Err(NumberError::NotPositive {
                what: "leverage",
                value: leverage,
            });
        }
        let initial = (Decimal::ONE / leverage).max(self.initial);
        Ok(Self {
            initial,
            maintenance: self.maintenance.min(initial),
        })
    }
}

/// A position as margin sees it.
#[derive(Clone, Copy, Debug)]
pub struct MarginPosition<'a> {
    /// What is held.
    pub instrument: &'a Instrument,
    /// Long > 0, short < 0.
    pub quantity: Decimal,
    /// Average price of opening.
    pub average: Price,
    /// Price it is valued at.
    pub mark: Price,
    /// Its rates.
    pub rates: MarginRates,
    /// Whether its cost was taken from (its proceeds were put to) cash.
    pub paid: bool,
}

/// An account's margin, in one currency.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccountMargin {
    /// Cash plus what positions add.
    pub equity: Decimal,
    /// Σ unrealised profit.
    pub unrealised: Decimal,
    /// Σ initial margin.
    pub initial: Decimal,
    /// Σ maintenance margin.
    pub maintenance: Decimal,
}

/// A position, or a part of it, to be closed by force.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Closing {
    /// Which of the positions given.
    pub position: usize,
    /// The side that closes.
    pub side: Side,
    /// How much.
    pub quantity: Quantity,
}

fn fits(value: Option<Decimal>) -> Result<Decimal, NumberError> {
    value.ok_or(NumberError::Overflow { operation: "margin" })
}

impl MarginPosition<'_> {
    /// |quantity| × mark × multiplier.
    ///
    /// # Errors
    /// [`NumberError::Overflow`].
    pub fn value(&self) -> Result<Decimal, NumberError> {
        Ok(self
            .instrument
            .notional(self.mark.decimal(), self.quantity)?
            .abs())
    }

    /// Profit since it was opened, at the mark.
    ///
    /// # Errors
    /// [`NumberError::Overflow`].
    pub fn unrealised(&self) -> Result<Decimal, NumberError> {
        let moved = fits(self.mark.decimal().checked_sub(self.average.decimal()))?;
        self.instrument.notional(moved, self.quantity)
    }

    /// What keeping it ties up.
    ///
    /// # Errors
    /// [`NumberError::Overflow`].
    pub fn maintenance(&self) -> Result<Decimal, NumberError> {
        fits(self.value()?.checked_mul(self.rates.maintenance))
    }

    fn adds(&self) -> Result<Decimal, NumberError> {
        if self.paid {
            self.instrument.notional(self.mark.decimal(), self.quantity)
        } else {
            self.unrealised()
        }
    }
}

impl AccountMargin {
    /// What may still be tied up.
    #[must_use]
    pub fn free(&self) -> Decimal {
        self.equity - self.initial
    }

    /// Initial margin / equity; `None` while there is no equity to divide by.
    #[must_use]
    pub fn used(&self) -> Option<Decimal> {
        (self.equity > Decimal::ZERO).then(|| self.initial.checked_div(self.equity))?
    }

    /// Equity / maintenance, 1 or below of which liquidation begins; `None` without positions.
    #[must_use]
    pub fn ratio(&self) -> Option<Decimal> {
        (self.maintenance > Decimal::ZERO).then(|| self.equity.checked_div(self.maintenance))?
    }

    /// Whether positions are to be closed by force.
    #[must_use]
    pub fn is_short_of_margin(&self) -> bool {
        self.equity < self.maintenance
    }
}

/// Margin that an order needs when it opens: price × quantity × multiplier × initial rate.
///
/// # Errors
/// [`NumberError::Overflow`].
pub fn margin_of_order(
    instrument: &Instrument,
    price: Price,
    quantity: Quantity,
    rates: MarginRates,
) -> Result<Decimal, NumberError> {
    let value = instrument.notional(price.decimal(), quantity.decimal())?.abs();
    fits(value.checked_mul(rates.initial))
}

/// The margin of an account with this cash and these positions.
///
/// # Errors
/// [`NumberError::Overflow`].
pub fn account_margin(cash: Decimal, positions: &[MarginPosition<'_>]) -> Result<AccountMargin, NumberError> {
    let mut margin = AccountMargin {
        equity: cash,
        unrealised: Decimal::ZERO,
        initial: Decimal::ZERO,
        maintenance: Decimal::ZERO,
    };
    for position in positions {
        let initial = fits(position.value()?.checked_mul(position.rates.initial))?;
        margin.equity = fits(margin.equity.checked_add(position.adds()?))?;
        margin.unrealised = fits(margin.unrealised.checked_add(position.unrealised()?))?;
        margin.initial = fits(margin.initial.checked_add(initial))?;
        margin.maintenance = fits(margin.maintenance.checked_add(position.maintenance()?))?;
    }
    Ok(margin)
}

/// The mark at which the account falls to its maintenance if only this position's price moves: the solution p of
/// `free + quantity · m · (p − mark) = |quantity| · m · maintenance rate · p` with `free` = equity less the maintenance
/// of all other positions. `None` when no price above 0 does that.
///
/// # Errors
/// [`NumberError::Overflow`].
pub fn liquidation_price(
    margin: &AccountMargin,
    position: &MarginPosition<'_>,
) -> Result<Option<Decimal>, NumberError> {
    let others = fits(margin.maintenance.checked_sub(position.maintenance()?))?;
    let free = fits(margin.equity.checked_sub(others))?;
    let units = fits(position.quantity.checked_mul(position.instrument.multiplier))?;
    let kept = fits(units.abs().checked_mul(position.rates.maintenance))?;
    let slope = fits(units.checked_sub(kept))?;
    if slope.is_zero() {
        return Ok(None);
    }
    let at_mark = fits(units.checked_mul(position.mark.decimal()))?;
    let price = fits(at_mark.checked_sub(free))?.checked_div(slope);
    let price = fits(price)?;
    // A long is closed below the mark, a short above it; elsewhere the account is safe whatever the price.
    Ok((price > Decimal::ZERO).then_some(price))
}

/// Indices of the positions in the order in which they are closed by force.
///
/// # Errors
/// [`NumberError::Overflow`].
pub fn liquidation_order(positions: &[MarginPosition<'_>]) -> Result<Vec<usize>, NumberError> {
    let mut keyed = Vec::with_capacity(positions.len());
    for (at, position) in positions.iter().enumerate() {
        keyed.push((position.unrealised()?, -position.maintenance()?, at));
    }
    keyed.sort();
    Ok(keyed.into_iter().map(|(.., at)| at).collect())
}

/// What has to be closed so that equity covers maintenance again; nothing while it does.
///
/// # Errors
/// [`NumberError`].
pub fn liquidation(cash: Decimal, positions: &[MarginPosition<'_>]) -> Result<Vec<Closing>, NumberError> {
    let margin = account_margin(cash, positions)?;
    let mut missing = fits(margin.maintenance.checked_sub(margin.equity))?;
    let mut closings = Vec::new();
    for at in liquidation_order(positions)? {
        if missing <= Decimal::ZERO {
            break;
        }
        let position = &positions[at];
        let (held, kept) = (position.quantity.abs(), position.maintenance()?);
        if held.is_zero() || kept <= Decimal::ZERO {
            continue;
        }
        let needed = held.checked_mul(missing).and_then(|n| n.checked_div(kept));
        let lots = Rounding::Up.to_step(fits(needed)?, position.instrument.lot)?;
        let quantity = lots.min(held);
        closings.push(Closing {
            position: at,
            side: if position.quantity > Decimal::ZERO {
                Side::Sell
            } else {
                Side::Buy
            },
            quantity: Quantity::new(quantity)?,
        });
        let freed = kept.checked_mul(quantity).and_then(|f| f.checked_div(held));
        missing = fits(missing.checked_sub(fits(freed)?))?;
    }
    Ok(closings)
}
