//! What is due when: arrivals, cancels, changes, expiries.
//!
//! A heap of small records. Order: time; at one time first what ends by itself, then what was asked, in the order of
//! asking. The end of an order that is gone is dropped when it comes to the top, and all such are dropped together
//! when they are the larger part.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tradewind_types::UnixNanos;

use super::slots::{OrderSlot, Slots};

/// Below so many records nobody looks for those that are void.
const COMPACT_FROM: usize = 64;

/// What is to happen; those before others at one time come first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Action {
    Expire,
    /// A restored order's end is put on the agenda, now that the calendar can be asked.
    Reckon,
    Arrive,
    Cancel,
    Modify,
    /// An order that should not have rested was restored: it is taken down.
    CutOff,
}

/// One thing that is due.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Due {
    pub(crate) at: UnixNanos,
    /// False for ends, which come first.
    pub(crate) asked: bool,
    pub(crate) seq: u64,
    pub(crate) action: Action,
    pub(crate) slot: OrderSlot,
    pub(crate) generation: u32,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Agenda {
    heap: BinaryHeap<Reverse<Due>>,
    /// Ends in the heap whose order may be gone.
    ends: usize,
}

impl Agenda {
    pub(crate) fn next(&self) -> Option<UnixNanos> {
        self.heap.peek().map(|due| due.0.at)
    }

    pub(crate) fn push(&mut self, due: Due, slots: &Slots) {
        if !due.asked {
            self.ends += 1;
            if self.ends > COMPACT_FROM && self.ends > 2 * slots.len() {
                self.compact(slots);
            }
        }
        self.heap.push(Reverse(due));
    }

    /// The first record due until `now`.
    pub(crate) fn pop(&mut self, now: UnixNanos) -> Option<Due> {
        if self.next()? > now {
            return None;
        }
        let due = self.heap.pop()?.0;
        if !due.asked {
            self.ends -= 1;
        }
        Some(due)
    }

    /// Drops the ends of orders that are gone from the top, so that [`Agenda::next`] is a real one.
    pub(crate) fn prune(&mut self, slots: &Slots) {
        while let Some(Reverse(due)) = self.heap.peek() {
            if due.asked || slots.holds(due.slot, due.generation) {
                return;
            }
            self.heap.pop();
            self.ends -= 1;
        }
    }

    /// Everything in it, for another agenda.
    pub(crate) fn drain_of(&mut self, mut belongs: impl FnMut(&Due) -> bool) -> Vec<Due> {
        let mut taken = Vec::new();
        self.heap.retain(|Reverse(due)| {
            let moves = belongs(due);
            if moves {
                taken.push(*due);
            }
            !moves
        });
        self.ends = self.heap.iter().filter(|due| !due.0.asked).count();
        taken
    }

    fn compact(&mut self, slots: &Slots) {
        self.heap
            .retain(|Reverse(due)| due.asked || slots.holds(due.slot, due.generation));
        self.ends = self.heap.iter().filter(|due| !due.0.asked).count() + 1;
    }
}
