//! Where orders lie: dense slots, so that nothing on the way from submit to fill hashes a string.
//!
//! A slot is given at submit and stays the order's until the order has ended; then it is given to another. Whoever
//! keeps one for later (the agenda does) keeps its *generation* too and can tell. The account and client order id are
//! looked up only where a call comes from outside.

use rustc_hash::FxHashMap;
use tradewind_types::{AccountId, ClientOrderId};

use super::order::Working;

/// An order's place at the paper venue, dense and reused: an index for whoever wants a table beside the venue's.
/// Valid from submit until the report that ends the order has been handled and the next order is submitted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OrderSlot(pub u32);

pub(crate) type OrderKey = (AccountId, ClientOrderId);

#[derive(Clone, Debug, Default)]
struct Entry {
    generation: u32,
    order: Option<Working>,
}

/// All orders at the venue or on their way to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    entries: Vec<Entry>,
    free: Vec<OrderSlot>,
    keys: FxHashMap<OrderKey, OrderSlot>,
}

impl OrderSlot {
    /// No order: of a request for one that is not here.
    pub(crate) const NONE: OrderSlot = OrderSlot(u32::MAX);

    fn at(self) -> usize {
        self.0 as usize
    }
}

impl Slots {
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Takes an order in; `None` when the account has one of that id here.
    pub(crate) fn insert(&mut self, order: Working) -> Option<OrderSlot> {
        let slot = self.free.last().copied().unwrap_or_else(|| {
            // 2^32 orders at once do not fit the memory of any machine; `orders_max` refuses far earlier.
            OrderSlot(u32::try_from(self.entries.len()).unwrap_or(u32::MAX))
        });
        match self.keys.entry(order.order.key()) {
            std::collections::hash_map::Entry::Occupied(_) => return None,
            std::collections::hash_map::Entry::Vacant(vacant) => vacant.insert(slot),
        };
        if self.free.pop().is_none() {
            self.entries.push(Entry::default());
        }
        self.entries[slot.at()].order = Some(order);
        Some(slot)
    }

    pub(crate) fn remove(&mut self, slot: OrderSlot) {
        let Some(entry) = self.entries.get_mut(slot.at()) else {
            return;
        };
        let Some(order) = entry.order.take() else { return };
        entry.generation = entry.generation.wrapping_add(1);
        self.keys.remove(&order.order.key());
        self.free.push(slot);
    }

    pub(crate) fn get(&self, slot: OrderSlot) -> Option<&Working> {
        self.entries.get(slot.at())?.order.as_ref()
    }

    pub(crate) fn get_mut(&mut self, slot: OrderSlot) -> Option<&mut Working> {
        self.entries.get_mut(slot.at())?.order.as_mut()
    }

    pub(crate) fn generation(&self, slot: OrderSlot) -> u32 {
        self.entries.get(slot.at()).map_or(0, |entry| entry.generation)
    }

    /// Whether the slot still holds the order that it held in that generation.
    pub(crate) fn holds(&self, slot: OrderSlot, generation: u32) -> bool {
        let entry = self.entries.get(slot.at());
        entry.is_some_and(|e| e.generation == generation && e.order.is_some())
    }

    pub(crate) fn find(&self, key: &OrderKey) -> Option<OrderSlot> {
        self.keys.get(key).copied()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Working> {
        self.entries.iter().filter_map(|entry| entry.order.as_ref())
    }
}
