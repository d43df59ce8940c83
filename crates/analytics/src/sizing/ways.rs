//! The five ways.

use rust_decimal::Decimal;
use tradewind_types::{NumberError, Side};

use super::terms::{over, positive, share, times};
use super::{SizeTerms, Sized, SizingError};

/// 15 % a year.
pub const VOLATILITY_TARGET: Decimal = Decimal::from_parts(15, 0, 0, false, 2);
/// A quarter.
pub const KELLY_FRACTION: Decimal = Decimal::from_parts(25, 0, 0, false, 2);
/// 10 % of equity.
pub const KELLY_CAP: Decimal = Decimal::from_parts(10, 0, 0, false, 2);

/// A position worth `fraction` of equity (0.02 = 2 %; above 0, at most 1).
///
/// ```
/// # use tradewind_analytics::sizing::{SizeTerms, fixed_fraction};
/// # use tradewind_types::Decimal;
/// let one = Decimal::ONE;
/// let terms = SizeTerms { equity: 100_000.into(), price: 333.into(), multiplier: one, lot: one, min_quantity: one };
/// // 2,000 / 333 = 6.006 shares
/// assert_eq!(fixed_fraction(&terms, Decimal::new(2, 2)).unwrap().quantity, 6.into());
/// ```
///
/// # Errors
/// [`SizingError`].
pub fn fixed_fraction(terms: &SizeTerms, fraction: Decimal) -> Result<Sized, SizingError> {
    terms.check()?;
    terms.of_notional(times(terms.equity, share("fraction", fraction)?)?)
}

/// A position whose volatility is `target` of equity: `equity · target / volatility`, at most `leverage_max` × equity.
///
/// `target` and `volatility` are yearly fractions (0.15 = 15 %), `volatility` that of the instrument's returns,
/// annualised over the same number of periods; `leverage_max` above 0, 1 without leverage.
///
/// # Errors
/// [`SizingError`].
pub fn volatility_target(
    terms: &SizeTerms,
    target: Decimal,
    volatility: Decimal,
    leverage_max: Decimal,
) -> Result<Sized, SizingError> {
    terms.check()?;
    let wanted = times(terms.equity, positive("volatility target", target)?)?;
    let notional = over(wanted, positive("volatility", volatility)?)?;
    let most = times(terms.equity, positive("largest leverage", leverage_max)?)?;
    terms.of_notional(notional.min(most))
}

/// Kelly's full share of capital, `p − (1−p)/b`: may be 0 or below, where there is no edge.
///
/// `win_probability` p from 0 to 1, `payoff` b = mean win ÷ |mean loss|, above 0.
/// Source: Kelly, "A New Interpretation of Information Rate", Bell System Technical Journal 35 (1956).
///
/// # Errors
/// [`SizingError`].
pub fn kelly_share(win_probability: Decimal, payoff: Decimal) -> Result<Decimal, SizingError> {
    if !(Decimal::ZERO..=Decimal::ONE).contains(&win_probability) {
        return Err(SizingError::OutOfRange {
            what: "win probability",
            value: win_probability,
            rule: "0 to 1 is needed",
        });
    }
    let lost = over(Decimal::ONE - win_probability, positive("payoff", payoff)?)?;
    Ok(win_probability.checked_sub(lost).ok_or(NumberError::Overflow {
        operation: "p − (1−p)/b",
    })?)
}

/// A position worth `fraction` of Kelly's share of equity, at most `cap` of equity ([`KELLY_FRACTION`], [`KELLY_CAP`]).
///
/// # Errors
/// [`SizingError::NoEdge`] where Kelly's share is 0 or below; otherwise as [`SizingError`] says.
pub fn fractional_kelly(
    terms: &SizeTerms,
    win_probability: Decimal,
    payoff: Decimal,
    fraction: Decimal,
    cap: Decimal,
) -> Result<Sized, SizingError> {
    terms.check()?;
    let full = kelly_share(win_probability, payoff)?;
    if full <= Decimal::ZERO {
        return Err(SizingError::NoEdge { share: full });
    }
    let wanted = times(full, share("fraction of Kelly", fraction)?)?.min(share("cap", cap)?);
    terms.of_notional(times(terms.equity, wanted)?)
}

/// A position whose value at risk is `budget` of equity: `equity · budget / value_at_risk`.
///
/// `value_at_risk` is the loss of one unit of value over the horizon at the confidence of the budget, above 0
/// (0.031 = 3.1 % a day at 95 %), for instance −[`var_historical`](crate::returns::tail::var_historical) of the
/// instrument's returns; `budget` a share of equity (0.02). At most `leverage_max` × equity.
///
/// # Errors
/// [`SizingError`].
pub fn value_at_risk_budget(
    terms: &SizeTerms,
    budget: Decimal,
    value_at_risk: Decimal,
    leverage_max: Decimal,
) -> Result<Sized, SizingError> {
    terms.check()?;
    let allowed = times(terms.equity, share("risk budget", budget)?)?;
    let notional = over(allowed, positive("value at risk", value_at_risk)?)?;
    let most = times(terms.equity, positive("largest leverage", leverage_max)?)?;
    terms.of_notional(notional.min(most))
}

/// A position that loses `risk` of equity when it is closed at `stop`: `equity · risk / (|price − stop| · multiplier)`.
///
/// `risk` is a share of equity (0.01); the stop is below the price for a buy, above it for a sell. Fees and slippage
/// through the stop come on top. The size does not limit the value: a stop close by makes a large position.
///
/// ```
/// # use tradewind_analytics::sizing::{SizeTerms, risk_to_stop};
/// # use tradewind_types::{Decimal, Side};
/// let one = Decimal::ONE;
/// let terms = SizeTerms { equity: 50_000.into(), price: 100.into(), multiplier: one, lot: one, min_quantity: one };
/// // 1 % of 50,000 is 500; the stop is 4 away: 125
/// assert_eq!(risk_to_stop(&terms, Side::Buy, 96.into(), Decimal::new(1, 2)).unwrap().quantity, 125.into());
/// ```
///
/// # Errors
/// [`SizingError::StopOnWrongSide`]; otherwise as [`SizingError`] says.
pub fn risk_to_stop(
    terms: &SizeTerms,
    side: Side,
    stop: Decimal,
    risk: Decimal,
) -> Result<Sized, SizingError> {
    terms.check()?;
    let (distance, word) = match side {
        Side::Buy => (terms.price.checked_sub(stop), "below"),
        Side::Sell => (stop.checked_sub(terms.price), "above"),
    };
    let distance = distance.ok_or(NumberError::Overflow {
        operation: "price − stop",
    })?;
    if distance <= Decimal::ZERO {
        return Err(SizingError::StopOnWrongSide {
            stop,
            price: terms.price,
            side: word,
        });
    }
    let allowed = times(terms.equity, share("risk", risk)?)?;
    terms.of_quantity(over(allowed, times(distance, terms.multiplier)?)?)
}
