//! Our own orders of one side as the venue holds them: best price first, at one price the earlier first.

use super::order::OwnId;

/// One of our resting orders.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resting {
    pub(super) id: OwnId,
    /// Price key, see [`super::book::flip`].
    pub(super) key: i64,
    /// Rank among all orders, by-order feeds only.
    pub(super) seq: u64,
    pub(super) left: i64,
    /// Lots of others that trade before us; a fraction under a model that shares. Exact for whole numbers, because
    /// sizes are at most 2⁵³.
    pub(super) ahead: f64,
    /// Traded at our price since the level's last change: that part of the change is not a cancel.
    pub(super) traded: i64,
    pub(super) post_only: bool,
}

/// The orders of one side.
#[derive(Clone, Debug)]
pub(super) struct OwnSide {
    orders: Vec<Resting>,
    /// Best and worst key; so chosen without orders that no key lies between them.
    pub(super) best: i64,
    pub(super) worst: i64,
}

impl OwnSide {
    pub(super) fn with_capacity(orders_max: usize) -> Self {
        Self {
            orders: Vec::with_capacity(orders_max.min(1_024)),
            best: i64::MIN,
            worst: i64::MAX,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.orders.len()
    }

    pub(super) fn insert(&mut self, order: Resting) {
        let place = self.orders.partition_point(|o| o.key >= order.key);
        self.orders.insert(place, order);
        self.note_ends();
    }

    pub(super) fn find(&mut self, id: OwnId) -> Option<&mut Resting> {
        self.orders.iter_mut().find(|o| o.id == id)
    }

    pub(super) fn remove(&mut self, id: OwnId) -> Option<Resting> {
        let place = self.orders.iter().position(|o| o.id == id)?;
        let order = self.orders.remove(place);
        self.note_ends();
        Some(order)
    }

    /// Orders at exactly this price.
    pub(super) fn at(&mut self, key: i64) -> &mut [Resting] {
        let from = self.orders.partition_point(|o| o.key > key);
        let to = self.orders.partition_point(|o| o.key >= key);
        &mut self.orders[from..to]
    }

    /// Orders at this price or better, best first.
    pub(super) fn reaching(&mut self, key: i64) -> &mut [Resting] {
        let to = self.orders.partition_point(|o| o.key >= key);
        &mut self.orders[..to]
    }

    /// Takes out the orders that are done.
    pub(super) fn sweep(&mut self) {
        self.orders.retain(|o| o.left > 0);
        self.note_ends();
    }

    fn note_ends(&mut self) {
        self.best = self.orders.first().map_or(i64::MIN, |o| o.key);
        self.worst = self.orders.last().map_or(i64::MAX, |o| o.key);
    }
}
