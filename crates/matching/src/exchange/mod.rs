//! One order book of many participants that trade with one another, in price-time priority.
//!
//! What goes in: limit and market orders (GTC, IOC, FOK, post-only; DAY rests like GTC, its end is the caller's
//! affair), cancels, and reductions that keep their place. What comes out, in order, as [`ExchangeEvent`]s:
//! acknowledgements, trades, changes of aggregated levels for a feed, and what became of orders.
//!
//! * Better price first; at one price the earlier order first. A trade is at the resting order's price.
//! * Nobody trades with himself: what is left of the *newer* order is canceled when it meets an own one.
//! * Never crossed: after every call the best bid is below the best offer.
//! * The same calls give the same events and ids. No clock: the caller stamps what comes out.
//! * Sizes and prices are integers; what a unit is worth is the caller's affair.
//! * Cost: O(log levels) to rest, cancel or reduce; a taker pays O(1) per order it meets, plus O(log levels) per
//!   level it empties; FOK looks at what it would take first.

//!
//! ```
//! use tradewind_matching::exchange::{Exchange, ExchangeEvent, NewKind, NewOrder, ParticipantId};
//! use tradewind_types::{PriceMantissa, Side, SizeMantissa, TimeInForce};
//!
//! let mut exchange = Exchange::new(1_000);
//! let mut events = Vec::new();
//! let offer = NewOrder {
//!     participant: ParticipantId(1),
//!     tag: 0,
//!     side: Side::Sell,
//!     size: SizeMantissa(5),
//!     kind: NewKind::Limit { price: PriceMantissa(101), post_only: false },
//!     time_in_force: TimeInForce::Gtc,
//! };
//! exchange.submit(&offer, &mut events);
//! let bid = NewOrder { participant: ParticipantId(2), side: Side::Buy, size: SizeMantissa(3), ..offer };
//! exchange.submit(&bid, &mut events);
//! assert!(events.iter().any(|e| matches!(e, ExchangeEvent::Trade { size: SizeMantissa(3), .. })));
//! assert_eq!(exchange.best(Side::Sell), Some((PriceMantissa(101), SizeMantissa(2))));
//! ```

mod book;
mod event;
mod matching;

pub use event::{EndReason, ExchangeEvent, NewKind, NewOrder, OrderView, Party, RefuseReason};

use rustc_hash::FxHashMap;
use tradewind_types::{PriceMantissa, Side, SizeMantissa};

use book::{Arena, Ladder};

/// The exchange's number of an order; ascending, never used twice.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExchangeOrderId(pub u64);

/// A participant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ParticipantId(pub u32);

/// Largest size of one order, so that sums cannot overflow.
pub const SIZE_MAX: SizeMantissa = SizeMantissa(10i128.pow(27));

/// The matching engine of one instrument.
#[derive(Clone, Debug)]
pub struct Exchange {
    bids: Ladder,
    offers: Ladder,
    arena: Arena,
    slots: FxHashMap<ExchangeOrderId, u32>,
    orders_max: usize,
    last_order: u64,
    last_trade: u64,
}

impl Exchange {
    /// An empty book that holds at most `orders_max` resting orders (at most 2³² − 2).
    #[must_use]
    pub fn new(orders_max: usize) -> Self {
        Self {
            bids: Ladder::new(Side::Buy),
            offers: Ladder::new(Side::Sell),
            arena: Arena::default(),
            slots: FxHashMap::default(),
            orders_max: orders_max.min(u32::MAX as usize - 1),
            last_order: 0,
            last_trade: 0,
        }
    }

    /// Cancels a resting order. `None` when the participant has no such order; otherwise what was left of it.
    pub fn cancel(
        &mut self,
        participant: ParticipantId,
        id: ExchangeOrderId,
        out: &mut Vec<ExchangeEvent>,
    ) -> Option<SizeMantissa> {
        let slot = self.own_slot(participant, id)?;
        let order = *self.arena.get(slot);
        self.remove(slot);
        out.push(ExchangeEvent::Ended {
            order: order.party(),
            reason: EndReason::Canceled,
        });
        self.publish_level(order.side, order.price, out);
        Some(SizeMantissa(order.left))
    }

    /// Cancels all resting orders of a participant, oldest first. O(orders).
    pub fn cancel_all(&mut self, participant: ParticipantId, out: &mut Vec<ExchangeEvent>) {
        for order in self.orders_of(participant) {
            self.cancel(participant, order.id, out);
        }
    }

