//! Books of a backtest: changes by price (L2) or by order (L3) from history.
//!
//! By price, a change says what a level shows now. By order, every order of the market is followed with its place in
//! its queue: it comes to the end of its price's queue, keeps its place when it shrinks, and goes to the end of a queue
//! when it grows or moves. The levels are the sums of the orders. With [`tradewind_matching::paper::QueueModel::ByOrder`]
//! the simulated venue is told what happens to orders ahead of ours.
//!
//! A change that contradicts the book (an order that is not there, one that is there already, more traded than there
//! was) is an error with its time: queues could not be followed any further.

use rustc_hash::FxHashMap;
use tradewind_matching::paper::OrderGone;
use tradewind_types::market::{Quote, Trade};
use tradewind_types::{InstrumentIdx, PriceMantissa, Side, SizeMantissa, UnixNanos};

use super::{Actions, Kernel};

/// Orders of the market that are followed at once.
const ORDERS_MAX: usize = 4_000_000;

/// What happens to a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DepthAction {
    /// By price: the level has this size now; 0 = it is gone.
    Set,
    /// By order: a new order.
    Add,
    /// By order: it has this price and size now. It keeps its place only when but the size shrinks.
    Modify,
    /// By order: so much of it is taken back; 0 = all.
    Cancel,
    /// By order: so much of it was traded.
    Trade,
    /// Everything is gone; what follows builds the book anew.
    Clear,
}

/// A change of a book, by price or by order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// The instrument.
    pub instrument: InstrumentIdx,
    /// What happens.
    pub action: DepthAction,
    /// Side of the level, or of an order that is added.
    pub side: Side,
    /// Price.
    pub price: PriceMantissa,
    /// Size.
    pub size: SizeMantissa,
    /// Number of the order; 0 by price.
    pub order: u64,
    /// When.
    pub ts: UnixNanos,
    /// Whether the next row is of this book and time too: nobody looks at the book in between.
    pub more: bool,
}

/// A change that does not fit the book.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DepthError {
    /// An order that is not there is changed, canceled or traded.
    #[error("order {0} is not in the book; a book by order has to begin with all of its orders")]
    Unknown(u64),
    /// An order is added a second time.
    #[error("order {0} is in the book already")]
    Again(u64),
    /// More of an order is gone than there was.
    #[error("order {order} has {left} left, {gone} of it cannot go")]
    TooMuch {
        /// The order.
        order: u64,
        /// What is left of it, in units of the size scale.
        left: i128,
        /// What was to go.
        gone: i128,
    },
    /// More orders than are followed.
    #[error("more than {ORDERS_MAX} orders are in the book")]
    TooMany,
}

/// An order of the market.
#[derive(Debug, Clone, Copy)]
struct Resting {
    side: Side,
    price: PriceMantissa,
    size: i128,
    /// Of its coming to its queue.
    number: u64,
}

/// One instrument's orders of the market.
#[derive(Debug, Default)]
pub(super) struct DepthFeed {
    orders: FxHashMap<u64, Resting>,
    /// The number of the last order that came to a queue.
    pub(super) number: u64,
}

impl Kernel {
    /// A change of a book. Orders of ours meet the book when it is whole ([`Kernel::replay_book`]); executions and
    /// prints of a book by order meet them at once.
    ///
    /// # Errors
    /// [`DepthError`].
    pub fn replay_depth(&mut self, change: &Depth, actions: &mut Actions) -> Result<(), DepthError> {
        let at = change.instrument.slot();
        if self.depth.len() <= at {
            self.depth.resize_with(at + 1, DepthFeed::default);
        }
        match change.action {
            DepthAction::Clear => {
                self.simulated.venue_mut().on_book_cleared(change.instrument);
                self.depth[at].orders.clear();
                if let Some(market) = self.markets.get_mut(at) {
                    market.clear_levels(change.ts);
                }
                Ok(())
            }
            DepthAction::Set => {
                self.set_level(
                    (change.instrument, change.ts),
                    (change.side, change.price),
                    change.size.0,
                );
                Ok(())
            }
            DepthAction::Add => self.add(change, change.side),
            DepthAction::Modify => {
                let known = self.resting(change)?;
                if known.price == change.price && change.size.0 <= known.size {
                    return self.take(change, known.size - change.size.0, false, actions);
                }
                self.take(change, known.size, false, actions)?;
                self.add(change, known.side)
            }
            DepthAction::Cancel => {
                let known = self.resting(change)?;
                let gone = if change.size.0 == 0 {
                    known.size
                } else {
                    change.size.0
                };
                self.take(change, gone, false, actions)
            }
            DepthAction::Trade => {
                let known = self.resting(change)?;
                self.take(change, change.size.0, true, actions)?;
                self.print(change, &known, actions);
                Ok(())
            }
        }
    }

