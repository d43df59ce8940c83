//! Corporate actions on positions and lots. Cost is conserved: what a position loses another gains, or is paid for.
//!
//! | action | lots | cost |
//! | --- | --- | --- |
//! | split, bonus, stock dividend | quantity × ratio, same dates | stays, spread over all |
//! | rights | a new lot at the offer price | what is paid comes on top |
//! | cash dividend | untouched | untouched; gross, tax withheld and net cash are booked |
//! | merger | move to the other instrument with their dates; a cash part closes its fraction of the cost | moves, less what the cash is paid for |
//! | spin-off | the new instrument gets lots with the old dates | a fraction moves |
//! | symbol change | move as they are | moves |
//! | delisting | close at the final price | becomes result |
//!
//! Quantities are rounded down to [`MONEY_DECIMALS`] on the running total, so that the lots sum to the position. What
//! is no whole unit afterwards is kept or paid out at a price, by the action's policy. A move between instruments is
//! two entries with one link: cost leaves through `TRANSIT` and arrives from it.

use rust_decimal::Decimal;
use tradewind_types::num::NumberError;
use tradewind_types::record::{
    ActionKind, Attribution, CashKind, CorporateAction, EntryKind, Fractions, LedgerAccount, LedgerEntry,
    LotChange, PositionBook, PositionChange, Posting, Ratio,
};
use tradewind_types::{Currency, InstrumentId, Money, Price, Rounding, StrategyId};

use crate::cash::linked;
use crate::entry::EntryFacts;
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::lots::{acquired, carried, closed, lot_id, proportion};
use crate::position::{Lot, Position};
use tradewind_types::exact::{MONEY_DECIMALS, add, round_money, sub, trim, value};

/// Makes the facts of each further entry: `part` goes into the key, so that each entry has its own.
pub type FactsOf<'a> = dyn FnMut(&str) -> EntryFacts + 'a;

/// What is looked up of the instruments concerned.
#[derive(Clone, Copy, Debug)]
pub struct Multipliers {
    /// Of the instrument acted on.
    pub from: Decimal,
    /// Of the instrument that comes in, if any.
    pub into: Decimal,
}

/// One owner's position, as the work list holds it.
type Owner = (Option<StrategyId>, PositionBook);

impl Ledger {
    /// The entries that an action makes of what the account holds, in the order in which they are to be applied; none
    /// when nothing is held. All of them belong together; they are made on a copy, so that a refusal changes nothing.
    ///
    /// # Errors
    /// [`LedgerError::BadTerms`] for ratios of zero, fractions outside 0..=1, more rights than offered, cash in another
    /// currency than the position; those of applying the entries.
    pub fn corporate_entries(
        &self,
        action: &CorporateAction,
        multipliers: Multipliers,
        link: &str,
        facts: &mut FactsOf<'_>,
    ) -> Result<Vec<LedgerEntry>, LedgerError> {
        check_terms(action)?;
        let mut work = Work {
            ledger: self.clone(),
            action,
            multipliers,
            link,
            made: Vec::new(),
        };
        let Some(book) = self.positions.get(&action.instrument) else {
            return Ok(Vec::new());
        };
        let owners: Vec<Owner> = book
            .owners
            .iter()
            .filter(|p| !p.quantity.is_zero())
            .map(|p| (p.strategy.clone(), p.book))
            .collect();
        let currency = book.net.currency;
        for owner in owners {
            work.one(&owner, currency, facts)?;
        }
        Ok(work.made)
    }
}

fn bad(field: &'static str, message: impl Into<String>) -> LedgerError {
    LedgerError::BadTerms {
        field,
        message: message.into(),
    }
}

