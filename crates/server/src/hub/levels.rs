//! Differences between two sides of a book.

use std::cmp::Ordering;

use tradewind_wire::Dec;

/// Levels of `after` that differ from `before`, and those that are gone, with size 0. Both best first; `better` is how
/// a better price compares with a worse one. O(levels).
pub(super) fn changed(before: &[[Dec; 2]], after: &[[Dec; 2]], better: Ordering) -> Vec<[Dec; 2]> {
    let mut changes = Vec::new();
    let (mut old, mut new) = (before.iter().peekable(), after.iter().peekable());
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return changes,
            (Some(_), None) => better,
            (None, Some(_)) => better.reverse(),
            (Some([old, _]), Some([new, _])) => old.cmp(new),
        };
        if order == Ordering::Equal {
            if let (Some(old), Some(new)) = (old.next(), new.next())
                && old != new
            {
                changes.push(*new);
            }
        } else if order == better {
            // The old level comes before the new one's place: it is gone.
            changes.extend(old.next().map(|[price, _]| [*price, Dec::default()]));
        } else {
            changes.extend(new.next().copied());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn dec(n: u32) -> Dec {
        Dec(n.into())
    }

    fn side(levels: &BTreeMap<u32, u32>, better: Ordering) -> Vec<[Dec; 2]> {
        let mut side: Vec<_> = levels.iter().map(|(p, s)| [dec(*p), dec(*s)]).collect();
        if better == Ordering::Greater {
            side.reverse();
        }
        side
    }

    proptest! {
        #[test]
        fn a_side_with_the_changes_applied_is_the_other_side(
            before in prop::collection::btree_map(0..40_u32, 1..5_u32, 0..20),
            after in prop::collection::btree_map(0..40_u32, 1..5_u32, 0..20),
            bids in any::<bool>(),
        ) {
            let better = if bids { Ordering::Greater } else { Ordering::Less };
            let changes = changed(&side(&before, better), &side(&after, better), better);
            let mut book: BTreeMap<Dec, Dec> = before.iter().map(|(p, s)| (dec(*p), dec(*s))).collect();
            for [price, size] in &changes {
                if *size == Dec::default() {
                    prop_assert!(book.remove(price).is_some(), "removed what was not there");
                } else {
                    prop_assert!(book.insert(*price, *size) != Some(*size), "told what did not change");
                }
            }
            let expected: BTreeMap<Dec, Dec> = after.iter().map(|(p, s)| (dec(*p), dec(*s))).collect();
            prop_assert_eq!(book, expected);
        }
    }
}
