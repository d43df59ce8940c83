//! What holding costs or brings: funding, expiry, interest, borrowing. Pure functions; the caller knows positions,
//! prices, rates and times, and books what comes back.
//!
//! | event | amount (from the account's side) |
//! | --- | --- |
//! | funding of a perpetual | − position × mark × multiplier × rate: longs pay while the rate is positive, shorts receive |
//! | expiry of a future | its position is closed at the settlement price of the underlying |
//! | expiry of an option | its position is closed at the intrinsic value: call max(S − K, 0), put max(K − S, 0) |
//! | interest on cash | balance × rate × time / year: a negative balance pays the debit rate, a positive one earns the credit rate |
//! | borrowing of shorts | − |position| × mark × multiplier × rate × time / year |
//!
//! Rates are fractions (0.0001 = 1 bp): funding per funding time, the others per year of 365 days (actual/365 fixed,
//! by the nanosecond). Amounts are rounded half even to [`AMOUNT_DECIMALS`]. Settlement is in cash and in the quote
//! currency. Not supported: physical delivery, inverse contracts (settled in their base), daily settlement of
//! variation margin, assignment before expiry; those are errors, not approximations.

use rust_decimal::Decimal;
use tradewind_types::num::NumberError;
use tradewind_types::time::DAY_NS;
use tradewind_types::{
    Instrument, InstrumentId, InstrumentKind, Money, OptionRight, Price, Quantity, Rounding, Side, UnixNanos,
};

/// Decimals of an amount of carry.
pub const AMOUNT_DECIMALS: u32 = 8;

/// What is to be booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CarryEvent {
    /// When.
    pub ts: UnixNanos,
    /// What.
    pub kind: CarryKind,
}

/// Kinds of carry with what each is made of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum CarryKind {
    /// Funding of a perpetual.
    Funding {
        /// The perpetual.
        instrument: InstrumentId,
        /// Paid < 0, received > 0.
        amount: Money,
        /// The rate.
        rate: Decimal,
        /// The price it was reckoned on.
        mark: Price,
    },
    /// A position ends: to be booked as a fill of this side and quantity at this price, without fee.
    Settlement {
        /// The future or option.
        instrument: InstrumentId,
        /// The side that closes the position.
        side: Side,
        /// All of it.
        quantity: Quantity,
        /// Settlement price of a future; intrinsic value of an option, 0 when it expires worthless.
        price: Price,
    },
    /// Interest on a cash balance.
    Interest {
        /// Paid < 0, received > 0.
        amount: Money,
        /// The yearly rate.
        rate: Decimal,
    },
    /// Cost of borrowing what was sold short.
    Borrow {
        /// What is borrowed.
        instrument: InstrumentId,
        /// Paid, < 0.
        amount: Money,
        /// The yearly rate.
        rate: Decimal,
    },
}

/// Why carry could not be reckoned.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CarryError {
    /// A figure does not fit.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// The instrument is not of the kind that this is for.
    #[error("{instrument} is {kind:?}; {what} is for {wanted}")]
    WrongKind {
        /// The instrument.
        instrument: InstrumentId,
        /// Its kind.
        kind: InstrumentKind,
        /// What was asked for.
        what: &'static str,
        /// What it is for.
        wanted: &'static str,
    },
    /// Its definition lacks a term.
    #[error("{instrument} has no {term} in its definition")]
    Missing {
        /// The instrument.
        instrument: InstrumentId,
        /// The term.
        term: &'static str,
    },
    /// It is settled in something else than its quote currency.
    #[error(
        "{instrument} is settled in {settlement}, not in its quote currency: inverse contracts are not supported"
    )]
    Inverse {
        /// The instrument.
        instrument: InstrumentId,
        /// Currency of settlement.
        settlement: tradewind_types::Currency,
    },
    /// It has not expired.
    #[error("{instrument} expires at {expiry}, not yet at {now}")]
    NotExpired {
        /// The instrument.
        instrument: InstrumentId,
        /// When it expires.
        expiry: UnixNanos,
        /// When settlement was asked for.
        now: UnixNanos,
    },
}

fn fits(value: Option<Decimal>, operation: &'static str) -> Result<Decimal, CarryError> {
    value.ok_or(CarryError::Number(NumberError::Overflow { operation }))
}

fn rounded(amount: Decimal) -> Decimal {
    Rounding::HalfEven
        .to_decimals(amount, AMOUNT_DECIMALS)
        .normalize()
}

fn linear(instrument: &Instrument) -> Result<(), CarryError> {
    if instrument.settlement == instrument.quote {
        return Ok(());
    }
    Err(CarryError::Inverse {
        instrument: instrument.id.clone(),
        settlement: instrument.settlement,
    })
}

/// The first funding time after `after`, where funding is every `interval_ns` from the epoch on (8 h: 00, 08, 16 UTC).
#[must_use]
pub fn next_funding(after: UnixNanos, interval_ns: u64) -> UnixNanos {
    let interval_ns = interval_ns.max(1);
    after.floor_to(interval_ns).plus(interval_ns)
}

