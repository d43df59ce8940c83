//! What a corporate action means for orders that rest. What it means for price histories is the calendar's matter.

use rust_decimal::Decimal;
use tradewind_types::record::{ActionKind, CorporateAction};
use tradewind_types::{InstrumentId, Price, Quantity};

use tradewind_types::exact::round_money;

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
