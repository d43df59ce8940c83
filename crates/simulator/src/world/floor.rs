//! The trading floor of one listing: the matching engine, with what participants need around it: order
//! numbers that know their owner, the trades of the step, and the levels that changed.

use tradewind_matching::exchange::{
    Exchange, ExchangeEvent, ExchangeOrderId, NewKind, NewOrder, ParticipantId,
};
use tradewind_types::market::BookLevel;
use tradewind_types::{PriceMantissa, Side, SizeMantissa, TimeInForce};

use super::listing::{Level, PublishedBook};

/// Most resting orders of a listing.
const ORDERS_MAX: usize = 10_000;
/// The participant in whose name takers trade; they never rest, so that they can share one.
const TAKER: ParticipantId = ParticipantId(0);

/// A resting order and its owner.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OrderNo {
    id: ExchangeOrderId,
    owner: ParticipantId,
}

/// One trade between a taker and a resting order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Execution {
    /// Owner of the resting order.
    pub maker: u32,
    /// Side of the taker.
    pub taker: Side,
    /// Price of the resting order.
    pub price: PriceMantissa,
    /// Size.
    pub size: SizeMantissa,
    /// Whether the taker's order was a market order.
    pub market_order: bool,
}

/// The floor.
#[derive(Debug)]
pub struct Floor {
    exchange: Exchange,
    /// Events of the call under way; kept for its memory.
    events: Vec<ExchangeEvent>,
    executions: Vec<Execution>,
    /// Levels changed since the last look, in order of their changes.
    changes: Vec<BookLevel>,
}

impl Floor {
    /// An empty floor.
    #[must_use]
    pub fn new() -> Self {
        Self {
            exchange: Exchange::new(ORDERS_MAX),
            events: Vec::new(),
            executions: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Places a limit order for an owner (from 1); what is not taken at once waits. `None` when nothing waits.
    pub fn place(
        &mut self,
        owner: u32,
        side: Side,
        price: PriceMantissa,
        size: SizeMantissa,
    ) -> Option<OrderNo> {
        let owner = ParticipantId(owner);
        let kind = NewKind::Limit {
            price,
            post_only: false,
        };
        let order = NewOrder {
            participant: owner,
            tag: 0,
            side,
            size,
            kind,
            time_in_force: TimeInForce::Gtc,
        };
        let id = self.submit(&order, false)?;
        self.exchange.order(id).map(|_| OrderNo { id, owner })
    }

    /// Takes what there is up to a limit.
    pub fn take(&mut self, side: Side, limit: PriceMantissa, size: SizeMantissa, market_order: bool) {
        let kind = NewKind::Limit {
            price: limit,
            post_only: false,
        };
        let order = NewOrder {
            participant: TAKER,
            tag: 0,
            side,
            size,
            kind,
            time_in_force: TimeInForce::Ioc,
        };
        self.submit(&order, market_order);
    }

    fn submit(&mut self, order: &NewOrder, market_order: bool) -> Option<ExchangeOrderId> {
        let id = self.exchange.submit(order, &mut self.events);
        self.collect(market_order);
        id
    }

    /// Cancels an order if it still waits.
    pub fn cancel(&mut self, number: OrderNo) {
        // None: it has been taken meanwhile.
        let _ = self.exchange.cancel(number.owner, number.id, &mut self.events);
        self.collect(false);
    }

    fn collect(&mut self, market_order: bool) {
        for event in self.events.drain(..) {
            match event {
                ExchangeEvent::Trade {
                    price,
                    size,
                    aggressor,
                    maker,
                    ..
                } => self.executions.push(Execution {
                    maker: maker.participant.0,
                    taker: aggressor,
                    price,
                    size,
                    market_order,
                }),
                ExchangeEvent::Level { side, price, size } => {
                    self.changes.push(BookLevel { side, price, size });
                }
                _ => {}
            }
        }
    }

    /// Whether an order still waits.
    #[must_use]
    pub fn is_open(&self, number: OrderNo) -> bool {
        self.exchange.order(number.id).is_some()
    }

    /// The trades since the last call.
    pub fn take_executions(&mut self) -> Vec<Execution> {
        std::mem::take(&mut self.executions)
    }

    /// The levels that changed since the last call, each once, with their sizes now.
    pub fn take_changes(&mut self) -> Vec<BookLevel> {
        let mut changes = std::mem::take(&mut self.changes);
        // Stable: of several changes of a level, the last stays last, and is the one that is kept.
        changes.sort_by_key(|level| (level.side == Side::Sell, level.price));
        let mut kept: Vec<BookLevel> = Vec::with_capacity(changes.len());
        for change in changes {
            match kept.last_mut() {
                Some(last) if (last.side, last.price) == (change.side, change.price) => *last = change,
                _ => kept.push(change),
            }
        }
        kept
    }

    /// The best price of a side with the total size there.
    #[must_use]
    pub fn best(&self, side: Side) -> Option<Level> {
        self.exchange.best(side)
    }

    /// The whole book.
    #[must_use]
    pub fn book(&self) -> PublishedBook {
        PublishedBook {
            bids: self.exchange.levels(Side::Buy).collect(),
            asks: self.exchange.levels(Side::Sell).collect(),
        }
    }
}

impl Default for Floor {
    fn default() -> Self {
        Self::new()
    }
}