fn check_terms(action: &CorporateAction) -> Result<(), LedgerError> {
    let ratio = |r: &Ratio| match (r.new, r.held) {
        (1.., 1..) => Ok(()),
        _ => Err(bad("ratio", "both numbers must be above 0")),
    };
    let fraction = |field, f: Decimal| match f {
        f if f >= Decimal::ZERO && f <= Decimal::ONE => Ok(()),
        f => Err(bad(field, format!("must be 0 to 1, got {f}"))),
    };
    let other = |into: &InstrumentId| match *into == action.instrument {
        true => Err(bad("into", "must be another instrument")),
        false => Ok(()),
    };
    if let Fractions::CashInLieu { step, .. } = action.fractions
        && step <= Decimal::ZERO
    {
        return Err(bad("step", "must be above 0"));
    }
    match &action.kind {
        ActionKind::Split { ratio: r }
        | ActionKind::Bonus { ratio: r }
        | ActionKind::StockDividend { ratio: r } => ratio(r),
        ActionKind::Rights { ratio: r, taken, .. } => {
            ratio(r)?;
            match *taken > Decimal::ZERO {
                true => Ok(()),
                false => Err(bad(
                    "taken",
                    "must be above 0; without taking up there is nothing to book",
                )),
            }
        }
        ActionKind::CashDividend {
            per_unit,
            withholding,
        } => {
            fraction("withholding", *withholding)?;
            match per_unit.amount > Decimal::ZERO {
                true => Ok(()),
                false => Err(bad("per_unit", "must be above 0")),
            }
        }
        ActionKind::Merger {
            stock,
            cash,
            cash_cost_fraction,
        } => {
            fraction("cash_cost_fraction", *cash_cost_fraction)?;
            if let Some((into, r)) = stock {
                other(into)?;
                ratio(r)?;
            }
            let wanted = match (stock.is_some(), cash.is_some()) {
                (false, false) => return Err(bad("stock", "a merger pays stock, cash or both")),
                (true, false) => *cash_cost_fraction == Decimal::ZERO,
                (false, true) => *cash_cost_fraction == Decimal::ONE,
                (true, true) => true,
            };
            match wanted {
                true => Ok(()),
                false => Err(bad(
                    "cash_cost_fraction",
                    "is 1 for cash alone and 0 for stock alone",
                )),
            }
        }
        ActionKind::SpinOff {
            into,
            ratio: r,
            cost_fraction,
        } => {
            other(into)?;
            ratio(r)?;
            fraction("cost_fraction", *cost_fraction)
        }
        ActionKind::SymbolChange { into } => other(into),
        ActionKind::Delisting { .. } => Ok(()),
    }
}

/// The action carried out entry by entry on a copy of the ledger.
struct Work<'a> {
    ledger: Ledger,
    action: &'a CorporateAction,
    multipliers: Multipliers,
    link: &'a str,
    made: Vec<LedgerEntry>,
}

