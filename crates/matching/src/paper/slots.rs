//! Where orders lie: dense slots, so that nothing on the way from submit to fill hashes a string.
//!
//! A slot is given at submit and stays the order's until the order has ended; then it is given to another. Whoever
//! keeps one for later (the agenda does) keeps its *generation* too and can tell. The account and client order id are
//! looked up only where a call comes from outside.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};
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
    /// The next order whose key has the same hash.
    next: Option<OrderSlot>,
    order: Option<Working>,
}

/// All orders at the venue or on their way to it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slots {
    entries: Vec<Entry>,
    free: Vec<OrderSlot>,
    /// By the hash of account and id, the first of a chain; so that no key is cloned for it.
    keys: FxHashMap<u64, OrderSlot>,
    len: usize,
}

fn hash_of(account: &AccountId, id: &ClientOrderId) -> u64 {
    let mut hasher = FxHasher::default();
    account.as_str().hash(&mut hasher);
    id.as_str().hash(&mut hasher);
    hasher.finish()
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
        self.len
    }

    /// Takes an order in; `None` when the account has one of that id here.
    pub(crate) fn insert(&mut self, order: Working) -> Option<OrderSlot> {
        let request = &order.order.request;
        let hash = hash_of(&request.account, &request.client_order_id);
        let first = self.keys.get(&hash).copied();
        if first.is_some()
            && self
                .in_chain(first, &request.account, &request.client_order_id)
                .is_some()
        {
            return None;
        }
        let slot = self.free.pop().unwrap_or_else(|| {
            self.entries.push(Entry::default());
            // 2^32 orders at once do not fit the memory of any machine; `orders_max` refuses far earlier.
            OrderSlot(u32::try_from(self.entries.len() - 1).unwrap_or(u32::MAX))
        });
        self.keys.insert(hash, slot);
        self.len += 1;
        let entry = &mut self.entries[slot.at()];
        entry.next = first;
        entry.order = Some(order);
        Some(slot)
    }

    pub(crate) fn remove(&mut self, slot: OrderSlot) {
        let Some(order) = self.get(slot) else { return };
        let request = &order.order.request;
        let hash = hash_of(&request.account, &request.client_order_id);
        let next = self.entries[slot.at()].next;
        let mut before = self.keys.get(&hash).copied();
        if before == Some(slot) {
            match next {
                Some(next) => self.keys.insert(hash, next),
                None => self.keys.remove(&hash),
            };
        } else {
            while let Some(at) = before {
                let entry = &mut self.entries[at.at()];
                if entry.next == Some(slot) {
                    entry.next = next;
                    break;
                }
                before = entry.next;
            }
        }
        let entry = &mut self.entries[slot.at()];
        entry.generation = entry.generation.wrapping_add(1);
        entry.order = None;
        self.len -= 1;
        self.free.push(slot);
    }

    fn in_chain(
        &self,
        mut at: Option<OrderSlot>,
        account: &AccountId,
        id: &ClientOrderId,
    ) -> Option<OrderSlot> {
        while let Some(slot) = at {
            let request = &self.get(slot)?.order.request;
            if request.client_order_id == *id && request.account == *account {
                return Some(slot);
            }
            at = self.entries[slot.at()].next;
        }
        None
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

    pub(crate) fn find(&self, (account, id): &OrderKey) -> Option<OrderSlot> {
        let first = self.keys.get(&hash_of(account, id)).copied();
        self.in_chain(first, account, id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Working> {
        self.entries.iter().filter_map(|entry| entry.order.as_ref())
    }
}
