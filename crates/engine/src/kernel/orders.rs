//! An account's orders: the open ones, the recently closed ones, and a digest of every older one.
//!
//! A client order id is taken for ever: submitting it again with the same content returns the original, with
//! other content it is refused. For orders older than the last [`CLOSED_MAX`] only a digest of the request is
//! kept in memory; the original is then read from the projection. Ids made by the kernel are never asked for again
//! and leave no digest.
//!
//! Linked orders (a child that waits for its parent, orders that cancel one another) leave what was asked of them
//! here, because their quantity follows what fills ([`super::links`]).

use std::collections::VecDeque;

use indexmap::IndexMap;
use rust_decimal::Decimal;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};
use tradewind_types::order::IllegalTransition;
use tradewind_types::{
    ClientOrderId, Order, OrderEvent, OrderEventKind, OrderListId, OrderRequest, UnixNanos,
};

use super::ordering::RESERVED_PREFIX;

type ById<T> = IndexMap<ClientOrderId, T, FxBuildHasher>;

/// Closed orders kept whole in memory, per account.
pub const CLOSED_MAX: usize = 5_000;

/// What is known of a client order id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known<'a> {
    /// Never seen.
    New,
    /// Seen with the same content; here it is.
    Same(&'a Order),
    /// Seen with the same content so long ago that only the projection has it.
    SameArchived,
    /// Seen with other content.
    Other,
}

/// Orders of one account, by client order id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Orders {
    open: ById<Order>,
    closed: ById<Order>,
    closed_order: VecDeque<ClientOrderId>,
    archive: ById<u128>,
    /// Digests of the requests of modified orders as they were asked for.
    #[serde(default)]
    originals: ById<u128>,
    /// Quantities of open linked orders as they were asked for.
    #[serde(default)]
    asked: ById<Decimal>,
    /// Members of lists of which at least one order is open.
    #[serde(default)]
    lists: IndexMap<OrderListId, Vec<ClientOrderId>>,
}

