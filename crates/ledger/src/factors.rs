//! What a corporate action means for what is not in the ledger: price histories, and orders that rest.

use rust_decimal::Decimal;
use tradewind_types::record::{ActionKind, CorporateAction, Ratio};
use tradewind_types::{InstrumentId, Price, Quantity, UnixNanos};

use crate::exact::round_money;

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

/// Factors of an action; `close` is the last close before it, which actions that take value out need (dividends,
/// rights, spin-offs). `None` when the action has none, or needs a close that is not known.
///
/// | action | price factor |
/// | --- | --- |
/// | split `n` for `h` | h / n |
/// | bonus, stock dividend of `n` per `h` | h / (h + n) |
/// | rights of `n` per `h` at `p` | (h·close + n·p) / ((h + n)·close) |
/// | cash dividend `d` | 1 − d / close |
/// | spin-off of a fraction `f` of the value | 1 − f |
///
/// Prices and sizes half even to 12 decimals.
#[must_use]
pub fn history_factor(action: &CorporateAction, close: Option<Decimal>) -> Option<HistoryFactor> {
    let number = |n: u32| Decimal::from(n);
    let divide = |a: Decimal, b: Decimal| a.checked_div(b).map(round_money);
    let close = close.filter(|c| *c > Decimal::ZERO);
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
            let (close, n, h) = (close?, number(*new), number(*held));
            let worth = h
                .checked_mul(close)?
                .checked_add(n.checked_mul(price.decimal())?)?;
            (
                divide(worth, h.checked_add(n)?.checked_mul(close)?)?,
                Decimal::ONE,
            )
        }
        ActionKind::CashDividend { per_unit, .. } => {
            let share = per_unit.amount.checked_div(close?)?;
            (round_money(Decimal::ONE.checked_sub(share)?), Decimal::ONE)
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

/// What becomes of an order that rests when an action takes effect.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum OrderAdjustment {
    /// It stays as it is.
    Keep,
    /// It gets these figures; both have to be brought to the instrument's steps.
    Replace {
        /// Limit or trigger price.
        price: Option<Price>,
        /// Quantity still open.
        quantity: Quantity,
    },
    /// It is for another instrument now, with these figures.
    Move {
        /// The other instrument.
        into: InstrumentId,
        /// Limit or trigger price.
        price: Option<Price>,
        /// Quantity still open.
        quantity: Quantity,
    },
    /// It is canceled, for this reason.
    Cancel {
        /// For people.
        reason: &'static str,
    },
}

/// What an action makes of an order with `quantity` still open at `price` (limit or trigger, `None` = market).
///
/// Splits, bonuses and stock dividends scale both; a cash dividend lowers nothing (limits are the owner's word, as
/// at most brokers that keep them); a symbol change moves the order; what changes the nature of the instrument
/// (merger, spin-off, rights, delisting) cancels it. So does a figure that does not fit or rounds to nothing.
#[must_use]
pub fn adjust_order(action: &CorporateAction, price: Option<Price>, quantity: Quantity) -> OrderAdjustment {
    let scaled = |new: u32, held: u32| {
        let (n, h) = (Decimal::from(new), Decimal::from(held));
        let times = |value: Decimal, by: Decimal, over: Decimal| {
            value
                .checked_mul(by)
                .and_then(|v| v.checked_div(over))
                .map(round_money)
        };
        let quantity = times(quantity.decimal(), n, h).and_then(|q| Quantity::new(q).ok());
        let moved = price.map(|p| times(p.decimal(), h, n).and_then(|p| Price::new(p).ok()));
        match (quantity, moved) {
            (Some(quantity), None) => OrderAdjustment::Replace {
                price: None,
                quantity,
            },
            (Some(quantity), Some(Some(price))) => OrderAdjustment::Replace {
                price: Some(price),
                quantity,
            },
            _ => OrderAdjustment::Cancel {
                reason: "its price or quantity cannot be adjusted to the corporate action",
            },
        }
    };
    match &action.kind {
        ActionKind::Split { ratio } => scaled(ratio.new, ratio.held),
        ActionKind::Bonus { ratio } | ActionKind::StockDividend { ratio } => {
            match ratio.new.checked_add(ratio.held) {
                Some(all) => scaled(all, ratio.held),
                None => OrderAdjustment::Cancel {
                    reason: "its price or quantity cannot be adjusted to the corporate action",
                },
            }
        }
        ActionKind::CashDividend { .. } => OrderAdjustment::Keep,
        ActionKind::SymbolChange { into } => OrderAdjustment::Move {
            into: into.clone(),
            price,
            quantity,
        },
        ActionKind::Rights { .. } => OrderAdjustment::Cancel {
            reason: "a rights issue changes what a share is worth",
        },
        ActionKind::Merger { .. } => OrderAdjustment::Cancel {
            reason: "the instrument was merged",
        },
        ActionKind::SpinOff { .. } => OrderAdjustment::Cancel {
            reason: "a spin-off changes what a share is worth",
        },
        ActionKind::Delisting { .. } => OrderAdjustment::Cancel {
            reason: "the instrument was delisted",
        },
    }
}
