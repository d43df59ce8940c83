//! Lots closing and opening: decided once by [`lots_of_fill`] when an entry is made, checked and carried out by
//! [`Plan`] when it is folded in.

use rust_decimal::Decimal;
use tradewind_types::num::NumberError;
use tradewind_types::record::{LotChange, PositionChange};
use tradewind_types::{EntryId, InstrumentId, Price};

use crate::error::LedgerError;
use crate::exact::{add, round_money, sub, value};
use crate::position::{AverageCost, Lot, Position};

/// What a fill does to lots and sums, worked out before anything is changed.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// Index of a lot, what stays open of it, and the cost of that.
    kept: Vec<(usize, Decimal, Decimal)>,
    opened: Option<Lot>,
    pub(crate) quantity: Decimal,
    pub(crate) cost: Decimal,
    pub(crate) realised: Decimal,
    average: AverageCost,
    bought: Decimal,
    sold: Decimal,
    /// Σ cost of lots opened minus Σ cost of lots closed.
    pub(crate) cost_change: Decimal,
    pub(crate) realised_change: Decimal,
}

impl Plan {
    /// Checks a recorded change against a position and computes what follows from it.
    pub(crate) fn of(
        position: &Position,
        change: &PositionChange,
        entry: &EntryId,
    ) -> Result<Plan, LedgerError> {
        let contradiction = |what| LedgerError::Contradiction {
            entry: entry.clone(),
            what,
        };
        let mut plan = Plan {
            average: position.average,
            ..Plan::default()
        };
        let (mut moved, mut left) = (Decimal::ZERO, position.quantity);
        for lot in &change.lots {
            match lot {
                LotChange::Closed {
                    lot,
                    quantity,
                    cost,
                    realised,
                } => {
                    if plan.opened.is_some() {
                        return Err(contradiction("a lot is closed after one was opened"));
                    }
                    plan.close(position, change, lot, *quantity, *cost)?;
                    plan.average_close(left, *quantity, add(*cost, *realised)?)?;
                    plan.cost_change = sub(plan.cost_change, *cost)?;
                    plan.realised_change = add(plan.realised_change, *realised)?;
                    moved = sub(moved, *quantity)?;
                    left = sub(left, *quantity)?;
                }
                LotChange::Opened {
                    quantity,
                    price,
                    cost,
                } => {
                    let turns = !left.is_zero() && left.is_sign_negative() != quantity.is_sign_negative();
                    if plan.opened.is_some() || quantity.is_zero() || turns {
                        return Err(contradiction(
                            "a lot is opened twice, empty, or against the position",
                        ));
                    }
                    plan.opened = Some(Lot {
                        id: entry.clone(),
                        quantity: *quantity,
                        price: *price,
                        cost: *cost,
                    });
                    plan.average.cost = add(plan.average.cost, *cost)?;
                    plan.cost_change = add(plan.cost_change, *cost)?;
                    moved = add(moved, *quantity)?;
                }
            }
        }
        if moved != change.quantity || moved.is_zero() {
            return Err(contradiction("the lots do not sum to the change of the position"));
        }
        plan.quantity = add(position.quantity, moved)?;
        plan.cost = add(position.cost, plan.cost_change)?;
        plan.realised = add(position.realised, plan.realised_change)?;
        let (bought, sold) = if moved > Decimal::ZERO {
            (moved, Decimal::ZERO)
        } else {
            (Decimal::ZERO, -moved)
        };
        plan.bought = add(position.bought, bought)?;
        plan.sold = add(position.sold, sold)?;
        Ok(plan)
    }

