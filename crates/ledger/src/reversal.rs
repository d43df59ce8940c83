//! Taking an entry back by a new one. Nothing is ever edited.
//!
//! A reversal posts the opposite of the entry; what the entry took out of a hold comes back as available cash. Of a
//! fill it also restores the lots: exactly as they were where what came later allows it, otherwise by an opposite
//! trade at the fill's own price on the lots as they are now. Both move the same cash and quantity, so that result
//! and equity are as if the fill had never been.

use rust_decimal::Decimal;
use tradewind_types::record::{
    EntryDetail, EntryKind, LedgerAccount, LedgerEntry, LotChange, PositionChange, Posting,
};

use crate::entry::{EntryFacts, flows};
use crate::error::LedgerError;
use crate::ledger::Ledger;
use crate::lots::{Trade, acquired, lots_of_fill};
use crate::methods::choose;
use crate::position::Position;
use tradewind_types::exact::{add, sub, trim};

impl Ledger {
    /// Takes `original` back. Its key is `reverse:<id of the entry>`, so that an entry is taken back once; `facts.key`
    /// is not used. `multiplier` is the instrument's.
    ///
    /// # Errors
    /// [`LedgerError::NotReversible`] for holds, releases, reversals, conversions and corporate actions;
    /// [`LedgerError::DuplicateKey`] for one taken back before; another account's entry; sums that do not fit. Cash
    /// below zero is refused when the entry is applied.
    pub fn reversal_entry(
        &self,
        facts: EntryFacts,
        original: &LedgerEntry,
        multiplier: Decimal,
    ) -> Result<LedgerEntry, LedgerError> {
        let refuse = |why| LedgerError::NotReversible {
            entry: original.id.clone(),
            why,
        };
        if original.account != self.account {
            return Err(LedgerError::OtherAccount {
                entry: original.id.clone(),
                ours: self.account.clone(),
                theirs: original.account.clone(),
            });
        }
        match original.kind {
            EntryKind::Hold | EntryKind::Release => {
                return Err(refuse("it only sets cash aside; the order's end frees it"));
            }
            EntryKind::Reversal => return Err(refuse("it is a reversal; book the entry anew instead")),
            EntryKind::FxTrade => return Err(refuse("exchange the money back instead")),
            EntryKind::CorporateAction => return Err(refuse("book the opposite corporate action instead")),
            _ => {}
        }
        let facts = EntryFacts {
            key: reversal_key(original),
            ..facts
        };
        self.keys.check(&facts.key)?;
        let change = match &original.position {
            Some(change) => Some(self.unwind(&facts, original, change, multiplier)?),
            None => None,
        };
        let postings = opposite_postings(original, change.as_ref())?;
        let mut entry = self.entry(facts, EntryKind::Reversal, postings);
        entry.position = change;
        entry.detail = Some(Box::new(EntryDetail {
            reverses: Some(original.id.clone()),
            about: original.detail.as_ref().and_then(|d| d.about.clone()),
            ..EntryDetail::default()
        }));
        Ok(entry)
    }

    fn unwind(
        &self,
        facts: &EntryFacts,
        original: &LedgerEntry,
        change: &PositionChange,
        multiplier: Decimal,
    ) -> Result<PositionChange, LedgerError> {
        let owner = self.position_in(&change.instrument, change.strategy.as_ref(), change.book);
        let lots = owner.and_then(|position| restored_lots(position, original, change));
        if let Some(lots) = lots {
            return Ok(PositionChange {
                quantity: -change.quantity,
                lots,
                ..change.clone()
            });
        }
        let trade = Trade {
            instrument: &change.instrument,
            quantity: -change.quantity,
            price: change.price,
            multiplier,
            book: change.book,
        };
        let method = self.method_of(original.client_order_id.as_ref());
        let mut opposite = lots_of_fill(owner, trade, |position, most| choose(position, most, method))?;
        opposite.strategy.clone_from(&change.strategy);
        // The lot that such a trade opens takes the reversal's own id and date; nothing else names it.
        debug_assert!(!facts.key.is_empty());
        Ok(opposite)
    }
}

