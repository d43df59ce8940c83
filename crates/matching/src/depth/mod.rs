//! Order-book replay with our own orders in the queues: the depth lane.
//!
//! For studies where the place in a queue decides: recorded or synthetic events of one instrument, by price (L2) or by
//! order (L3), run through a flat book at tens of millions a second; a strategy sees the market as late as it would,
//! its orders arrive as late as they would, and fill when their turn comes.
//!
//! ```text
//!                 entry latency                        response latency
//!  strategy ──▶ Desk ─────requests────▶ Venue ─────reports────▶ Desk ──▶ strategy
//!                 ▲                       ▲ book, queues, fills
//!                 └───── feed delay ──────┴────── events
//! ```
//!
//! * [`event`]: the compact events that go in, in ticks and lots; [`Scale`] makes them from market data.
//! * [`FlatBook`]: levels in a ring around the best price.
//! * [`queue`]: queue position models, and exact places for by-order feeds.
//! * [`latency`]: constant, sampled or recorded, for each way.
//! * [`DepthLane`] with a [`DepthStrategy`]; [`JoinBest`] is one.
//! * [`synthetic`]: a seeded market, by price or by order, from the crate's own [`exchange`](crate::exchange).
//!
//! It differs from [`paper`](crate::paper) in what it is for: `paper` is the kernel's venue, with every order type,
//! decimals and records; this is a lane of its own for one instrument and millions of events, limit and market orders
//! only. Sums are exact integers; decimals are made at the boundary. Queue positions, being estimates, are `f64`.
//! Everything is bounded; hostile events are errors or are counted. The same input gives the same [`Outcome`].
//!
//! ```
//! use tradewind_matching::depth::{DepthConfig, DepthEvent, DepthLane, JoinBest, Latency, RiskAverse};
//! use tradewind_types::Side;
//!
//! // 10 lots bid at 99; our order of 2 stands behind them; 11 lots are sold into the bid: one of ours fills.
//! let events = [
//!     DepthEvent::level(0, Side::Buy, 99, 10),
//!     DepthEvent::level(0, Side::Sell, 101, 10),
//!     DepthEvent::level(2_000, Side::Sell, 102, 10),
//!     DepthEvent::trade(5_000, Side::Sell, 99, 11),
//! ];
//! let way = Latency::constant(100)?;
//! let quotes = JoinBest { interval_ns: 1_000, size: 2, position_max: 10 };
//! let mut lane = DepthLane::new(quotes, RiskAverse, DepthConfig::new(way.clone(), way));
//! let outcome = lane.run(events)?;
//! assert_eq!((outcome.totals.position, outcome.totals.cash), (1, -99));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod event;
pub mod latency;
pub mod queue;
pub mod synthetic;

mod account;
mod book;
mod desk;
mod digest;
mod ladder;
mod lane;
mod order;
mod quoting;
mod resting;
mod ring;
mod venue;

pub use account::{Account, FeeRate, Fees, Scale, ScaleError, Totals};
pub use book::FlatBook;
pub use desk::{Desk, DeskError, OpenOrder, OpenState};
pub use event::{DepthEvent, EventKind};
pub use ladder::{FAR_LEVELS_MAX, WINDOW_TICKS};
pub use lane::{DepthLane, DepthStrategy, Outcome};
pub use latency::{Latency, LatencyError, LatencyRow};
pub use order::{
    DepthOrder, DepthOrderKind, EndReason, Life, OWN_SIZE_MAX, OwnId, RefuseReason, Report, ReportKind,
};
pub use queue::{ExactFifo, LogShare, PowerShare, QueueRule, RiskAverse};
pub use quoting::JoinBest;
pub use venue::Through;

/// How a lane is set up.
#[derive(Clone, Debug)]
pub struct DepthConfig {
    /// From us to the venue.
    pub entry: Latency,
    /// From the venue to us.
    pub response: Latency,
    /// What a trade or quote through our price fills.
    pub through: Through,
    /// Orders of ours that may rest at once.
    pub orders_max: usize,
    /// Market events that may be on their way to us at once; a power of two is used whole.
    pub in_flight_max: usize,
}

impl DepthConfig {
    /// With these latencies, [`Through::Volume`], 1,024 orders and 2²⁰ events on their way.
    #[must_use]
    pub fn new(entry: Latency, response: Latency) -> Self {
        Self {
            entry,
            response,
            through: Through::Volume,
            orders_max: 1_024,
            in_flight_max: 1 << 20,
        }
    }
}

/// Why a lane stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DepthError {
    /// An event's price or size, or a level's total, is out of range.
    #[error(
        "event at {ts_ns} ns: price has to be within ±2^62 ticks, size and level total from 0 to 2^53 lots"
    )]
    Number {
        /// The event's time.
        ts_ns: i64,
    },
    /// Events whose times go back.
    #[error("event at {ts_ns} ns comes after a later one; events have to be sorted by the venue's time")]
    Time {
        /// The event's time.
        ts_ns: i64,
    },
    /// A by-order event in a by-price lane or a level in a by-order lane.
    #[error(
        "event at {ts_ns} ns is of the other kind of feed; by-order events need the `ExactFifo` queue, levels another"
    )]
    WrongFeed {
        /// The event's time.
        ts_ns: i64,
    },
    /// Too many events on their way to us.
    #[error("more than {max} events are on their way: delays are too long for the feed's rate")]
    InFlight {
        /// The limit.
        max: usize,
    },
    /// Too many reports on their way to us.
    #[error("more than {max} reports are on their way")]
    Reports {
        /// The limit.
        max: usize,
    },
    /// Too many orders of the market rest.
    #[error("more than {max} orders of the market rest")]
    MarketOrders {
        /// The limit.
        max: usize,
    },
    /// A sum does not fit.
    #[error("the sums of fills do not fit their integers")]
    Overflow,
}
