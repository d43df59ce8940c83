//! What the venue reports, for the kernel to turn into order events.

use std::fmt;

use tradewind_types::{
    AccountId, ClientOrderId, FillId, InstrumentIdx, Market, Money, OrderEventKind, Price, Quantity, Side,
    StrategyId, UnixNanos, VenueOrderId, VenueTradeId,
};

/// Why an order was not taken.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RejectReason {
    /// Post-only, and the opposite side is displayed at its price or better.
    #[error("post-only: the order would have taken liquidity at {best}")]
    PostOnlyWouldCross {
        /// The best opposite price.
        best: Price,
    },
    /// It needs liquidity at once, and the market is not valid.
    #[error("there is no valid market data to fill the order against")]
    NoMarketData,
    /// The market's fees are unknown.
    #[error("there is no fee table for market {0}")]
    NoFees(Market),
    /// There is no position that it could reduce.
    #[error("reduce-only: there is no position to reduce")]
    ReduceOnly,
    /// A figure does not fit the instrument's scale.
    #[error("the order does not fit the instrument: {0}")]
    BadNumber(String),
    /// The venue is full.
    #[error("too many open orders at the paper venue")]
    TooManyOrders,
}

/// Why an order, or the rest of it, is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CancelReason {
    /// Asked for.
    Requested,
    /// IOC: the rest was not there at once.
    ImmediateOrCancel,
    /// FOK: the whole was not there at once.
    FillOrKill,
    /// MARKET: the displayed liquidity (within the protection price) is used up.
    NoLiquidity,
    /// Reduce-only: the position is closed.
    ReduceOnly,
    /// The fee table is gone.
    NoFees,
    /// A fill's figures do not fit.
    NumberTooLarge,
    /// It may not rest, and a restart came between acceptance and fill.
    Interrupted,
}

impl fmt::Display for CancelReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CancelReason::Requested => "canceled on request",
            CancelReason::ImmediateOrCancel => "immediate-or-cancel: the rest could not be filled at once",
            CancelReason::FillOrKill => "fill-or-kill: the whole quantity could not be filled at once",
            CancelReason::NoLiquidity => "market order: no more liquidity displayed",
            CancelReason::ReduceOnly => "reduce-only: there is no more position to reduce",
            CancelReason::NoFees => "there is no fee table for the market",
            CancelReason::NumberTooLarge => "the value of a fill does not fit",
            CancelReason::Interrupted => "the program was restarted before the order could be filled",
        })
    }
}

/// What happened to an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ReportKind {
    /// It is at the venue.
    Accepted {
        /// The venue's id of it.
        venue_order_id: VenueOrderId,
    },
    /// It was not taken.
    Rejected {
        /// Why.
        reason: RejectReason,
    },
    /// An execution.
    Filled {
        /// Order id and number of the fill; the same again after a restart, never repeated for another fill.
        venue_trade_id: VenueTradeId,
        /// How much.
        quantity: Quantity,
        /// At which price.
        price: Price,
        /// The fee in quote currency; negative = rebate.
        fee: Money,
        /// Whether it took liquidity.
        taker: bool,
    },
    /// It is gone; what was filled stays.
    Canceled {
        /// Why.
        reason: CancelReason,
    },
    /// There was no such order (any more) to cancel.
    CancelRejected,
    /// Its day ended.
    Expired,
}

/// Whose fill it is and in which direction, beside what the order event holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FillOf {
    /// The instrument.
    pub instrument: InstrumentIdx,
    /// The position's owner.
    pub owner: Option<StrategyId>,
    /// Bought or sold.
    pub side: Side,
}

/// Something happened to an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The account.
    pub account: AccountId,
    /// The order.
    pub client_order_id: ClientOrderId,
    /// When it took effect at the venue.
    pub ts: UnixNanos,
    /// What.
    pub kind: ReportKind,
    /// With fills.
    pub fill_of: Option<FillOf>,
}

impl ReportKind {
    /// The order event that says the same. `fill_id` is our id of a fill and is asked for only then.
    #[must_use]
    pub fn into_event(self, fill_id: impl FnOnce(&VenueTradeId) -> FillId) -> OrderEventKind {
        match self {
            ReportKind::Accepted { venue_order_id } => OrderEventKind::Accepted { venue_order_id },
            ReportKind::Rejected { reason } => OrderEventKind::Rejected {
                reason: reason.to_string(),
            },
            ReportKind::Filled {
                venue_trade_id,
                quantity,
                price,
                fee,
                taker,
            } => OrderEventKind::Filled {
                fill_id: fill_id(&venue_trade_id),
                venue_trade_id,
                quantity,
                price,
                fee: fee.amount,
                fee_currency: fee.currency,
                taker,
            },
            ReportKind::Canceled { reason } => OrderEventKind::Canceled {
                reason: reason.to_string(),
            },
            ReportKind::CancelRejected => OrderEventKind::CancelRejected {
                reason: "the order is not open at the venue".to_owned(),
            },
            ReportKind::Expired => OrderEventKind::Expired,
        }
    }
}
