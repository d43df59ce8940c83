//! Which lots a closing takes: first in first out, last in first out, highest cost first, or lots by name.
//!
//! Whatever the method, what is closed in all is the same quantity at the same exit price, so that the realised
//! results of all methods agree once the position is flat; they differ in when they realise what.

use std::cmp::Ordering;

use rust_decimal::Decimal;
use smallvec::SmallVec;
use tradewind_types::record::{LotMethod, LotPick};

use crate::position::Position;

/// Index of a lot and how much of it closes, above zero; in the order of the lots.
pub(crate) type Choice = SmallVec<[(usize, Decimal); 2]>;

/// Chooses lots of a position for closing `quantity` (above zero, at most what is open). O(lots), HIFO O(n log n).
pub(crate) fn choose(position: &Position, quantity: Decimal, method: &LotMethod) -> Choice {
    match method {
        LotMethod::Fifo => take(position, quantity, 0..position.lots.len()),
        LotMethod::Lifo => {
            let mut choice = take(position, quantity, (0..position.lots.len()).rev());
            choice.reverse();
            choice
        }
        LotMethod::Hifo => {
            let long = position.quantity > Decimal::ZERO;
            let mut order: Vec<usize> = (0..position.lots.len()).collect();
            order.sort_by(|a, b| {
                let (a, b) = (position.lots[*a].price, position.lots[*b].price);
                // A stable sort: of equal prices the oldest comes first.
                if long { b.cmp(&a) } else { a.cmp(&b) }
            });
            sorted(take(position, quantity, order.into_iter()))
        }
        LotMethod::Specific { lots } => specific(position, quantity, lots),
    }
}

fn take(position: &Position, quantity: Decimal, order: impl Iterator<Item = usize>) -> Choice {
    let (mut choice, mut left) = (Choice::new(), quantity);
    for at in order {
        if left.is_zero() {
            break;
        }
        let part = position.lots[at].quantity.abs().min(left);
        left -= part;
        choice.push((at, part));
    }
    choice
}

fn specific(position: &Position, quantity: Decimal, picks: &[LotPick]) -> Choice {
    let (mut choice, mut left) = (Choice::new(), quantity);
    let mut add = |at: usize, most: Decimal, left: &mut Decimal| {
        let taken = choice
            .iter()
            .find(|(i, _)| *i == at)
            .map_or(Decimal::ZERO, |(_, q)| *q);
        let part = (position.lots[at].quantity.abs() - taken).min(most).min(*left);
        if part <= Decimal::ZERO {
            return;
        }
        *left -= part;
        match choice.iter_mut().find(|(i, _)| *i == at) {
            Some((_, q)) => *q += part,
            None => choice.push((at, part)),
        }
    };
    for pick in picks {
        if let Some(at) = position.lots.iter().position(|lot| lot.id == pick.lot) {
            add(at, pick.quantity, &mut left);
        }
    }
    for at in 0..position.lots.len() {
        if left.is_zero() {
            break;
        }
        add(at, left, &mut left);
    }
    sorted(choice)
}

fn sorted(mut choice: Choice) -> Choice {
    choice.sort_by(|(a, _), (b, _)| a.cmp(b).then(Ordering::Equal));
    choice
}