impl Orders {
    /// What is known of the id of `request`.
    #[must_use]
    pub fn known(&self, request: &OrderRequest) -> Known<'_> {
        let id = &request.client_order_id;
        if let Some(order) = self.get(id) {
            // A modified order differs from its request in quantity and price; the digest is of the first form.
            let same = match self.originals.get(id) {
                None => order.request == *request,
                Some(original) => *original == digest(request),
            };
            return if same { Known::Same(order) } else { Known::Other };
        }
        match self.archive.get(id) {
            None => Known::New,
            Some(seen) if *seen == digest(request) => Known::SameArchived,
            Some(_) => Known::Other,
        }
    }

    /// An open or recently closed order.
    #[must_use]
    pub fn get(&self, id: &ClientOrderId) -> Option<&Order> {
        self.open.get(id).or_else(|| self.closed.get(id))
    }

    /// Whether the id was ever used.
    #[must_use]
    pub fn contains(&self, id: &ClientOrderId) -> bool {
        self.open.contains_key(id) || self.closed.contains_key(id) || self.archive.contains_key(id)
    }

    /// Open orders, oldest first.
    pub fn open(&self) -> impl DoubleEndedIterator<Item = &Order> {
        self.open.values()
    }

    /// Recently closed orders, newest first.
    pub fn closed(&self) -> impl Iterator<Item = &Order> {
        self.closed_order
            .iter()
            .rev()
            .filter_map(|id| self.closed.get(id))
    }

    /// How many are open.
    #[must_use]
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    /// Adds an order in `Initialized`. An id that is there already stays as it is.
    pub(crate) fn insert(&mut self, request: OrderRequest, ts: UnixNanos) -> bool {
        if self.contains(&request.client_order_id) {
            return false;
        }
        if is_linked(&request) {
            self.asked
                .insert(request.client_order_id.clone(), request.quantity.decimal());
            if let Some(list) = &request.terms.oco {
                let members = self.lists.entry(list.clone()).or_default();
                members.push(request.client_order_id.clone());
            }
        }
        self.open
            .insert(request.client_order_id.clone(), Order::new(request, ts));
        true
    }

    /// Applies an event; `Ok(None)` = no such order in memory.
    pub(crate) fn apply(&mut self, event: &OrderEvent) -> Result<Option<&Order>, IllegalTransition> {
        let id = &event.client_order_id;
        let modifies = matches!(event.kind, OrderEventKind::Modified { .. });
        let known = self.open.get(id).or_else(|| self.closed.get(id));
        if modifies
            && !self.originals.contains_key(id)
            && let Some(order) = known
        {
            self.originals.insert(id.clone(), digest(&order.request));
        }
        if let Some(order) = self.open.get_mut(id) {
            order.apply(event)?;
            if !order.state.is_open() {
                self.close(id);
            }
        } else if let Some(order) = self.closed.get_mut(id) {
            order.apply(event)?;
            if order.state.is_open() {
                self.reopen(id);
            }
        }
        Ok(self.get(id))
    }

    /// A change that was told after the fills that came of it: there is more to fill after all.
    fn reopen(&mut self, id: &ClientOrderId) {
        let Some(order) = self.closed.swap_remove(id) else {
            return;
        };
        self.closed_order.retain(|closed| closed != id);
        if is_linked(&order.request) {
            self.asked.insert(id.clone(), order.request.quantity.decimal());
            if let Some(list) = &order.request.terms.oco {
                let members = self.lists.entry(list.clone()).or_default();
                if !members.contains(id) {
                    members.push(id.clone());
                }
            }
        }
        self.open.insert(id.clone(), order);
    }

    fn close(&mut self, id: &ClientOrderId) {
        let Some(order) = self.open.shift_remove(id) else {
            return;
        };
        self.unlink(id, &order);
        self.closed.insert(id.clone(), order);
        self.closed_order.push_back(id.clone());
        while self.closed_order.len() > CLOSED_MAX {
            let Some(oldest) = self.closed_order.pop_front() else {
                break;
            };
            let Some(order) = self.closed.swap_remove(&oldest) else {
                continue;
            };
            let original = self.originals.swap_remove(&oldest);
            if !oldest.as_str().starts_with(RESERVED_PREFIX) {
                let digest = original.unwrap_or_else(|| digest(&order.request));
                self.archive.insert(oldest, digest);
            }
        }
    }

    fn unlink(&mut self, id: &ClientOrderId, order: &Order) {
        self.asked.swap_remove(id);
        let Some(list) = &order.request.terms.oco else {
            return;
        };
        let open = |members: &Vec<ClientOrderId>| members.iter().any(|m| self.open.contains_key(m));
        if !self.lists.get(list).is_some_and(open) {
            self.lists.swap_remove(list);
        }
    }

    /// Whether any open order hangs on another.
    pub(crate) fn has_links(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Open linked orders, in the order in which they came.
    pub(crate) fn linked(&self) -> impl Iterator<Item = &Order> {
        self.open.values().filter(|o| is_linked(&o.request))
    }

    /// The quantity that an open linked order was asked for.
    pub(crate) fn asked(&self, id: &ClientOrderId) -> Option<Decimal> {
        self.asked.get(id).copied()
    }

    /// Σ fills of the other orders of a list.
    pub(crate) fn filled_of_others(&self, list: &OrderListId, id: &ClientOrderId) -> Decimal {
        let members = self.lists.get(list).into_iter().flatten();
        let others = members.filter(|m| *m != id).filter_map(|m| self.get(m));
        others.map(|o| o.filled).sum()
    }
}

/// Whether an order hangs on others.
pub(crate) fn is_linked(request: &OrderRequest) -> bool {
    request.terms.parent.is_some() || request.terms.oco.is_some()
}

/// FNV-1a of 128 bits over the request's record form: stable across builds, as snapshots need it.
fn digest(request: &OrderRequest) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let bytes = rmp_serde::to_vec_named(request).unwrap_or_default();
    bytes.iter().fold(OFFSET, |hash, byte| {
        (hash ^ u128::from(*byte)).wrapping_mul(PRIME)
    })
}
