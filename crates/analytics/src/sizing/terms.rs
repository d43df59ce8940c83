//! What every way of sizing needs of the instrument, and what it gives back.

use rust_decimal::Decimal;
use serde::Serialize;
use tradewind_types::num::canonical;
use tradewind_types::{NumberError, Rounding};

/// Equity and the instrument's terms. All money is in one currency: convert equity at a dated rate before.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SizeTerms {
    /// Equity of the account; above 0.
    pub equity: Decimal,
    /// Price at which the position would be opened; above 0.
    pub price: Decimal,
    /// Contract multiplier; above 0, 1 for shares and spot.
    pub multiplier: Decimal,
    /// Step of quantities; above 0.
    pub lot: Decimal,
    /// Smallest quantity of an order; 0 or above.
    pub min_quantity: Decimal,
}

/// A size.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Sized {
    /// Quantity, a multiple of the lot, above 0.
    pub quantity: Decimal,
    /// Price × quantity × multiplier.
    pub notional: Decimal,
    /// Quantity before it was rounded down to the lot.
    pub unrounded: Decimal,
}

/// Why there is no size.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SizingError {
    /// An input that has to be above 0 is not.
    #[error("{what} is {}: a value above 0 is needed", canonical(*.value))]
    NotPositive {
        /// Which.
        what: &'static str,
        /// What was given.
        value: Decimal,
    },
    /// An input outside its range.
    #[error("{what} is {}: {rule}", canonical(*.value))]
    OutOfRange {
        /// Which.
        what: &'static str,
        /// What was given.
        value: Decimal,
        /// What would be right.
        rule: &'static str,
    },
    /// The odds are not in favour: Kelly's share is 0 or below.
    #[error("Kelly's share is {}: there is no edge to bet on", canonical(*.share))]
    NoEdge {
        /// Kelly's full share.
        share: Decimal,
    },
    /// The stop is on the wrong side, or at the price.
    #[error("the stop {} is not {side} the price {}", canonical(*.stop), canonical(*.price))]
    StopOnWrongSide {
        /// The stop.
        stop: Decimal,
        /// The price.
        price: Decimal,
        /// `below` for longs, `above` for shorts.
        side: &'static str,
    },
    /// Less than can be ordered.
    #[error("{} is wanted, less than the smallest order of {}", canonical(*.wanted), canonical(*.smallest))]
    TooSmall {
        /// Quantity before rounding.
        wanted: Decimal,
        /// Smallest quantity that can be ordered.
        smallest: Decimal,
    },
    /// The figures do not fit a decimal.
    #[error(transparent)]
    Number(#[from] NumberError),
}

pub(super) fn positive(what: &'static str, value: Decimal) -> Result<Decimal, SizingError> {
    if value > Decimal::ZERO {
        Ok(value)
    } else {
        Err(SizingError::NotPositive { what, value })
    }
}

/// A share of equity: above 0, at most 1.
pub(super) fn share(what: &'static str, value: Decimal) -> Result<Decimal, SizingError> {
    positive(what, value)?;
    if value > Decimal::ONE {
        let rule = "a share of equity is at most 1";
        return Err(SizingError::OutOfRange { what, value, rule });
    }
    Ok(value)
}

pub(super) fn times(a: Decimal, b: Decimal) -> Result<Decimal, SizingError> {
    let operation = "sizing: a product";
    Ok(a.checked_mul(b).ok_or(NumberError::Overflow { operation })?)
}

pub(super) fn over(a: Decimal, b: Decimal) -> Result<Decimal, SizingError> {
    let operation = "sizing: a quotient";
    Ok(a.checked_div(b).ok_or(NumberError::Overflow { operation })?)
}

impl SizeTerms {
    pub(super) fn check(&self) -> Result<(), SizingError> {
        positive("equity", self.equity)?;
        positive("price", self.price)?;
        positive("multiplier", self.multiplier)?;
        positive("lot", self.lot)?;
        if self.min_quantity < Decimal::ZERO {
            return Err(SizingError::OutOfRange {
                what: "minimum quantity",
                value: self.min_quantity,
                rule: "0 or above is needed",
            });
        }
        Ok(())
    }

    /// The quantity whose value is `notional`, rounded down to the lot.
    pub(super) fn of_notional(&self, notional: Decimal) -> Result<Sized, SizingError> {
        self.of_quantity(over(notional, times(self.price, self.multiplier)?)?)
    }

    /// `wanted`, rounded down to the lot.
    pub(super) fn of_quantity(&self, wanted: Decimal) -> Result<Sized, SizingError> {
        let quantity = Rounding::Down.to_step(wanted, self.lot)?;
        if quantity <= Decimal::ZERO || quantity < self.min_quantity {
            return Err(SizingError::TooSmall {
                wanted,
                smallest: self.lot.max(self.min_quantity),
            });
        }
        Ok(Sized {
            quantity,
            notional: times(times(self.price, quantity)?, self.multiplier)?.normalize(),
            unrounded: wanted,
        })
    }
}