impl Work<'_> {
    fn one(&mut self, owner: &Owner, currency: Currency, facts: &mut FactsOf<'_>) -> Result<(), LedgerError> {
        let action = self.action;
        match &action.kind {
            ActionKind::Split { ratio } => self.multiply(owner, currency, *ratio, facts),
            ActionKind::Bonus { ratio } | ActionKind::StockDividend { ratio } => {
                let held = ratio.held;
                let all = ratio
                    .new
                    .checked_add(held)
                    .ok_or_else(|| bad("ratio", "is too large"))?;
                self.multiply(owner, currency, Ratio { new: all, held }, facts)
            }
            ActionKind::Rights { ratio, price, taken } => {
                self.rights(owner, currency, (*ratio, *price, *taken), facts)
            }
            ActionKind::CashDividend {
                per_unit,
                withholding,
            } => self.dividend(owner, *per_unit, *withholding, facts),
            ActionKind::Merger {
                stock,
                cash,
                cash_cost_fraction,
            } => self.merge(owner, currency, stock.as_ref(), *cash, *cash_cost_fraction, facts),
            ActionKind::SpinOff {
                into,
                ratio,
                cost_fraction,
            } => self.spin_off(owner, currency, into, *ratio, *cost_fraction, facts),
            ActionKind::SymbolChange { into } => {
                let whole = Ratio { new: 1, held: 1 };
                self.merge(
                    owner,
                    currency,
                    Some(&(into.clone(), whole)),
                    None,
                    Decimal::ZERO,
                    facts,
                )
            }
            ActionKind::Delisting { price } => self.close_all(owner, currency, *price, facts),
        }
    }

    fn position(&self, instrument: &InstrumentId, owner: &Owner) -> Result<Position, LedgerError> {
        let found = self.ledger.position_in(instrument, owner.0.as_ref(), owner.1);
        found.cloned().ok_or_else(|| LedgerError::NoMark {
            instrument: instrument.clone(),
        })
    }

    fn book(&mut self, mut entry: LedgerEntry) -> Result<(), LedgerError> {
        entry.postings.retain(|p| !p.amount.is_zero());
        let entry = linked(entry, self.link);
        self.ledger.apply(&entry)?;
        self.made.push(entry);
        Ok(())
    }

    fn entry(
        &self,
        facts: EntryFacts,
        owner: &Owner,
        change: (InstrumentId, Decimal, Price, Vec<LotChange>),
        lines: &[(LedgerAccount, Decimal)],
        currency: Currency,
    ) -> LedgerEntry {
        let (instrument, quantity, price, lots) = change;
        let postings = lines.iter().map(|(account, amount)| Posting {
            account: *account,
            currency,
            amount: trim(*amount),
        });
        let mut entry = self
            .ledger
            .entry(facts, EntryKind::CorporateAction, postings.collect());
        entry.position = Some(PositionChange {
            instrument,
            strategy: owner.0.clone(),
            quantity,
            price,
            lots,
            book: owner.1,
        });
        entry
    }

    /// Split, bonus, stock dividend.
    fn multiply(
        &mut self,
        owner: &Owner,
        currency: Currency,
        ratio: Ratio,
        facts: &mut FactsOf<'_>,
    ) -> Result<(), LedgerError> {
        let instrument = self.action.instrument.clone();
        let position = self.position(&instrument, owner)?;
        let scaled = scaled_lots(&position, ratio)?;
        let mut lots = Vec::with_capacity(scaled.len());
        for (lot, new) in position.lots.iter().zip(&scaled) {
            lots.push(LotChange::Adjusted {
                lot: lot.id.clone(),
                quantity: new.quantity,
                price: new.price,
                cost: new.cost,
            });
        }
        let after = sum(&scaled)?;
        let change = (instrument, sub(after, position.quantity)?, zero_price()?, lots);
        let entry = self.entry(facts(&part(owner, "lots")), owner, change, &[], currency);
        self.book(entry)?;
        let instrument = self.action.instrument.clone();
        self.pay_fraction(&instrument, owner, currency, self.multipliers.from, facts)
    }

    /// Pays out what is no whole number of steps.
    fn pay_fraction(
        &mut self,
        instrument: &InstrumentId,
        owner: &Owner,
        currency: Currency,
        multiplier: Decimal,
        facts: &mut FactsOf<'_>,
    ) -> Result<(), LedgerError> {
        let Fractions::CashInLieu { price, step } = self.action.fractions else {
            return Ok(());
        };
        let position = self.position(instrument, owner)?;
        let rest = position.quantity.checked_rem(step).unwrap_or_default();
        if rest.is_zero() {
            return Ok(());
        }
        // The newest units are the fraction: the oldest stay whole.
        let (mut left, mut lots) = (rest, Vec::new());
        for lot in position.lots.iter().rev() {
            if left.is_zero() {
                break;
            }
            let some = if left.abs() < lot.quantity.abs() {
                left
            } else {
                lot.quantity
            };
            lots.push(closed(lot, some, price.decimal(), multiplier)?);
            left = sub(left, some)?;
        }
        lots.reverse();
        self.close(
            instrument,
            owner,
            currency,
            (rest, price, lots),
            facts,
            "fraction",
        )
    }

    /// Books lots that close for cash.
    fn close(
        &mut self,
        instrument: &InstrumentId,
        owner: &Owner,
        currency: Currency,
        (quantity, price, lots): (Decimal, Price, Vec<LotChange>),
        facts: &mut FactsOf<'_>,
        name: &str,
    ) -> Result<(), LedgerError> {
        let (cost, realised) = crate::entry::flows(&lots)?;
        let lines = [
            (LedgerAccount::PositionCost, cost),
            (LedgerAccount::RealisedPnl, -realised),
            (LedgerAccount::CashAvailable, sub(realised, cost)?),
        ];
        let change = (instrument.clone(), -quantity, price, lots);
        let entry = self.entry(facts(&part(owner, name)), owner, change, &lines, currency);
        self.book(entry)
    }

    fn close_all(
        &mut self,
        owner: &Owner,
        currency: Currency,
        price: Price,
        facts: &mut FactsOf<'_>,
    ) -> Result<(), LedgerError> {
        let instrument = self.action.instrument.clone();
        let position = self.position(&instrument, owner)?;
        let mut lots = Vec::with_capacity(position.lots.len());
        for lot in &position.lots {
            lots.push(closed(lot, lot.quantity, price.decimal(), self.multipliers.from)?);
        }
        self.close(
            &instrument,
            owner,
            currency,
            (position.quantity, price, lots),
            facts,
            "close",
        )
    }

    fn rights(
        &mut self,
        owner: &Owner,
        currency: Currency,
        (ratio, price, taken): (Ratio, Price, Decimal),
        facts: &mut FactsOf<'_>,
    ) -> Result<(), LedgerError> {
        let instrument = self.action.instrument.clone();
        let position = self.position(&instrument, owner)?;
        if position.quantity < Decimal::ZERO {
            return Err(bad(
                "instrument",
                "who is short has no rights to take up; close the position or adjust it",
            ));
        }
        let offered = scale(position.quantity, ratio)?;
        if taken > offered {
            return Err(bad(
                "taken",
                format!("at most {offered} are offered to this holding, got {taken}"),
            ));
        }
        let cost = value(taken, price.decimal(), self.multipliers.from)?;
        let opened = vec![LotChange::Opened {
            quantity: taken,
            price,
            cost,
        }];
        let lines = [
            (LedgerAccount::PositionCost, cost),
            (LedgerAccount::CashAvailable, -cost),
        ];
        let change = (instrument, taken, price, opened);
        let entry = self.entry(facts(&part(owner, "rights")), owner, change, &lines, currency);
        self.book(entry)
    }

    fn dividend(
        &mut self,
        owner: &Owner,
        per_unit: Money,
        withholding: Decimal,
        facts: &mut FactsOf<'_>,
    ) -> Result<(), LedgerError> {
        let instrument = self.action.instrument.clone();
        let position = self.position(&instrument, owner)?;
        let gross = value(position.quantity, per_unit.amount, self.multipliers.from)?;
        if gross.is_zero() {
            return Ok(());
        }
        // Who is short pays the gross amount to the lender.
        let withheld = match gross > Decimal::ZERO {
            true => round_money(gross.checked_mul(withholding).ok_or(overflow("tax withheld"))?),
            false => Decimal::ZERO,
        };
        let about = Attribution {
            instrument: Some(instrument),
            strategy: owner.0.clone(),
        };
        let facts = facts(&part(owner, "dividend"));
        let gross = Money::new(gross, per_unit.currency);
        let entry = self
            .ledger
            .cash_entry(facts, CashKind::Dividend { withheld }, gross, about)?;
        self.book(entry)
    }

    /// Merger and symbol change: everything leaves the old instrument; what is not paid in cash arrives in the new one.
    fn merge(
        &mut self,
        owner: &Owner,
        currency: Currency,
        stock: Option<&(InstrumentId, Ratio)>,
        cash: Option<Money>,
        cash_cost: Decimal,
        facts: &mut FactsOf<'_>,
    ) -> Result<(), LedgerError> {
        let instrument = self.action.instrument.clone();
        let position = self.position(&instrument, owner)?;
        if let Some(other) = cash.filter(|m| m.currency != currency) {
            return Err(LedgerError::OtherCurrency {
                what: "cash of the merger",
                ours: currency,
                theirs: other.currency,
            });
        }
        let per_unit = cash.map_or(Decimal::ZERO, |m| m.amount);
        let (mut paid, mut moving) = (Decimal::ZERO, Vec::with_capacity(position.lots.len()));
        let mut lots = Vec::with_capacity(position.lots.len());
        for lot in &position.lots {
            let proceeds = value(lot.quantity, per_unit, self.multipliers.from)?;
            let paid_for = round_money(lot.cost.checked_mul(cash_cost).ok_or(overflow("cost paid for"))?);
            lots.push(LotChange::Closed {
                lot: lot.id.clone(),
                quantity: lot.quantity,
                cost: lot.cost,
                realised: sub(proceeds, paid_for)?,
                acquired: Some(acquired(lot)),
            });
            paid = add(paid, proceeds)?;
            moving.push(sub(lot.cost, paid_for)?);
        }
        let (cost, realised) = crate::entry::flows(&lots)?;
        let moved = moving.iter().copied().try_fold(Decimal::ZERO, add)?;
        let lines = [
            (LedgerAccount::PositionCost, cost),
            (LedgerAccount::RealisedPnl, -realised),
            (LedgerAccount::CashAvailable, paid),
            (LedgerAccount::Transit, moved),
        ];
        let price = Price::new(per_unit)?;
        let change = (instrument, -position.quantity, price, lots);
        let entry = self.entry(facts(&part(owner, "out")), owner, change, &lines, currency);
        self.book(entry)?;
        match stock {
            Some((into, ratio)) => self.arrive(owner, currency, (into, *ratio), &position, &moving, facts),
            None => Ok(()),
        }
    }

    fn spin_off(
        &mut self,
        owner: &Owner,
        currency: Currency,
        into: &InstrumentId,
        ratio: Ratio,
        fraction: Decimal,
        facts: &mut FactsOf<'_>,
    ) -> Result<(), LedgerError> {
        let instrument = self.action.instrument.clone();
        let position = self.position(&instrument, owner)?;
        let (mut lots, mut moving) = (Vec::new(), Vec::new());
        for lot in &position.lots {
            let moves = round_money(
                lot.cost
                    .checked_mul(fraction)
                    .ok_or(overflow("cost of a spin-off"))?,
            );
            let stays = sub(lot.cost, moves)?;
            lots.push(LotChange::Adjusted {
                lot: lot.id.clone(),
                quantity: lot.quantity,
                price: price_of(stays, lot.quantity, self.multipliers.from, lot.price)?,
                cost: stays,
            });
            moving.push(moves);
        }
        let moved = moving.iter().copied().try_fold(Decimal::ZERO, add)?;
        let lines = [
            (LedgerAccount::PositionCost, -moved),
            (LedgerAccount::Transit, moved),
        ];
        let change = (instrument, Decimal::ZERO, zero_price()?, lots);
        let entry = self.entry(facts(&part(owner, "out")), owner, change, &lines, currency);
        self.book(entry)?;
        self.arrive(owner, currency, (into, ratio), &position, &moving, facts)
    }

    /// Lots of the new instrument with the dates of the old ones and the cost that moves.
    fn arrive(
        &mut self,
        owner: &Owner,
        currency: Currency,
        (into, ratio): (&InstrumentId, Ratio),
        old: &Position,
        moving: &[Decimal],
        facts: &mut FactsOf<'_>,
    ) -> Result<(), LedgerError> {
        let facts_in = facts(&part(owner, "in"));
        let scaled = scaled_lots_with(old, ratio, moving)?;
        let mut lots = Vec::with_capacity(scaled.len());
        for (n, lot) in scaled.iter().filter(|l| !l.quantity.is_zero()).enumerate() {
            let price = price_of(lot.cost, lot.quantity, self.multipliers.into, lot.price)?;
            let id = lot_id(&facts_in.id, n);
            lots.push(carried(id, lot.quantity, price, lot.cost, lot.opened));
        }
        let moved = moving.iter().copied().try_fold(Decimal::ZERO, add)?;
        let lines = [
            (LedgerAccount::PositionCost, moved),
            (LedgerAccount::Transit, -moved),
        ];
        let change = (into.clone(), sum(&scaled)?, zero_price()?, lots);
        let entry = self.entry(facts_in, owner, change, &lines, currency);
        self.book(entry)?;
        self.pay_fraction(into, owner, currency, self.multipliers.into, facts)
    }
}

