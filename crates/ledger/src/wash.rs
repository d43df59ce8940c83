//! Wash sales: which losses were followed or preceded by a purchase of the same instrument.
//!
//! A mark for people and their advisers, no computation of tax. The rule of the United States (26 U.S.C. § 1091): a
//! loss from a sale is a wash sale as far as the same security is acquired within 30 days before or after it. Here
//! *the same* is the same instrument; what is "substantially identical" beyond that is for a person to judge. Short
//! positions count likewise with buying and selling exchanged. Each unit acquired washes at most one unit sold, the
//! earliest sale first.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use tradewind_types::record::{EntryKind, LedgerEntry, LotChange};
use tradewind_types::time::DAY_NS;
use tradewind_types::{EntryId, InstrumentId, UnixNanos};

use crate::error::LedgerError;
use crate::lots::proportion;
use tradewind_types::exact::{add, sub};

/// A dated rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WashRule {
    /// Days before and after a sale.
    pub days: u32,
    /// From when it holds.
    pub since: UnixNanos,
    /// Where it comes from.
    pub source: &'static str,
}

/// The rule of the United States.
pub const US: WashRule = WashRule {
    days: 30,
    since: UnixNanos(0),
    source: "26 U.S.C. § 1091(a), in force since 1921",
};

/// A loss, or a part of one, that a purchase washes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WashMark {
    /// The instrument.
    pub instrument: InstrumentId,
    /// The entry that closed at a loss.
    pub sale: EntryId,
    /// When.
    pub sold_at: UnixNanos,
    /// The lot that it closed.
    pub lot: EntryId,
    /// The entry, and lot, that was acquired.
    pub replacement: EntryId,
    /// When.
    pub acquired_at: UnixNanos,
    /// How many units are concerned, above zero.
    pub quantity: Decimal,
    /// The part of the loss, above zero.
    pub loss: Decimal,
}

struct Bought {
    id: EntryId,
    ts: UnixNanos,
    long: bool,
    left: Decimal,
}

struct Loss {
    sale: EntryId,
    ts: UnixNanos,
    lot: EntryId,
    long: bool,
    quantity: Decimal,
    loss: Decimal,
}

/// Marks the wash sales among an account's entries, in the order of the sales. Entries that were taken back do not
/// count. O(n log n) for n fills of an instrument, times the purchases within the window.
///
/// # Errors
/// Figures that do not fit.
pub fn wash_sales<'a>(
    entries: impl IntoIterator<Item = &'a LedgerEntry>,
    rule: WashRule,
) -> Result<Vec<WashMark>, LedgerError> {
    let entries: Vec<&LedgerEntry> = entries.into_iter().collect();
    let reversed: std::collections::BTreeSet<&EntryId> = entries
        .iter()
        .filter_map(|e| e.detail.as_ref()?.reverses.as_ref())
        .collect();
    let mut books: BTreeMap<&InstrumentId, (Vec<Bought>, Vec<Loss>)> = BTreeMap::new();
    for entry in entries
        .iter()
        .filter(|e| e.kind == EntryKind::Fill && !reversed.contains(&e.id))
    {
        let Some(change) = &entry.position else { continue };
        let (bought, losses) = books.entry(&change.instrument).or_default();
        for lot in &change.lots {
            match lot {
                LotChange::Opened { quantity, .. } => bought.push(Bought {
                    id: entry.id.clone(),
                    ts: entry.ts,
                    long: *quantity > Decimal::ZERO,
                    left: quantity.abs(),
                }),
                LotChange::Closed {
                    lot,
                    quantity,
                    realised,
                    ..
                } if *realised < Decimal::ZERO && entry.ts >= rule.since => losses.push(Loss {
                    sale: entry.id.clone(),
                    ts: entry.ts,
                    lot: lot.clone(),
                    long: *quantity > Decimal::ZERO,
                    quantity: quantity.abs(),
                    loss: -*realised,
                }),
                _ => {}
            }
        }
    }
    let mut marks = Vec::new();
    for (instrument, (mut bought, losses)) in books {
        bought.sort_by_key(|b| b.ts);
        for loss in losses {
            mark(instrument, &loss, &mut bought, rule, &mut marks)?;
        }
    }
    marks.sort_by_key(|mark| mark.sold_at);
    Ok(marks)
}

fn mark(
    instrument: &InstrumentId,
    loss: &Loss,
    bought: &mut [Bought],
    rule: WashRule,
    marks: &mut Vec<WashMark>,
) -> Result<(), LedgerError> {
    let window = u64::from(rule.days) * DAY_NS;
    let from = UnixNanos(loss.ts.0.saturating_sub(window));
    let start = bought.partition_point(|b| b.ts < from);
    let (mut left, mut left_loss) = (loss.quantity, loss.loss);
    for lot in &mut bought[start..] {
        if left.is_zero() || lot.ts > loss.ts.plus(window) {
            break;
        }
        // The units sold are not their own replacement.
        let part = left.min(lot.left);
        if lot.id == loss.lot || lot.long != loss.long || part.is_zero() {
            continue;
        }
        let share = if part == left {
            left_loss
        } else {
            proportion(loss.loss, part, loss.quantity)?
        };
        (left, left_loss) = (sub(left, part)?, sub(left_loss, share)?);
        lot.left = add(lot.left, -part)?;
        marks.push(WashMark {
            instrument: instrument.clone(),
            sale: loss.sale.clone(),
            sold_at: loss.ts,
            lot: loss.lot.clone(),
            replacement: lot.id.clone(),
            acquired_at: lot.ts,
            quantity: part,
            loss: share,
        });
    }
    Ok(())
}
