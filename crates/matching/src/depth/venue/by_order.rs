//! By-order feeds: every order of the market is known, so the place of ours is exact.
//!
//! Each order gets a rank when it comes; ours too. Of the orders at our price, those with a lower rank stand ahead. It is
//! enough to keep their sum per order of ours: it changes only when one of them does, and an event says which.
//!
//! An execution of an order that stands behind ours means that the same taker would have met us first: its volume is
//! ours, up to what is left. That is what the exchange would have done, until the market itself would have acted
//! differently because of our fill, which no recording can tell.

use rustc_hash::FxHashMap;
use tradewind_types::Side;

use super::{Venue, through};
use crate::depth::DepthError;
use crate::depth::book::flip;
use crate::depth::event::{DepthEvent, EventKind, SIZE_MAX};
use crate::depth::order::EndReason;
use crate::depth::queue::QueueRule;
use crate::depth::ring::Ring;

/// Orders of the market that may rest at once.
const MARKET_ORDERS_MAX: usize = 1 << 22;

#[derive(Clone, Copy, Debug)]
struct MarketOrder {
    key: i64,
    left: i64,
    seq: u64,
    side: Side,
}

#[derive(Clone, Debug, Default)]
pub(super) struct MarketOrders {
    orders: FxHashMap<u64, MarketOrder>,
}

impl<Q: QueueRule> Venue<Q> {
    pub(super) fn process_by_order(&mut self, event: &DepthEvent, feed: &mut Ring) -> Result<(), DepthError> {
        let known = self.market.orders.get(&event.order).copied();
        match (event.kind, known) {
            (EventKind::Trade, _) => feed.push(*event),
            (EventKind::Clear, _) => self.clear_orders(event, feed),
            (EventKind::Level, _) => Err(DepthError::WrongFeed { ts_ns: event.ts_ns }),
            (EventKind::Add, None) if event.size > 0 => self.add(event, feed),
            (EventKind::Reduce, Some(order)) => self.lessen(event, &order, event.size, feed),
            (EventKind::Delete, Some(order)) => self.lessen(event, &order, order.left, feed),
            (EventKind::Execute, Some(order)) => self.execute(event, &order, feed),
            (EventKind::Replace, Some(order)) => self.replace(event, &order, feed),
            _ => {
                self.out.totals.strays += 1;
                Ok(())
            }
        }
    }

    fn add(&mut self, event: &DepthEvent, feed: &mut Ring) -> Result<(), DepthError> {
        if self.market.orders.len() >= MARKET_ORDERS_MAX {
            return Err(DepthError::MarketOrders {
                max: MARKET_ORDERS_MAX,
            });
        }
        let (side, key) = (event.side, flip(event.side, event.price));
        let total = self.book.ladder(side).size_at(key) + event.size;
        if total > SIZE_MAX {
            return Err(DepthError::Number { ts_ns: event.ts_ns });
        }
        self.seq += 1;
        let order = MarketOrder {
            key,
            left: event.size,
            seq: self.seq,
            side,
        };
        self.market.orders.insert(event.order, order);
        self.set_level(event, side, key, total, feed)?;
        if key >= !self.own[side.opposite() as usize].best {
            return self.crossed(event.ts_ns, side, key, event.size);
        }
        Ok(())
    }

    fn replace(
        &mut self,
        event: &DepthEvent,
        order: &MarketOrder,
        feed: &mut Ring,
    ) -> Result<(), DepthError> {
        if flip(order.side, event.price) == order.key && event.size <= order.left {
            return self.lessen(event, order, order.left - event.size, feed);
        }
        self.lessen(event, order, order.left, feed)?;
        if event.size == 0 {
            return Ok(());
        }
        let side = order.side;
        self.add(&DepthEvent { side, ..*event }, feed)
    }

    fn execute(
        &mut self,
        event: &DepthEvent,
        order: &MarketOrder,
        feed: &mut Ring,
    ) -> Result<(), DepthError> {
        let size = event.size.min(order.left);
        let price = flip(order.side, order.key);
        feed.push(DepthEvent {
            kind: EventKind::Trade,
            side: order.side.opposite(),
            price,
            size,
            ..*event
        })?;
        if order.key <= self.own[order.side as usize].best {
            self.fill_before(event.ts_ns, order, size)?;
        }
        self.lessen(event, order, size, feed)
    }

    /// The taker of `size` from `order` would have met ours with priority over it first.
    fn fill_before(&mut self, ts_ns: i64, order: &MarketOrder, size: i64) -> Result<(), DepthError> {
        let (side, mut volume) = (order.side, size);
        for own in self.own[side as usize].reaching(order.key) {
            let filled = if own.key > order.key {
                through(self.through, own.left, volume)
            } else if own.seq < order.seq {
                own.left.min(volume)
            } else {
                0
            };
            volume = (volume - filled).max(0);
            let price = flip(side, own.key);
            self.out.fill(ts_ns, side, own, (price, filled), true)?;
        }
        self.own[side as usize].sweep();
        Ok(())
    }

    /// Takes `size` off an order and its level, and off what is ahead of ours that stand behind it.
    fn lessen(
        &mut self,
        event: &DepthEvent,
        order: &MarketOrder,
        size: i64,
        feed: &mut Ring,
    ) -> Result<(), DepthError> {
        let size = size.min(order.left);
        if size == order.left {
            self.market.orders.remove(&event.order);
        } else if let Some(kept) = self.market.orders.get_mut(&event.order) {
            kept.left -= size;
        }
        for own in self.own[order.side as usize].at(order.key) {
            if own.seq > order.seq {
                own.ahead -= size as f64;
            }
        }
        let total = self.book.ladder(order.side).size_at(order.key) - size;
        self.set_level(event, order.side, order.key, total.max(0), feed)
    }

    /// Sets a level in the venue's book and tells it as a by-price feed would.
    fn set_level(
        &mut self,
        event: &DepthEvent,
        side: Side,
        key: i64,
        total: i64,
        feed: &mut Ring,
    ) -> Result<(), DepthError> {
        self.book.ladder_mut(side).set(key, total);
        if !self.taken[side as usize].is_empty() {
            self.forget_taken(side, key);
        }
        feed.push(DepthEvent {
            kind: EventKind::Level,
            side,
            price: flip(side, key),
            size: total,
            ..*event
        })
    }

    /// Orders that come after this have new ranks, so places are lost and our orders end.
    fn clear_orders(&mut self, event: &DepthEvent, feed: &mut Ring) -> Result<(), DepthError> {
        let side = event.side;
        self.market.orders.retain(|_, order| order.side != side);
        self.book.clear(side);
        self.taken[side as usize].clear();
        for own in self.own[side as usize].reaching(i64::MIN) {
            let left = std::mem::take(&mut own.left);
            self.out.ended(event.ts_ns, own.id, left, EndReason::Cleared)?;
        }
        self.own[side as usize].sweep();
        feed.push(*event)
    }
}