fn overflow(operation: &'static str) -> NumberError {
    NumberError::Overflow { operation }
}

/// Names an entry of an action by owner and part.
fn part(owner: &Owner, name: &str) -> String {
    let strategy = owner.0.as_ref().map_or("by hand", StrategyId::as_str);
    match owner.1 {
        PositionBook::Net => format!("{strategy}:{name}"),
        PositionBook::Long => format!("{strategy}:long:{name}"),
        PositionBook::Short => format!("{strategy}:short:{name}"),
    }
}

fn zero_price() -> Result<Price, LedgerError> {
    Ok(Price::new(Decimal::ZERO)?)
}

fn sum(lots: &[Lot]) -> Result<Decimal, LedgerError> {
    Ok(lots.iter().map(|l| l.quantity).try_fold(Decimal::ZERO, add)?)
}

/// `quantity × new / held`, rounded towards zero to 12 decimals.
fn scale(quantity: Decimal, ratio: Ratio) -> Result<Decimal, LedgerError> {
    let scaled = quantity
        .checked_mul(Decimal::from(ratio.new))
        .and_then(|v| v.checked_div(Decimal::from(ratio.held)));
    let scaled = scaled.ok_or(overflow("quantity × ratio"))?;
    Ok(trim(Rounding::Down.to_decimals(scaled, MONEY_DECIMALS)))
}