    /// Brings what is left of a resting order down to `left`; it keeps its place. Zero cancels it. `None`, and
    /// nothing happens, when the participant has no such order or less of it is left.
    pub fn reduce(
        &mut self,
        participant: ParticipantId,
        id: ExchangeOrderId,
        left: SizeMantissa,
        out: &mut Vec<ExchangeEvent>,
    ) -> Option<()> {
        let slot = self.own_slot(participant, id)?;
        let order = *self.arena.get(slot);
        if left.0 > order.left || left.0 < 0 {
            return None;
        }
        if left.0 == 0 {
            return self.cancel(participant, id, out).map(|_| ());
        }
        self.ladder_mut(order.side)
            .shrink(order.price, order.left - left.0);
        self.arena.get_mut(slot).left = left.0;
        out.push(ExchangeEvent::Reduced {
            order: self.arena.get(slot).party(),
        });
        self.publish_level(order.side, order.price, out);
        Some(())
    }

    /// The best price of a side with its total size.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<(PriceMantissa, SizeMantissa)> {
        self.levels(side).next()
    }

    /// The levels of a side, best first.
    pub fn levels(&self, side: Side) -> impl Iterator<Item = (PriceMantissa, SizeMantissa)> + '_ {
        self.ladder(side).levels()
    }

    /// Number of levels of a side.
    #[must_use]
    pub fn level_count(&self, side: Side) -> usize {
        self.ladder(side).len()
    }

    /// Total size at a price; 0 when there is none.
    #[must_use]
    pub fn size_at(&self, side: Side, price: PriceMantissa) -> SizeMantissa {
        SizeMantissa(self.ladder(side).total(price))
    }

    /// Number of resting orders.
    #[must_use]
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether nothing rests.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// A resting order.
    #[must_use]
    pub fn order(&self, id: ExchangeOrderId) -> Option<OrderView> {
        self.slots.get(&id).map(|slot| self.arena.get(*slot).view())
    }

    /// A participant's resting orders, oldest first. O(orders).
    #[must_use]
    pub fn orders_of(&self, participant: ParticipantId) -> Vec<OrderView> {
        let nodes = self.slots.values().map(|slot| self.arena.get(*slot));
        let mut own: Vec<_> = nodes
            .filter(|n| n.participant == participant)
            .map(|n| n.view())
            .collect();
        own.sort_by_key(|order| order.id);
        own
    }

    /// The resting orders of a level in the order in which they will trade.
    pub fn queue(&self, side: Side, price: PriceMantissa) -> impl Iterator<Item = OrderView> + '_ {
        let mut next = self.ladder(side).head(price);
        std::iter::from_fn(move || {
            let node = self.arena.get(next?);
            next = node.next;
            Some(node.view())
        })
    }

    /// What is wrong with the book, if anything: it is crossed, or a level's total is not the sum of its orders.
    ///
    /// # Errors
    /// A sentence for people.
    pub fn check(&self) -> Result<(), String> {
        if let (Some((bid, _)), Some((offer, _))) = (self.best(Side::Buy), self.best(Side::Sell))
            && bid >= offer
        {
            return Err(format!("crossed: bid {} offer {}", bid.0, offer.0));
        }
        let mut seen = 0;
        for side in [Side::Buy, Side::Sell] {
            for (price, size) in self.levels(side) {
                let (mut sum, mut last) = (0, None);
                for order in self.queue(side, price) {
                    if last >= Some(order.id) || order.left.0 <= 0 || order.price != price {
                        return Err(format!("order {} is out of place at {}", order.id.0, price.0));
                    }
                    (sum, last, seen) = (sum + order.left.0, Some(order.id), seen + 1);
                }
                if sum != size.0 || sum == 0 {
                    return Err(format!("level {} says {}, its orders {sum}", price.0, size.0));
                }
            }
        }
        if seen == self.slots.len() {
            Ok(())
        } else {
            Err(format!("{seen} of {} orders rest", self.slots.len()))
        }
    }

    fn own_slot(&self, participant: ParticipantId, id: ExchangeOrderId) -> Option<u32> {
        let slot = *self.slots.get(&id)?;
        (self.arena.get(slot).participant == participant).then_some(slot)
    }

    fn ladder(&self, side: Side) -> &Ladder {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.offers,
        }
    }

    fn ladder_mut(&mut self, side: Side) -> &mut Ladder {
        match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.offers,
        }
    }

    /// Takes an order out of its level and gives its slot back.
    fn remove(&mut self, slot: u32) {
        let order = *self.arena.get(slot);
        match order.side {
            Side::Buy => self.bids.unlink(&mut self.arena, slot),
            Side::Sell => self.offers.unlink(&mut self.arena, slot),
        }
        self.slots.remove(&order.id);
        self.arena.free(slot);
    }

    fn publish_level(&self, side: Side, price: PriceMantissa, out: &mut Vec<ExchangeEvent>) {
        out.push(ExchangeEvent::Level {
            side,
            price,
            size: self.size_at(side, price),
        });
    }
}
