//! Lots closing and opening: decided once by [`lots_of_fill`] when an entry is made, checked and carried out by
//! [`Plan`] when it is folded in.

use rust_decimal::Decimal;
use smallvec::SmallVec;
use tradewind_types::num::NumberError;
use tradewind_types::record::{Acquired, EntryKind, LedgerEntry, LotChange, PositionBook, PositionChange};
use tradewind_types::{EntryId, InstrumentId, Price, UnixNanos};

use crate::error::LedgerError;
use crate::position::{AverageCost, Lot, Position};
use tradewind_types::exact::{add, round_money, sub, value};

/// A lot that stays in the list, with its figures afterwards.
#[derive(Debug, PartialEq)]
struct Kept {
    at: usize,
    quantity: Decimal,
    price: Price,
    cost: Decimal,
}

/// What an entry does to lots and sums of one position, worked out before anything is changed.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Plan {
    kept: SmallVec<[Kept; 2]>,
    restored: SmallVec<[Lot; 1]>,
    opened: Option<Lot>,
    pub(crate) quantity: Decimal,
    pub(crate) cost: Decimal,
    pub(crate) realised: Decimal,
    average: AverageCost,
    bought: Decimal,
    sold: Decimal,
    adjusted: Decimal,
    fills: u64,
    /// Σ cost that came minus Σ cost that left.
    pub(crate) cost_change: Decimal,
    pub(crate) realised_change: Decimal,
    /// Position after the lot changes so far.
    left: Decimal,
}

fn opposite(a: Decimal, b: Decimal) -> bool {
    !a.is_zero() && !b.is_zero() && a.is_sign_negative() != b.is_sign_negative()
}

fn contradiction(entry: &LedgerEntry, what: &'static str) -> LedgerError {
    LedgerError::Contradiction {
        entry: entry.id.clone(),
        what,
    }
}

impl Plan {
    /// Checks a recorded change against a position and computes what follows from it.
    pub(crate) fn of(
        position: &Position,
        change: &PositionChange,
        entry: &LedgerEntry,
    ) -> Result<Plan, LedgerError> {
        let mut plan = Plan {
            average: position.average,
            left: position.quantity,
            ..Plan::default()
        };
        for lot in &change.lots {
            plan.step(position, change, entry, lot)?;
        }
        plan.finish(position, change, entry)?;
        Ok(plan)
    }

    fn step(
        &mut self,
        position: &Position,
        change: &PositionChange,
        entry: &LedgerEntry,
        lot: &LotChange,
    ) -> Result<(), LedgerError> {
        match lot {
            LotChange::Closed {
                lot,
                quantity,
                cost,
                realised,
                ..
            } => {
                if self.opened.is_some() {
                    return Err(contradiction(entry, "a lot is closed after one was opened"));
                }
                self.close(position, change, lot, *quantity, *cost)?;
                self.average_close(*quantity, add(*cost, *realised)?)?;
                self.cost_change = sub(self.cost_change, *cost)?;
                self.realised_change = add(self.realised_change, *realised)?;
                self.left = sub(self.left, *quantity)?;
            }
            LotChange::Opened {
                quantity,
                price,
                cost,
            } => {
                if self.opened.is_some() || quantity.is_zero() || opposite(self.left, *quantity) {
                    let what = "a lot is opened twice, empty, or against the position";
                    return Err(contradiction(entry, what));
                }
                self.opened = Some(Lot {
                    id: entry.id.clone(),
                    quantity: *quantity,
                    price: *price,
                    cost: *cost,
                    opened: entry.ts,
                });
                self.average.cost = add(self.average.cost, *cost)?;
                self.cost_change = add(self.cost_change, *cost)?;
                self.left = add(self.left, *quantity)?;
            }
            LotChange::Restored { .. } => self.restore(position, entry, lot)?,
            LotChange::Adjusted { .. } => self.adjust(position, change, entry, lot)?,
        }
        Ok(())
    }

    fn find(&self, position: &Position, id: &EntryId) -> Option<usize> {
        // First in, first out: the next lot is nearly always the right one.
        let guess = self.kept.len();
        match position.lots.get(guess) {
            Some(lot) if lot.id == *id => Some(guess),
            _ => position.lots.iter().position(|l| l.id == *id),
        }
    }

    fn again(&self, at: usize) -> bool {
        self.kept.last().is_some_and(|last| at <= last.at) && self.kept.iter().any(|k| k.at == at)
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
        let at = self.find(position, id).ok_or_else(|| refuse(Decimal::ZERO))?;
        let lot = &position.lots[at];
        let against = opposite(lot.quantity, quantity);
        if self.again(at) || against || quantity.is_zero() || quantity.abs() > lot.quantity.abs() {
            return Err(refuse(lot.quantity));
        }
        let (left, left_cost) = (sub(lot.quantity, quantity)?, sub(lot.cost, cost)?);
        if left.is_zero() && !left_cost.is_zero() {
            return Err(refuse(lot.quantity));
        }
        self.kept.push(Kept {
            at,
            quantity: left,
            price: lot.price,
            cost: left_cost,
        });
        Ok(())
    }

