//! Slices of icebergs, as the durable state has them: see [`super::iceberg`] for what is done with them.
//!
//! They are no orders of the account: what counts, values or lists its orders sees the iceberg alone. Open slices and
//! the last [`ENDED_MAX`] that have ended are kept, so that what a venue tells late finds its slice.

use std::collections::VecDeque;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde::{Deserialize, Serialize};
use tradewind_types::order::IllegalTransition;
use tradewind_types::record::{SliceNews, SliceRecorded};
use tradewind_types::{ClientOrderId, Order, OrderEventKind, Price, Quantity};

type ById<T> = IndexMap<ClientOrderId, T, FxBuildHasher>;

/// Ended slices kept, per account.
pub const ENDED_MAX: usize = 5_000;

/// A slice: an order at the venue, and the iceberg that it is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// The iceberg.
    pub parent: ClientOrderId,
    /// As an order of its own; its id is the one that the venue knows.
    pub order: Order,
}

/// A change of an iceberg that waits until its slice is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// New quantity in total.
    pub quantity: Quantity,
    /// New limit price.
    pub price: Option<Price>,
    /// New display quantity.
    pub display: Option<Quantity>,
}

/// An iceberg that is open, or whose last slice is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Iceberg {
    /// Its newest slice; all others have ended.
    pub last: ClientOrderId,
    /// A change that waits.
    pub waiting: Option<Waiting>,
}

/// The slices of one account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slices {
    icebergs: ById<Iceberg>,
    slices: ById<Slice>,
    ended: VecDeque<ClientOrderId>,
}

impl Slices {
    /// Whether no iceberg is sliced now.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.icebergs.is_empty()
    }

    /// Icebergs that are being sliced, in the order in which they came.
    pub fn icebergs(&self) -> impl Iterator<Item = &ClientOrderId> {
        self.icebergs.keys()
    }

    /// What is known of an order that is sliced; `None` of every other.
    #[must_use]
    pub fn iceberg(&self, parent: &ClientOrderId) -> Option<&Iceberg> {
        self.icebergs.get(parent)
    }

    /// A slice by its own id.
    #[must_use]
    pub fn get(&self, id: &ClientOrderId) -> Option<&Slice> {
        self.slices.get(id)
    }

    /// Slices that are open.
    pub fn open(&self) -> impl Iterator<Item = &Slice> {
        self.slices.values().filter(|s| s.order.state.is_open())
    }

    /// Slices of one iceberg that are in memory, oldest first.
    pub fn of<'a>(&'a self, parent: &'a ClientOrderId) -> impl Iterator<Item = &'a Order> {
        let mine = self.slices.values().filter(move |s| s.parent == *parent);
        mine.map(|s| &s.order)
    }

    /// Applies what was recorded; `Ok(false)` = no such slice in memory.
    pub(crate) fn apply(&mut self, recorded: &SliceRecorded) -> Result<bool, IllegalTransition> {
        match &recorded.news {
            SliceNews::Made { request } => {
                let id = request.client_order_id.clone();
                let waiting = self.icebergs.get(&recorded.parent).and_then(|i| i.waiting);
                let iceberg = Iceberg {
                    last: id.clone(),
                    waiting,
                };
                self.icebergs.insert(recorded.parent.clone(), iceberg);
                let order = Order::new((**request).clone(), recorded.ts);
                let parent = recorded.parent.clone();
                self.slices.insert(id, Slice { parent, order });
            }
            SliceNews::Happened { event } => {
                let id = &event.client_order_id;
                let Some(slice) = self.slices.get_mut(id) else {
                    return Ok(false);
                };
                let open = slice.order.state.is_open();
                slice.order.apply(event)?;
                if open && !slice.order.state.is_open() {
                    self.ended.push_back(id.clone());
                    self.forget_oldest();
                }
            }
            SliceNews::ChangeWaits {
                quantity,
                price,
                display,
            } => {
                let Some(iceberg) = self.icebergs.get_mut(&recorded.parent) else {
                    return Ok(false);
                };
                iceberg.waiting = Some(Waiting {
                    quantity: *quantity,
                    price: *price,
                    display: *display,
                });
            }
        }
        Ok(true)
    }

    fn forget_oldest(&mut self) {
        while self.ended.len() > ENDED_MAX {
            if let Some(oldest) = self.ended.pop_front() {
                // The newest slice of an iceberg says where it stands; it stays as long as that is asked.
                let newest = self.slices.get(&oldest).map(|s| s.parent.clone());
                let newest = newest.and_then(|p| self.icebergs.get(&p)).map(|i| &i.last);
                if newest == Some(&oldest) {
                    self.ended.push_back(oldest);
                    return;
                }
                self.slices.shift_remove(&oldest);
            }
        }
    }

    /// Follows an event of an iceberg itself: what was answered no longer waits, and what is over is forgotten.
    pub(crate) fn parent_told(&mut self, parent: &ClientOrderId, kind: &OrderEventKind, open: bool) {
        if self.icebergs.is_empty() {
            return;
        }
        let answered = matches!(
            kind,
            OrderEventKind::Modified { .. } | OrderEventKind::ModifyRejected { .. }
        );
        if let Some(iceberg) = self.icebergs.get_mut(parent).filter(|_| answered) {
            iceberg.waiting = None;
        }
        self.tidy(parent, open);
    }

    /// Forgets an iceberg when it and its slices have ended.
    pub(crate) fn tidy(&mut self, parent: &ClientOrderId, open: bool) {
        let Some(iceberg) = self.icebergs.get(parent).filter(|_| !open) else {
            return;
        };
        let shown = self.slices.get(&iceberg.last);
        if shown.is_none_or(|s| !s.order.state.is_open()) {
            self.icebergs.shift_remove(parent);
        }
    }
}
