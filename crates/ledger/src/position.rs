//! Positions: who holds how much of an instrument, in which lots, at what cost, with what result so far.
//!
//! A position belongs to a strategy, or to nobody in particular when traded by hand; the account's position in
//! an instrument is the sum. Lots close first in, first out, within their owner. Beside the lots runs the
//! average-cost method, for people who reckon that way: both see the same fills, and agree whenever flat.

use std::collections::VecDeque;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tradewind_types::{Currency, EntryId, Price, StrategyId};

use crate::exact::round_money;

/// One tax lot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Lot {
    /// Id of the entry that opened it.
    pub id: EntryId,
    /// What is still open of it: long > 0, short < 0.
    pub quantity: Decimal,
    /// Price at which it was opened.
    pub price: Price,
    /// Cost of what is still open, in quote currency, signed as the quantity, without fees.
    pub cost: Decimal,
}

/// The average-cost method: closing takes cost in proportion instead of the oldest lot's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct AverageCost {
    /// Cost of what is open, signed as the quantity, without fees.
    pub cost: Decimal,
    /// Realised result under this method, without fees.
    pub realised: Decimal,
}

/// What one owner holds of one instrument.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Position {
    /// The strategy that owns it; `None` = by hand.
    pub strategy: Option<StrategyId>,
    /// Long > 0, short < 0.
    pub quantity: Decimal,
    /// Σ cost of the open lots.
    pub cost: Decimal,
    /// Realised by first in, first out, without fees.
    pub realised: Decimal,
    /// Fees paid, net of rebates.
    pub fees: Decimal,
    /// Σ bought.
    pub bought: Decimal,
    /// Σ sold.
    pub sold: Decimal,
    /// Number of fills.
    pub fills: u64,
    /// Open lots, oldest first.
    pub lots: VecDeque<Lot>,
    /// The same by the average-cost method.
    pub average: AverageCost,
}

/// The account's position in an instrument: the sum over its owners.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NetPosition {
    /// Currency of cost, result and fees.
    pub currency: Currency,
    /// Long > 0, short < 0.
    pub quantity: Decimal,
    /// Σ cost of the open lots.
    pub cost: Decimal,
    /// Realised by first in, first out, without fees.
    pub realised: Decimal,
    /// Fees paid, net of rebates.
    pub fees: Decimal,
}

/// Cost per unit (the multiplier included), half even to 12 decimals; `None` when flat.
fn per_unit(cost: Decimal, quantity: Decimal) -> Option<Decimal> {
    if quantity.is_zero() {
        None
    } else {
        cost.checked_div(quantity).map(round_money)
    }
}

impl NetPosition {
    /// Average cost per unit of what is open, over the lots; `None` when flat.
    #[must_use]
    pub fn average_cost(&self) -> Option<Decimal> {
        per_unit(self.cost, self.quantity)
    }
}

impl Position {
    pub(crate) fn new(strategy: Option<StrategyId>) -> Self {
        Self {
            strategy,
            quantity: Decimal::ZERO,
            cost: Decimal::ZERO,
            realised: Decimal::ZERO,
            fees: Decimal::ZERO,
            bought: Decimal::ZERO,
            sold: Decimal::ZERO,
            fills: 0,
            lots: VecDeque::new(),
            average: AverageCost::default(),
        }
    }

    /// Average cost per unit over the open lots; `None` when flat.
    #[must_use]
    pub fn average_cost(&self) -> Option<Decimal> {
        per_unit(self.cost, self.quantity)
    }

    /// Average cost per unit by the average-cost method; `None` when flat.
    #[must_use]
    pub fn average_cost_method(&self) -> Option<Decimal> {
        per_unit(self.average.cost, self.quantity)
    }
}

/// The account's owners and sum in one instrument.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct InstrumentPositions {
    pub(crate) net: NetPosition,
    /// In order of their first fill.
    pub(crate) owners: Vec<Position>,
}

impl InstrumentPositions {
    pub(crate) fn new(currency: Currency) -> Self {
        let zero = Decimal::ZERO;
        let net = NetPosition {
            currency,
            quantity: zero,
            cost: zero,
            realised: zero,
            fees: zero,
        };
        Self {
            net,
            owners: Vec::new(),
        }
    }

    pub(crate) fn owner(&self, strategy: Option<&StrategyId>) -> Option<&Position> {
        self.owners.iter().find(|p| p.strategy.as_ref() == strategy)
    }
}
