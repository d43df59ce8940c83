//! Our own orders: what is asked of the venue, and what it answers.

use tradewind_types::Side;

/// Number of one of our orders; ascending from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct OwnId(pub u64);

/// Life span of a limit order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Life {
    /// Trades what it can, the rest stays until cancelled.
    Gtc,
    /// As `Gtc`, but refused where it would trade at once.
    PostOnly,
    /// Trades what it can, the rest ends.
    Ioc,
    /// Trades as a whole at once or not at all.
    Fok,
}

/// Type of an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DepthOrderKind {
    /// At any price; what finds nobody ends.
    Market,
    /// At this price or better.
    Limit {
        /// Ticks.
        price: i64,
        /// Life span.
        life: Life,
    },
}

/// A new order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DepthOrder {
    /// Buy or sell.
    pub side: Side,
    /// Lots, above 0 and at most [`OWN_SIZE_MAX`].
    pub size: i64,
    /// Type.
    pub kind: DepthOrderKind,
}

/// Largest size of one of our orders in lots.
pub const OWN_SIZE_MAX: i64 = 1 << 48;

/// What travels to the venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Request {
    New { id: OwnId, order: DepthOrder },
    Cancel { id: OwnId },
    Modify { id: OwnId, price: i64, left: i64 },
}

/// Why the venue refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefuseReason {
    /// Post-only, and it would trade at once.
    WouldTrade,
    /// It would trade with another order of ours.
    SelfTrade,
    /// As many of our orders rest as may.
    Full,
    /// To cancel or modify: no such order rests (any more).
    NotResting,
}

/// Why an order, or the rest of it, ended without a trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndReason {
    /// We asked for it.
    Canceled,
    /// IOC or market: nothing more within reach.
    NoLiquidity,
    /// FOK: not the whole was within reach.
    FillOrKill,
    /// The venue cleared its by-order book: places in the queues are lost.
    Cleared,
}

/// What became of a request or an order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReportKind {
    /// It rests, with so much left.
    Accepted {
        /// Lots.
        left: i64,
    },
    /// It, or a part of it, traded.
    Filled {
        /// Ticks.
        price: i64,
        /// Lots.
        size: i64,
        /// Lots left of the order.
        left: i64,
        /// Whether our order was the resting one.
        maker: bool,
    },
    /// It rests at this price with so much left.
    Modified {
        /// Ticks.
        price: i64,
        /// Lots.
        left: i64,
    },
    /// The rest ended.
    Ended {
        /// Lots.
        left: i64,
        /// Why.
        reason: EndReason,
    },
    /// The new order was not taken.
    Refused {
        /// Why.
        reason: RefuseReason,
    },
    /// The cancel came too late.
    CancelRefused,
    /// The modification was not carried out; the order, if it rests, is as before.
    ModifyRefused {
        /// Why.
        reason: RefuseReason,
    },
}

/// An answer of the venue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// The venue's time, nanoseconds since the epoch.
    pub ts_ns: i64,
    /// Which order.
    pub id: OwnId,
    /// What happened.
    pub kind: ReportKind,
}
