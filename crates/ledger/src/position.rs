//! Positions: who holds how much of an instrument, in which lots, at what cost, with what result so far.
//!
//! A position belongs to a strategy, or to nobody in particular when traded by hand; the account's position in
//! an instrument is the sum. Lots close within their owner by the account's method (first in, first out unless
//! it says otherwise). In the hedging mode an owner has a long and a short position side by side. Beside the
//! lots runs the average-cost method, for people who reckon that way: both see the same flows, and agree
//! whenever flat.

use std::collections::VecDeque;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use tradewind_types::record::PositionBook;
use tradewind_types::{Currency, EntryId, InstrumentId, Price, StrategyId, UnixNanos};

use tradewind_types::exact::round_money;

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
    /// When it was opened; a corporate action keeps the date.
    pub opened: UnixNanos,
}

/// The average-cost method: closing takes cost in proportion instead of a lot's.
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
    /// Netted, or the long or short one of the hedging mode.
    pub book: PositionBook,
    /// Long > 0, short < 0.
    pub quantity: Decimal,
    /// Σ cost of the open lots.
    pub cost: Decimal,
    /// Realised over the lots, without fees.
    pub realised: Decimal,
    /// Fees paid, net of rebates.
    pub fees: Decimal,
    /// Dividends, funding and interest attributed to it, net of tax withheld.
    pub income: Decimal,
    /// Σ bought by fills.
    pub bought: Decimal,
    /// Σ sold by fills.
    pub sold: Decimal,
    /// Σ that came (> 0) or went (< 0) otherwise: corporate actions, reversals, allocations.
    pub adjusted: Decimal,
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
    /// Long > 0, short < 0; in the hedging mode long and short offset each other here.
    pub quantity: Decimal,
    /// Σ cost of the open lots.
    pub cost: Decimal,
    /// Realised over the lots, without fees.
    pub realised: Decimal,
    /// Fees paid, net of rebates.
    pub fees: Decimal,
    /// Dividends, funding and interest attributed to it, net of tax withheld.
    pub income: Decimal,
}

/// The account's open position in an instrument, or one side of it in the hedging mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenSide<'a> {
    /// The instrument.
    pub instrument: &'a InstrumentId,
    /// Netted, long or short.
    pub book: PositionBook,
    /// Currency of the cost.
    pub currency: Currency,
    /// Long > 0, short < 0; never 0.
    pub quantity: Decimal,
    /// Σ cost of the open lots.
    pub cost: Decimal,
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
    pub(crate) fn new(currency: Currency) -> Self {
        let zero = Decimal::ZERO;
        Self {
            currency,
            quantity: zero,
            cost: zero,
            realised: zero,
            fees: zero,
            income: zero,
        }
    }

    /// Average cost per unit of what is open, over the lots; `None` when flat.
    #[must_use]
    pub fn average_cost(&self) -> Option<Decimal> {
        per_unit(self.cost, self.quantity)
    }
}

impl Position {
    pub(crate) fn new(strategy: Option<StrategyId>, book: PositionBook) -> Self {
        let zero = Decimal::ZERO;
        Self {
            strategy,
            book,
            quantity: zero,
            cost: zero,
            realised: zero,
            fees: zero,
            income: zero,
            bought: zero,
            sold: zero,
            adjusted: zero,
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
        Self {
            net: NetPosition::new(currency),
            owners: Vec::new(),
        }
    }

    /// Index of an owner's position in a book.
    pub(crate) fn slot(&self, strategy: Option<&StrategyId>, book: PositionBook) -> Option<usize> {
        self.owners
            .iter()
            .position(|p| p.book == book && p.strategy.as_ref() == strategy)
    }

    pub(crate) fn owner(&self, strategy: Option<&StrategyId>, book: PositionBook) -> Option<&Position> {
        self.slot(strategy, book).map(|at| &self.owners[at])
    }
}