    /// Best bid and offer of a book, where both sides are there and apart.
    #[must_use]
    pub fn depth_quote(&self, instrument: InstrumentIdx) -> Option<Quote> {
        let book = self.markets.get(instrument.slot())?.book();
        book.quote().filter(|_| !book.is_crossed())
    }

    /// The book is whole again: everybody is shown its quote, where both sides are there, and orders of ours meet it.
    pub fn replay_book(&mut self, instrument: InstrumentIdx, quote: Option<Quote>, actions: &mut Actions) {
        let market = self.markets.get_mut(instrument.slot());
        if let Some((market, quote)) = market.zip(quote) {
            market.show(quote);
        }
        self.replay_market(instrument, actions);
    }

    fn resting(&self, change: &Depth) -> Result<Resting, DepthError> {
        let feed = self.depth.get(change.instrument.slot());
        let found = feed.and_then(|feed| feed.orders.get(&change.order)).copied();
        found.ok_or(DepthError::Unknown(change.order))
    }

    fn add(&mut self, change: &Depth, side: Side) -> Result<(), DepthError> {
        let feed = &mut self.depth[change.instrument.slot()];
        if feed.orders.len() >= ORDERS_MAX {
            return Err(DepthError::TooMany);
        }
        feed.number += 1;
        let resting = Resting {
            side,
            price: change.price,
            size: change.size.0,
            number: feed.number,
        };
        if feed.orders.insert(change.order, resting).is_some() {
            return Err(DepthError::Again(change.order));
        }
        self.level_by((change.instrument, change.ts), &resting, change.size.0);
        Ok(())
    }

    /// Part of an order goes: its level shrinks, and whoever stands behind it comes forward.
    fn take(
        &mut self,
        change: &Depth,
        gone: i128,
        executed: bool,
        actions: &mut Actions,
    ) -> Result<(), DepthError> {
        let known = self.resting(change)?;
        let order = change.order;
        if gone > known.size {
            let left = known.size;
            return Err(DepthError::TooMuch { order, left, gone });
        }
        let orders = &mut self.depth[change.instrument.slot()].orders;
        if gone == known.size {
            orders.remove(&order);
        } else if let Some(resting) = orders.get_mut(&order) {
            resting.size -= gone;
        }
        let told = OrderGone {
            instrument: change.instrument,
            side: known.side,
            price: known.price,
            number: known.number,
            size: SizeMantissa(gone),
            executed,
        };
        self.replay_gone(&told, actions);
        self.level_by((change.instrument, change.ts), &known, -gone);
        Ok(())
    }

    fn print(&mut self, change: &Depth, known: &Resting, actions: &mut Actions) {
        let trade = Trade {
            instrument: change.instrument,
            price: known.price,
            size: change.size,
            aggressor: Some(known.side.opposite()),
            trade_id: 0,
            ts_event: change.ts,
            ts_init: change.ts,
        };
        self.replay_trade(&trade, actions);
    }

    fn level_by(&mut self, at: (InstrumentIdx, UnixNanos), of: &Resting, more: i128) {
        let market = self.markets.get(at.0.slot());
        let now = market.map_or(0, |m| m.book().size_at(of.side, of.price).0);
        self.set_level(at, (of.side, of.price), (now + more).max(0));
    }

    fn set_level(
        &mut self,
        (instrument, ts): (InstrumentIdx, UnixNanos),
        (side, price): (Side, PriceMantissa),
        size: i128,
    ) {
        if let Some(market) = self.markets.get_mut(instrument.slot()) {
            market.set_level(side, price, SizeMantissa(size), ts);
        }
    }
}
