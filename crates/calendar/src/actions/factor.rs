//! What one corporate action multiplies earlier prices and sizes by.

use rust_decimal::{Decimal, RoundingStrategy};
use tradewind_types::record::{ActionKind, CorporateAction, Ratio};
use tradewind_types::{Money, UnixNanos};

/// What bars and trades before `effective` are multiplied by, to be comparable with those after.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HistoryFactor {
    /// What is earlier is adjusted.
    pub effective: UnixNanos,
    /// For prices.
    pub price: Decimal,
    /// For sizes.
    pub size: Decimal,
}

/// Decimals of a factor.
const FACTOR_DECIMALS: u32 = 12;

/// Factors of an action; `close` is the last close before it in the currency that the instrument is quoted in, which actions
/// that take value out need (dividends, rights). `None` when the action has none, needs a close that is not known, or pays in
/// another currency than that of the close: currencies never mix without a dated rate.
///
/// | action | price factor | size factor |
/// | --- | --- | --- |
/// | split `n` for `h` | h / n | n / h |
/// | bonus, stock dividend of `n` per `h` | h / (h + n) | (h + n) / h |
/// | rights of `n` per `h` at `p` | (h·close + n·p) / ((h + n)·close) | 1 |
/// | cash dividend `d` | 1 − d / close | 1 |
/// | spin-off of a fraction `f` of the value | 1 − f | 1 |
///
/// Factors half even to 12 decimals. Source: the back-adjustment that CRSP describes ("Adjustment methodology", data descriptions
/// guide), with the theoretical ex-rights price for rights.
#[must_use]
pub fn history_factor(action: &CorporateAction, close: Option<Money>) -> Option<HistoryFactor> {
    let number = |n: u32| Decimal::from(n);
    let round = |d: Decimal| d.round_dp_with_strategy(FACTOR_DECIMALS, RoundingStrategy::MidpointNearestEven);
    let divide = |a: Decimal, b: Decimal| a.checked_div(b).map(round);
    let close = close.filter(|c| c.amount > Decimal::ZERO);
    let (price, size) = match &action.kind {
        ActionKind::Split {
            ratio: Ratio { new, held },
        } => {
            let (n, h) = (number(*new), number(*held));
            (divide(h, n)?, divide(n, h)?)
        }
        ActionKind::Bonus {
            ratio: Ratio { new, held },
        }
        | ActionKind::StockDividend {
            ratio: Ratio { new, held },
        } => {
            let (h, all) = (number(*held), number(*held).checked_add(number(*new))?);
            (divide(h, all)?, divide(all, h)?)
        }
        ActionKind::Rights {
            ratio: Ratio { new, held },
            price,
            ..
        } => {
            let (close, n, h) = (close?.amount, number(*new), number(*held));
            let worth = h
                .checked_mul(close)?
                .checked_add(n.checked_mul(price.decimal())?)?;
            let all = h.checked_add(n)?.checked_mul(close)?;
            (divide(worth, all)?, Decimal::ONE)
        }
        ActionKind::CashDividend { per_unit, .. } => {
            let close = close.filter(|c| c.currency == per_unit.currency)?;
            let share = per_unit.amount.checked_div(close.amount)?;
            (round(Decimal::ONE.checked_sub(share)?), Decimal::ONE)
        }
        ActionKind::SpinOff { cost_fraction, .. } => {
            (Decimal::ONE.checked_sub(*cost_fraction)?, Decimal::ONE)
        }
        ActionKind::Merger { .. } | ActionKind::SymbolChange { .. } | ActionKind::Delisting { .. } => {
            return None;
        }
    };
    (price > Decimal::ZERO).then_some(HistoryFactor {
        effective: action.effective,
        price,
        size,
    })
}