    fn restore(
        &mut self,
        position: &Position,
        entry: &LedgerEntry,
        change: &LotChange,
    ) -> Result<(), LedgerError> {
        let LotChange::Restored {
            lot: id,
            quantity,
            price,
            cost,
            opened,
            realised,
        } = change
        else {
            return Ok(());
        };
        if quantity.is_zero() || opposite(self.left, *quantity) {
            let what = "a lot comes back empty, or against the position";
            return Err(contradiction(entry, what));
        }
        match self.find(position, id) {
            Some(at) if self.again(at) => return Err(contradiction(entry, "a lot comes back twice")),
            Some(at) => {
                let lot = &position.lots[at];
                self.kept.push(Kept {
                    at,
                    quantity: add(lot.quantity, *quantity)?,
                    price: lot.price,
                    cost: add(lot.cost, *cost)?,
                });
            }
            None => self.restored.push(Lot {
                id: id.clone(),
                quantity: *quantity,
                price: *price,
                cost: *cost,
                opened: *opened,
            }),
        }
        self.left = add(self.left, *quantity)?;
        self.average.cost = add(self.average.cost, *cost)?;
        self.average.realised = sub(self.average.realised, *realised)?;
        self.cost_change = add(self.cost_change, *cost)?;
        self.realised_change = sub(self.realised_change, *realised)?;
        Ok(())
    }

    fn adjust(
        &mut self,
        position: &Position,
        change: &PositionChange,
        entry: &LedgerEntry,
        lot_change: &LotChange,
    ) -> Result<(), LedgerError> {
        let LotChange::Adjusted {
            lot: id,
            quantity,
            price,
            cost,
        } = lot_change
        else {
            return Ok(());
        };
        let refuse = |open| LedgerError::NoSuchLot {
            lot: id.clone(),
            instrument: change.instrument.clone(),
            quantity: *quantity,
            open,
        };
        let at = self.find(position, id).ok_or_else(|| refuse(Decimal::ZERO))?;
        let lot = &position.lots[at];
        if self.again(at) || opposite(lot.quantity, *quantity) {
            return Err(refuse(lot.quantity));
        }
        if quantity.is_zero() && !cost.is_zero() {
            return Err(contradiction(entry, "a lot without quantity keeps a cost"));
        }
        let change_of_cost = sub(*cost, lot.cost)?;
        self.left = add(self.left, sub(*quantity, lot.quantity)?)?;
        self.average.cost = add(self.average.cost, change_of_cost)?;
        self.cost_change = add(self.cost_change, change_of_cost)?;
        self.kept.push(Kept {
            at,
            quantity: *quantity,
            price: *price,
            cost: *cost,
        });
        Ok(())
    }

    /// Takes cost in proportion out of the average; the last unit takes all that is left.
    fn average_close(&mut self, quantity: Decimal, exit: Decimal) -> Result<(), LedgerError> {
        let share = if quantity == self.left {
            self.average.cost
        } else {
            proportion(self.average.cost, quantity, self.left)?
        };
        self.average.cost = sub(self.average.cost, share)?;
        self.average.realised = add(self.average.realised, sub(exit, share)?)?;
        Ok(())
    }

    fn finish(
        &mut self,
        position: &Position,
        change: &PositionChange,
        entry: &LedgerEntry,
    ) -> Result<(), LedgerError> {
        let moved = sub(self.left, position.quantity)?;
        let fill = entry.kind == EntryKind::Fill;
        if moved != change.quantity || (fill && moved.is_zero()) {
            return Err(contradiction(
                entry,
                "the lots do not sum to the change of the position",
            ));
        }
        let wrong_side = match change.book {
            PositionBook::Net => false,
            PositionBook::Long => self.left < Decimal::ZERO,
            PositionBook::Short => self.left > Decimal::ZERO,
        };
        if wrong_side {
            return Err(contradiction(
                entry,
                "a long position goes below zero or a short one above",
            ));
        }
        self.quantity = self.left;
        self.cost = add(position.cost, self.cost_change)?;
        self.realised = add(position.realised, self.realised_change)?;
        (self.bought, self.sold, self.adjusted) = (position.bought, position.sold, position.adjusted);
        if !fill {
            self.adjusted = add(self.adjusted, moved)?;
        } else if moved > Decimal::ZERO {
            self.bought = add(self.bought, moved)?;
        } else {
            self.sold = sub(self.sold, moved)?;
        }
        self.fills = position.fills + u64::from(fill);
        Ok(())
    }

