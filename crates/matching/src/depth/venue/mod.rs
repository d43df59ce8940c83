//! The venue's side of the lane: the true book, our orders in its queues, and what becomes of them.
//!
//! Market data is not changed by our orders: what they would have taken or kept others from taking stays in the feed.
//! So that nothing is counted twice, what our takers took from a level is remembered until the level's next change, and
//! one event never fills us for more than its own size (unless [`Through::Whole`] is chosen).
//!
//! | event | what it does to a resting order of ours |
//! | --- | --- |
//! | trade at its price | takes from what is ahead, the rest fills it |
//! | trade at a worse price | it stood before what traded: filled ([`Through`] says how much) |
//! | opposite level or order appears at its price or better | it would have traded: filled, likewise |
//! | its level shrinks or grows | its place changes as the [`QueueRule`](super::QueueRule) says |

mod arrive;
mod by_order;
mod outgoing;

use tradewind_types::Side;

use super::book::{FlatBook, flip};
use super::event::{DepthEvent, EventKind};
use super::queue::{QueueRule, ahead_after};
use super::resting::OwnSide;
use super::ring::Ring;
use super::{DepthConfig, DepthError};
use by_order::MarketOrders;
pub(super) use outgoing::Outgoing;

/// How much of our order fills when the market trades or quotes through its price.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Through {
    /// At most as much as traded or newly appeared there.
    #[default]
    Volume,
    /// The whole: whoever traded at a worse price would have met us first, for any size.
    Whole,
}

#[derive(Clone, Debug)]
pub(super) struct Venue<Q> {
    book: FlatBook,
    own: [OwnSide; 2],
    rule: Q,
    market: MarketOrders,
    /// Ranks of orders, by-order feeds only.
    seq: u64,
    /// What our takers took of each level, by key, since its last change.
    taken: [Vec<(i64, i64)>; 2],
    through: Through,
    orders_max: usize,
    pub(super) out: Outgoing,
}

impl<Q: QueueRule> Venue<Q> {
    pub(super) fn new(rule: Q, config: DepthConfig) -> Self {
        let own = || OwnSide::with_capacity(config.orders_max);
        Self {
            book: FlatBook::new(),
            own: [own(), own()],
            rule,
            market: MarketOrders::default(),
            seq: 0,
            taken: [Vec::new(), Vec::new()],
            through: config.through,
            orders_max: config.orders_max,
            out: Outgoing::new(config.response),
        }
    }

    pub(super) fn book(&self) -> &FlatBook {
        &self.book
    }

    /// Lots of others before an order of ours, for tests and studies.
    pub(super) fn ahead(&mut self, id: super::OwnId) -> Option<f64> {
        let found = self.own.iter_mut().find_map(|side| side.find(id));
        found.map(|order| order.ahead)
    }

    /// Processes an event at its time, and hands on what we shall see of it.
    #[inline]
    pub(super) fn process(&mut self, event: &DepthEvent, feed: &mut Ring) -> Result<(), DepthError> {
        self.out.totals.events += 1;
        if Q::BY_ORDER {
            return self.process_by_order(event, feed);
        }
        match event.kind {
            EventKind::Level => self.level(event)?,
            EventKind::Trade => self.trade(event)?,
            EventKind::Clear => {
                self.book.clear(event.side);
                self.taken[event.side as usize].clear();
            }
            _ => return Err(DepthError::WrongFeed { ts_ns: event.ts_ns }),
        }
        feed.push(*event)
    }

    #[inline]
    fn level(&mut self, event: &DepthEvent) -> Result<(), DepthError> {
        let (side, size) = (event.side, event.size);
        let key = flip(side, event.price);
        let old = self.book.ladder_mut(side).set(key, size);
        let own = &mut self.own[side as usize];
        if key <= own.best && key >= own.worst {
            for order in own.at(key) {
                order.ahead = ahead_after(&self.rule, order.ahead, old, size, order.traded);
                order.traded = 0;
            }
        }
        if !self.taken[side as usize].is_empty() {
            self.forget_taken(side, key);
        }
        // Keys of a price on the two sides are complements: our best opposite order is reached from here on.
        if key >= !self.own[side.opposite() as usize].best && size > 0 {
            return self.crossed(event.ts_ns, side, key, (size - old).max(0));
        }
        Ok(())
    }

    #[inline]
    fn trade(&mut self, event: &DepthEvent) -> Result<(), DepthError> {
        let resting = event.side.opposite();
        let key = flip(resting, event.price);
        if key > self.own[resting as usize].best {
            return Ok(());
        }
        self.traded(event.ts_ns, resting, key, event.size)
    }

    /// A trade of `size` with resting orders at `key`: it fills ours there and before, in their turn.
    fn traded(&mut self, ts_ns: i64, side: Side, key: i64, size: i64) -> Result<(), DepthError> {
        let mut volume = size;
        for order in self.own[side as usize].reaching(key) {
            let filled = if order.key > key {
                through(self.through, order.left, volume)
            } else {
                // Rounded down: a fraction of a lot that may have stood ahead did. What filled ours before is gone.
                let past = (volume as f64 - order.ahead).max(0.0) as i64;
                order.ahead = (order.ahead - size as f64).max(0.0);
                order.traded = order.traded.saturating_add(size);
                order.left.min(past)
            };
            volume = (volume - filled).max(0);
            let price = flip(side, order.key);
            self.out.fill(ts_ns, side, order, (price, filled), true)?;
        }
        self.own[side as usize].sweep();
        Ok(())
    }

    /// `volume` newly offered on `side` at `key` reaches our orders of the other side.
    #[cold]
    fn crossed(&mut self, ts_ns: i64, side: Side, key: i64, volume: i64) -> Result<(), DepthError> {
        let (other, mut volume) = (side.opposite(), volume);
        for order in self.own[other as usize].reaching(!key) {
            let filled = through(self.through, order.left, volume);
            volume = (volume - filled).max(0);
            let price = flip(other, order.key);
            self.out.fill(ts_ns, other, order, (price, filled), true)?;
        }
        self.own[other as usize].sweep();
        Ok(())
    }

    #[cold]
    fn forget_taken(&mut self, side: Side, key: i64) {
        self.taken[side as usize].retain(|(of, _)| *of != key);
    }
}

/// How much of an order with so much left fills when `volume` passed its price.
fn through(rule: Through, left: i64, volume: i64) -> i64 {
    match rule {
        Through::Whole => left,
        Through::Volume => left.min(volume),
    }
}