/// Price per unit that a cost comes to, for people; the cost itself is what is reckoned with.
fn price_of(
    cost: Decimal,
    quantity: Decimal,
    multiplier: Decimal,
    other: Price,
) -> Result<Price, LedgerError> {
    let units = quantity.checked_mul(multiplier).filter(|u| !u.is_zero());
    match units.and_then(|units| cost.checked_div(units)) {
        Some(price) => Ok(Price::new(round_money(price))?),
        None => Ok(other),
    }
}

fn scaled_lots(position: &Position, ratio: Ratio) -> Result<Vec<Lot>, LedgerError> {
    let costs: Vec<Decimal> = position.lots.iter().map(|l| l.cost).collect();
    scaled_lots_with(position, ratio, &costs)
}

/// Lots × ratio, rounded on the running total so that they sum to the position × ratio. A lot too small to remain
/// gives its cost to the next.
fn scaled_lots_with(position: &Position, ratio: Ratio, costs: &[Decimal]) -> Result<Vec<Lot>, LedgerError> {
    let (mut before, mut after, mut carry) = (Decimal::ZERO, Decimal::ZERO, Decimal::ZERO);
    let mut lots: Vec<Lot> = Vec::with_capacity(position.lots.len());
    for (lot, cost) in position.lots.iter().zip(costs) {
        before = add(before, lot.quantity)?;
        let total = scale(before, ratio)?;
        let quantity = sub(total, after)?;
        after = total;
        let mut cost = add(*cost, carry)?;
        carry = Decimal::ZERO;
        if quantity.is_zero() {
            (carry, cost) = (cost, Decimal::ZERO);
        }
        let price = scaled_price(lot.price, ratio)?;
        lots.push(Lot {
            quantity,
            price,
            cost,
            ..lot.clone()
        });
    }
    if !carry.is_zero() {
        let last = lots.iter_mut().rev().find(|l| !l.quantity.is_zero());
        let last = last.ok_or_else(|| {
            bad(
                "ratio",
                "nothing would be left of the position; settle it in cash instead",
            )
        })?;
        last.cost = add(last.cost, carry)?;
    }
    Ok(lots)
}

fn scaled_price(price: Price, ratio: Ratio) -> Result<Price, LedgerError> {
    let scaled = proportion(
        price.decimal(),
        Decimal::from(ratio.held),
        Decimal::from(ratio.new),
    )?;
    Ok(Price::new(trim(scaled))?)
}