    /// Carries the plan out.
    pub(crate) fn carry_out(self, position: &mut Position, fees: Decimal) {
        let mut gone = 0usize;
        for kept in &self.kept {
            let lot = &mut position.lots[kept.at];
            (lot.quantity, lot.price, lot.cost) = (kept.quantity, kept.price, kept.cost);
            gone += usize::from(kept.quantity.is_zero());
        }
        while position.lots.front().is_some_and(|lot| lot.quantity.is_zero()) {
            position.lots.pop_front();
            gone -= 1;
        }
        // Closing from the front leaves nothing to look for; anything else is searched.
        if gone > 0 {
            position.lots.retain(|lot| !lot.quantity.is_zero());
        }
        for lot in self.restored {
            let at = position.lots.partition_point(|other| other.opened <= lot.opened);
            position.lots.insert(at, lot);
        }
        if let Some(lot) = self.opened {
            // Nearly always the newest; a statement may bring an older one.
            match position.lots.back() {
                Some(last) if last.opened > lot.opened => {
                    let at = position.lots.partition_point(|other| other.opened <= lot.opened);
                    position.lots.insert(at, lot);
                }
                _ => position.lots.push_back(lot),
            }
        }
        position.quantity = self.quantity;
        position.cost = self.cost;
        position.realised = self.realised;
        position.fees = fees;
        position.bought = self.bought;
        position.sold = self.sold;
        position.adjusted = self.adjusted;
        position.fills = self.fills;
        position.average = self.average;
    }
}

/// `whole × part / of`, rounded as money.
pub(crate) fn proportion(whole: Decimal, part: Decimal, of: Decimal) -> Result<Decimal, LedgerError> {
    let overflow = NumberError::Overflow {
        operation: "a share in proportion",
    };
    // Multiplying first keeps what divides evenly exact; where the product does not fit, divide first.
    let share = whole
        .checked_mul(part)
        .and_then(|v| v.checked_div(of))
        .or_else(|| part.checked_div(of).and_then(|v| v.checked_mul(whole)));
    Ok(round_money(share.ok_or(overflow)?))
}

/// The cost that leaves a lot with a part of it: the part's own price where the lot's cost is plainly
/// quantity × price, in proportion where a corporate action or rounding made it otherwise.
fn cost_of_part(lot: &Lot, part: Decimal, multiplier: Decimal) -> Result<Decimal, LedgerError> {
    if part == lot.quantity {
        return Ok(lot.cost);
    }
    if value(lot.quantity, lot.price.decimal(), multiplier)? == lot.cost {
        return Ok(value(part, lot.price.decimal(), multiplier)?);
    }
    proportion(lot.cost, part, lot.quantity)
}

/// What a part of a lot that closes at `price` is recorded as.
pub(crate) fn closed(
    lot: &Lot,
    part: Decimal,
    price: Decimal,
    multiplier: Decimal,
) -> Result<LotChange, LedgerError> {
    let cost = cost_of_part(lot, part, multiplier)?;
    let exit = value(part, price, multiplier)?;
    Ok(LotChange::Closed {
        lot: lot.id.clone(),
        quantity: part,
        cost,
        realised: sub(exit, cost)?,
        acquired: Some(acquired(lot)),
    })
}

/// Date and price of a lot.
pub(crate) fn acquired(lot: &Lot) -> Acquired {
    Acquired {
        ts: lot.opened,
        price: lot.price,
    }
}

/// A fill as the lots see it.
#[derive(Clone, Copy)]
pub(crate) struct Trade<'a> {
    pub(crate) instrument: &'a InstrumentId,
    /// Bought > 0, sold < 0.
    pub(crate) quantity: Decimal,
    pub(crate) price: Price,
    pub(crate) multiplier: Decimal,
    pub(crate) book: PositionBook,
}

/// The lots a fill closes, by the given choice, then the lot it opens. Decided once, when the entry is made.
pub(crate) fn lots_of_fill(
    position: Option<&Position>,
    trade: Trade<'_>,
    choice: impl Fn(&Position, Decimal) -> SmallVec<[(usize, Decimal); 2]>,
) -> Result<PositionChange, LedgerError> {
    let mut lots = Vec::with_capacity(1);
    let mut left = trade.quantity;
    if let Some(position) = position.filter(|p| opposite(p.quantity, trade.quantity)) {
        let most = trade.quantity.abs().min(position.quantity.abs());
        for (at, part) in choice(position, most) {
            let lot = &position.lots[at];
            let part = if lot.quantity.is_sign_negative() {
                -part
            } else {
                part
            };
            lots.push(closed(lot, part, trade.price.decimal(), trade.multiplier)?);
            left = add(left, part)?;
        }
    }
    if !left.is_zero() {
        lots.push(LotChange::Opened {
            quantity: left,
            price: trade.price,
            cost: value(left, trade.price.decimal(), trade.multiplier)?,
        });
    }
    Ok(PositionChange {
        instrument: trade.instrument.clone(),
        strategy: position.and_then(|p| p.strategy.clone()),
        quantity: trade.quantity,
        price: trade.price,
        lots,
        book: trade.book,
    })
}

/// Id of the n-th lot that an entry brings in.
pub(crate) fn lot_id(entry: &EntryId, n: usize) -> EntryId {
    let text = format!("{entry}.{n}");
    // An entry id of nearly 64 characters leaves no room for the number; then the entry's own id serves.
    EntryId::new(&text).unwrap_or_else(|_| entry.clone())
}

/// What a lot becomes in another place, with its date.
pub(crate) fn carried(
    id: EntryId,
    quantity: Decimal,
    price: Price,
    cost: Decimal,
    opened: UnixNanos,
) -> LotChange {
    LotChange::Restored {
        lot: id,
        quantity,
        price,
        cost,
        opened,
        realised: Decimal::ZERO,
    }
}