/// Funding of a signed position in a perpetual at one funding time; `None` when flat.
///
/// # Errors
/// [`CarryError`] for other kinds, inverse contracts, and figures that do not fit.
pub fn funding(
    instrument: &Instrument,
    position: Decimal,
    mark: Price,
    rate: Decimal,
    ts: UnixNanos,
) -> Result<Option<CarryEvent>, CarryError> {
    if instrument.kind != InstrumentKind::Perpetual {
        return Err(CarryError::WrongKind {
            instrument: instrument.id.clone(),
            kind: instrument.kind,
            what: "funding",
            wanted: "perpetuals",
        });
    }
    linear(instrument)?;
    if position.is_zero() {
        return Ok(None);
    }
    let value = instrument.notional(mark.decimal(), position)?;
    let amount = rounded(-fits(value.checked_mul(rate), "funding")?);
    Ok(Some(CarryEvent {
        ts,
        kind: CarryKind::Funding {
            instrument: instrument.id.clone(),
            amount: Money::new(amount, instrument.quote),
            rate,
            mark,
        },
    }))
}

/// What one unit of a future or option is worth at expiry, the underlying being settled at `underlying`.
///
/// # Errors
/// [`CarryError::WrongKind`], [`CarryError::Missing`] strike or right.
pub fn settlement_value(instrument: &Instrument, underlying: Price) -> Result<Price, CarryError> {
    let missing = |term| CarryError::Missing {
        instrument: instrument.id.clone(),
        term,
    };
    match instrument.kind {
        InstrumentKind::Future => Ok(underlying),
        InstrumentKind::Option => {
            let strike = instrument.terms.strike.ok_or_else(|| missing("strike"))?;
            let right = instrument.terms.right.ok_or_else(|| missing("right"))?;
            let intrinsic = match right {
                OptionRight::Call => underlying.decimal().checked_sub(strike),
                OptionRight::Put => strike.checked_sub(underlying.decimal()),
            };
            let value = fits(intrinsic, "intrinsic value")?.max(Decimal::ZERO);
            Ok(Price::new(value)?)
        }
        kind => Err(CarryError::WrongKind {
            instrument: instrument.id.clone(),
            kind,
            what: "expiry",
            wanted: "futures and options",
        }),
    }
}

/// Cash settlement of a signed position in an expired future or option; `None` when flat.
///
/// # Errors
/// [`CarryError`].
pub fn expiry(
    instrument: &Instrument,
    position: Decimal,
    underlying: Price,
    ts: UnixNanos,
) -> Result<Option<CarryEvent>, CarryError> {
    let price = settlement_value(instrument, underlying)?;
    linear(instrument)?;
    let expiry = instrument.terms.expiry.ok_or_else(|| CarryError::Missing {
        instrument: instrument.id.clone(),
        term: "expiry",
    })?;
    if ts < expiry {
        return Err(CarryError::NotExpired {
            instrument: instrument.id.clone(),
            expiry,
            now: ts,
        });
    }
    if position.is_zero() {
        return Ok(None);
    }
    let side = if position > Decimal::ZERO {
        Side::Sell
    } else {
        Side::Buy
    };
    Ok(Some(CarryEvent {
        ts,
        kind: CarryKind::Settlement {
            instrument: instrument.id.clone(),
            side,
            quantity: Quantity::new(position.abs())?,
            price,
        },
    }))
}

/// Yearly rates on cash.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct InterestRates {
    /// Paid on negative balances.
    pub debit: Decimal,
    /// Earned on positive balances.
    pub credit: Decimal,
}

/// The part of a year of 365 days between two times.
fn part_of_year(from: UnixNanos, to: UnixNanos) -> Decimal {
    Decimal::from(to.since(from)) / Decimal::from(365 * DAY_NS)
}

/// Interest on a balance that stood from `from` to `to`; `None` when there is none.
///
/// # Errors
/// [`CarryError::Number`].
pub fn interest(
    balance: Money,
    rates: InterestRates,
    from: UnixNanos,
    to: UnixNanos,
) -> Result<Option<CarryEvent>, CarryError> {
    let rate = if balance.amount < Decimal::ZERO {
        rates.debit
    } else {
        rates.credit
    };
    let yearly = fits(balance.amount.checked_mul(rate), "interest")?;
    let amount = rounded(fits(yearly.checked_mul(part_of_year(from, to)), "interest")?);
    if amount.is_zero() {
        return Ok(None);
    }
    Ok(Some(CarryEvent {
        ts: to,
        kind: CarryKind::Interest {
            amount: Money::new(amount, balance.currency),
            rate,
        },
    }))
}

/// What borrowing a short position cost from `from` to `to`; `None` for positions that are not short.
///
/// # Errors
/// [`CarryError::Number`].
pub fn borrow(
    instrument: &Instrument,
    position: Decimal,
    mark: Price,
    rate: Decimal,
    (from, to): (UnixNanos, UnixNanos),
) -> Result<Option<CarryEvent>, CarryError> {
    if position >= Decimal::ZERO {
        return Ok(None);
    }
    let value = instrument.notional(mark.decimal(), position)?;
    let yearly = fits(value.checked_mul(rate), "borrowing")?;
    let amount = rounded(fits(yearly.checked_mul(part_of_year(from, to)), "borrowing")?);
    if amount.is_zero() {
        return Ok(None);
    }
    Ok(Some(CarryEvent {
        ts: to,
        kind: CarryKind::Borrow {
            instrument: instrument.id.clone(),
            amount: Money::new(amount, instrument.quote),
            rate,
        },
    }))
}