/// The key of the entry that takes `original` back.
#[must_use]
pub fn reversal_key(original: &LedgerEntry) -> String {
    format!("reverse:{}", original.id)
}

/// The exact opposite of lot changes, where the position still allows it.
fn restored_lots(
    position: &Position,
    original: &LedgerEntry,
    change: &PositionChange,
) -> Option<Vec<LotChange>> {
    let mut lots = Vec::with_capacity(change.lots.len());
    let mut after = position.quantity;
    for lot in change.lots.iter().rev() {
        match lot {
            LotChange::Opened { quantity, cost, .. } => {
                let open = position.lots.iter().find(|l| l.id == original.id)?;
                if open.quantity != *quantity || open.cost != *cost {
                    return None;
                }
                after = after.checked_sub(*quantity)?;
                lots.push(LotChange::Closed {
                    lot: open.id.clone(),
                    quantity: *quantity,
                    cost: *cost,
                    realised: Decimal::ZERO,
                    acquired: Some(acquired(open)),
                });
            }
            LotChange::Closed {
                lot,
                quantity,
                cost,
                realised,
                acquired,
            } => {
                let was = (*acquired)?;
                let against = !after.is_zero() && after.is_sign_negative() != quantity.is_sign_negative();
                if against {
                    return None;
                }
                after = after.checked_add(*quantity)?;
                lots.push(LotChange::Restored {
                    lot: lot.clone(),
                    quantity: *quantity,
                    price: was.price,
                    cost: *cost,
                    opened: was.ts,
                    realised: *realised,
                });
            }
            LotChange::Restored { .. } | LotChange::Adjusted { .. } => return None,
        }
    }
    Some(lots)
}

/// The opposite of an entry's postings, cost and result by the lot changes made, cash as the rest.
fn opposite_postings(
    original: &LedgerEntry,
    change: Option<&PositionChange>,
) -> Result<Vec<Posting>, LedgerError> {
    use LedgerAccount::{CashAvailable, CashLocked, PositionCost, RealisedPnl};
    let mut postings: Vec<Posting> = Vec::with_capacity(original.postings.len());
    let mut put = |account, currency, amount: Decimal| -> Result<(), LedgerError> {
        let same = |p: &&mut Posting| p.account == account && p.currency == currency;
        match postings.iter_mut().find(same) {
            Some(p) => p.amount = add(p.amount, amount)?,
            None => postings.push(Posting {
                account,
                currency,
                amount,
            }),
        }
        Ok(())
    };
    let touches = |a| matches!(a, PositionCost | RealisedPnl | CashAvailable | CashLocked);
    let mut cash = Vec::new();
    for p in &original.postings {
        match p.account {
            // What was locked is not locked again: the order may be over.
            CashAvailable | CashLocked => {
                put(CashAvailable, p.currency, -p.amount)?;
                cash.push(p.currency);
            }
            account if change.is_some() && touches(account) => {}
            account => put(account, p.currency, -p.amount)?,
        }
    }
    if let Some(change) = change {
        let of_position = original
            .postings
            .iter()
            .find(|p| matches!(p.account, PositionCost | RealisedPnl));
        let currency = of_position.map(|p| p.currency).or_else(|| cash.first().copied());
        if let Some(currency) = currency {
            let (cost, realised) = flows(&change.lots)?;
            put(PositionCost, currency, cost)?;
            put(RealisedPnl, currency, -realised)?;
            // An opposite trade over several lots may round its parts differently; cash takes up the difference.
            let sum = postings.iter().filter(|p| p.currency == currency);
            let rest = sum.map(|p| p.amount).try_fold(Decimal::ZERO, add)?;
            if let Some(p) = postings
                .iter_mut()
                .find(|p| p.account == CashAvailable && p.currency == currency)
            {
                p.amount = sub(p.amount, rest)?;
            } else if !rest.is_zero() {
                postings.push(Posting {
                    account: CashAvailable,
                    currency,
                    amount: -rest,
                });
            }
        }
    }
    postings.retain(|p| !p.amount.is_zero());
    for p in &mut postings {
        p.amount = trim(p.amount);
    }
    Ok(postings)
}