    fn close(
        &mut self,
        position: &Position,
        change: &PositionChange,
        id: &EntryId,
        quantity: Decimal,
        cost: Decimal,
    ) -> Result<(), LedgerError> {
        let refuse = |open| LedgerError::NoSuchLot {
            lot: id.clone(),
            instrument: change.instrument.clone(),
            quantity,
            open,
        };
        // First in, first out: the next lot is nearly always the right one.
        let guess = self.kept.len();
        let at = match position.lots.get(guess) {
            Some(lot) if lot.id == *id => guess,
            _ => position
                .lots
                .iter()
                .position(|l| l.id == *id)
                .ok_or_else(|| refuse(Decimal::ZERO))?,
        };
        let lot = &position.lots[at];
        // Recorded in the order of the lots, so that none comes twice.
        let again = self.kept.last().is_some_and(|(last, ..)| at <= *last);
        let against = lot.quantity.is_sign_negative() != quantity.is_sign_negative();
        if again || against || quantity.is_zero() || quantity.abs() > lot.quantity.abs() {
            return Err(refuse(lot.quantity));
        }
        let (left, left_cost) = (sub(lot.quantity, quantity)?, sub(lot.cost, cost)?);
        if left.is_zero() && !left_cost.is_zero() {
            return Err(refuse(lot.quantity));
        }
        self.kept.push((at, left, left_cost));
        Ok(())
    }

    /// Takes cost in proportion out of the average; the last unit takes all that is left.
    fn average_close(&mut self, open: Decimal, quantity: Decimal, exit: Decimal) -> Result<(), LedgerError> {
        let share = if quantity == open {
            self.average.cost
        } else {
            let overflow = NumberError::Overflow {
                operation: "average cost",
            };
            let part = self
                .average
                .cost
                .checked_mul(quantity)
                .and_then(|v| v.checked_div(open));
            round_money(part.ok_or(overflow)?)
        };
        self.average.cost = sub(self.average.cost, share)?;
        self.average.realised = add(self.average.realised, sub(exit, share)?)?;
        Ok(())
    }

    /// Carries the plan out.
    pub(crate) fn carry_out(self, position: &mut Position, fees: Decimal) {
        for (at, quantity, cost) in &self.kept {
            let lot = &mut position.lots[*at];
            (lot.quantity, lot.cost) = (*quantity, *cost);
        }
        while position.lots.front().is_some_and(|lot| lot.quantity.is_zero()) {
            position.lots.pop_front();
        }
        // Closing from the front leaves nothing to look for; anything else is searched.
        if self
            .kept
            .last()
            .is_some_and(|(last, ..)| *last >= self.kept.len())
        {
            position.lots.retain(|lot| !lot.quantity.is_zero());
        }
        position.lots.extend(self.opened);
        position.quantity = self.quantity;
        position.cost = self.cost;
        position.realised = self.realised;
        position.fees = fees;
        position.bought = self.bought;
        position.sold = self.sold;
        position.fills += 1;
        position.average = self.average;
    }
}

/// The lots a fill closes, first in first out, then the lot it opens. Decided once, when the entry is made.
pub(crate) fn lots_of_fill(
    position: Option<&Position>,
    instrument: &InstrumentId,
    quantity: Decimal,
    price: Price,
    multiplier: Decimal,
) -> Result<PositionChange, LedgerError> {
    let mut lots = Vec::new();
    let mut left = quantity;
    let open = position.map(|p| p.lots.iter()).into_iter().flatten();
    let against = |lot: &Lot| lot.quantity.is_sign_negative() != quantity.is_sign_negative();
    for lot in open.take_while(|lot| against(lot)) {
        if left.is_zero() {
            break;
        }
        let closes_all = lot.quantity.abs() <= left.abs();
        let closed = if closes_all { lot.quantity } else { -left };
        let cost = if closes_all {
            lot.cost
        } else {
            value(closed, lot.price.decimal(), multiplier)?
        };
        let exit = value(closed, price.decimal(), multiplier)?;
        lots.push(LotChange::Closed {
            lot: lot.id.clone(),
            quantity: closed,
            cost,
            realised: sub(exit, cost)?,
        });
        left = add(left, closed)?;
    }
    if !left.is_zero() {
        let cost = value(left, price.decimal(), multiplier)?;
        lots.push(LotChange::Opened {
            quantity: left,
            price,
            cost,
        });
    }
    let strategy = position.and_then(|p| p.strategy.clone());
    Ok(PositionChange {
        instrument: instrument.clone(),
        strategy,
        quantity,
        price,
        lots,
    })
}
