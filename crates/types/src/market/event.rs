//! What a feed tells: quotes, trades, book changes, bars.

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::bars::Bar;
use crate::{InstrumentIdx, PriceMantissa, Side, SizeMantissa, UnixNanos};

/// Best bid and offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Quote {
    /// Instrument.
    pub instrument: InstrumentIdx,
    /// Best bid; 0 size when there is none.
    pub bid: PriceMantissa,
    /// Best offer.
    pub ask: PriceMantissa,
    /// Size at the bid.
    pub bid_size: SizeMantissa,
    /// Size at the offer.
    pub ask_size: SizeMantissa,
    /// Venue time.
    pub ts_event: UnixNanos,
    /// Our time.
    pub ts_init: UnixNanos,
}

/// One public print.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Trade {
    /// Instrument.
    pub instrument: InstrumentIdx,
    /// Price.
    pub price: PriceMantissa,
    /// Size.
    pub size: SizeMantissa,
    /// Who took liquidity; `None` where the venue does not say.
    pub aggressor: Option<Side>,
    /// The venue's number of the trade; 0 where it gives none.
    pub trade_id: u64,
    /// Venue time.
    pub ts_event: UnixNanos,
    /// Our time.
    pub ts_init: UnixNanos,
}

/// Whether a book message replaces the book or changes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BookAction {
    /// The levels are the whole book.
    Snapshot,
    /// The levels change the book; size 0 removes a level.
    Delta,
}

/// One level of one side.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookLevel {
    /// `Buy` = bid, `Sell` = offer.
    pub side: Side,
    /// Price.
    pub price: PriceMantissa,
    /// New total size at the price; 0 removes it.
    pub size: SizeMantissa,
}

/// A change of, or a replacement for, an order book.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookUpdate {
    /// Instrument.
    pub instrument: InstrumentIdx,
    /// Snapshot or delta.
    pub action: BookAction,
    /// The levels in the order of the message.
    pub levels: SmallVec<[BookLevel; 4]>,
    /// Venue time.
    pub ts_event: UnixNanos,
    /// Our time.
    pub ts_init: UnixNanos,
}

/// Anything a feed delivers to the kernel.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum MarketEvent {
    /// Best bid and offer changed.
    Quote(Quote),
    /// A public trade.
    Trade(Trade),
    /// The book changed.
    Book(BookUpdate),
    /// A closed bar from the venue's history.
    Bar(Bar),
    /// The feed of an instrument was interrupted: its book and quote are no longer to be trusted.
    Reset {
        /// Instrument.
        instrument: InstrumentIdx,
        /// Our time.
        ts_init: UnixNanos,
    },
}

impl MarketEvent {
    /// The instrument concerned.
    #[must_use]
    pub fn instrument(&self) -> InstrumentIdx {
        match self {
            MarketEvent::Quote(q) => q.instrument,
            MarketEvent::Trade(t) => t.instrument,
            MarketEvent::Book(b) => b.instrument,
            MarketEvent::Bar(b) => b.instrument,
            MarketEvent::Reset { instrument, .. } => *instrument,
        }
    }

    /// When we learned of it; the kernel's clock.
    #[must_use]
    pub fn ts_init(&self) -> UnixNanos {
        match self {
            MarketEvent::Quote(q) => q.ts_init,
            MarketEvent::Trade(t) => t.ts_init,
            MarketEvent::Book(b) => b.ts_init,
            MarketEvent::Bar(b) => b.ts_init,
            MarketEvent::Reset { ts_init, .. } => *ts_init,
        }
    }
}
