//! What the venue reports, for the kernel to turn into order events.

use std::fmt;

use tradewind_types::{
    AccountId, ClientOrderId, FillId, InstrumentIdx, Market, Money, OrderEventKind, Price, Quantity, Side,
    StrategyId, UnixNanos, VenueOrderId, VenueTradeId,
};

use super::fees::FeeItems;
use super::slots::OrderSlot;

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
    /// A cash account sells what it does not hold.
    #[error("a cash account may not be short: there is no position to sell")]
    Uncovered,
    /// A figure does not fit the instrument's scale.
    #[error("the order does not fit the instrument: {0}")]
    BadNumber(String),
    /// The venue is full.
    #[error("too many open orders at the paper venue")]
    TooManyOrders,
    /// Type, time in force and flags contradict one another.
    #[error("{0}")]
    Contradiction(&'static str),
    /// The end of a GTD order had passed before it arrived.
    #[error("the order was to end at {0}, before it reached the venue")]
    AlreadyOver(UnixNanos),
    /// It needs trading to go on now.
    #[error("{0}")]
    NotTrading(&'static str),
}

/// Why a change was refused; the order is as before.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ModifyRefusal {
    /// There is no such order (any more).
    #[error("the order is not open at the venue")]
    NotOpen,
    /// Nothing was to be changed.
    #[error("the change names neither quantity nor price nor trigger")]
    Nothing,
    /// More has been filled.
    #[error("the new quantity of {quantity} is below the {filled} that have been filled")]
    BelowFilled {
        /// As asked.
        quantity: Quantity,
        /// Filled so far.
        filled: Quantity,
    },
    /// A figure does not fit the instrument.
    #[error("the change does not fit the instrument: {0}")]
    BadNumber(String),
    /// The order has no such figure, or not any more.
    #[error("{0}")]
    NotOfThisOrder(&'static str),
    /// Post-only, and the new price would take.
    #[error("post-only: at the new price the order would have taken liquidity at {best}")]
    PostOnlyWouldCross {
        /// The best opposite price.
        best: Price,
    },
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
    /// A cash account's sell: what it held is sold.
    Uncovered,
    /// The fee table is gone.
    NoFees,
    /// A fill's figures do not fit.
    NumberTooLarge,
    /// It may not rest, and a restart came between acceptance and fill.
    Interrupted,
    /// Post-only stop-limit: when it was triggered it would have taken liquidity.
    PostOnly,
}

impl fmt::Display for CancelReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            CancelReason::Requested => "canceled on request",
            CancelReason::ImmediateOrCancel => "immediate-or-cancel: the rest could not be filled at once",
            CancelReason::FillOrKill => "fill-or-kill: the whole quantity could not be filled at once",
            CancelReason::NoLiquidity => "market order: no more liquidity displayed",
            CancelReason::ReduceOnly => "reduce-only: there is no more position to reduce",
            CancelReason::Uncovered => "a cash account may not be short: there is no more position to sell",
            CancelReason::NoFees => "there are no fees for it: none of its market, kind and date",
            CancelReason::NumberTooLarge => "the value of a fill does not fit",
            CancelReason::PostOnly => "post-only: when it was triggered the order would have taken liquidity",
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
    /// A stop's trigger was reached.
    Triggered,
    /// A trailing stop's trigger followed the market; told for the first level and then for each tenth of the offset.
    TriggerMoved {
        /// Where it is now.
        trigger: Price,
    },
    /// It was changed.
    Modified {
        /// Quantity in total now.
        quantity: Quantity,
        /// New limit price, if that was asked for.
        price: Option<Price>,
        /// New trigger, if that was asked for.
        trigger: Option<Price>,
        /// New display quantity, if that was asked for.
        display: Option<Quantity>,
    },
    /// It was not changed.
    ModifyRejected {
        /// Why.
        reason: ModifyRefusal,
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
        /// What the fee consists of; sums to `fee`.
        items: FeeItems,
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
    /// Whether its order may only reduce.
    pub reduce_only: bool,
}

/// Something happened to an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The account.
    pub account: AccountId,
    /// The order.
    pub client_order_id: ClientOrderId,
    /// Its slot; `None` when there is no such order (any more).
    pub slot: Option<OrderSlot>,
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
            ReportKind::Triggered => OrderEventKind::Triggered,
            ReportKind::TriggerMoved { trigger } => OrderEventKind::TriggerMoved { trigger },
            ReportKind::Modified {
                quantity,
                price,
                trigger,
                display,
            } => OrderEventKind::Modified {
                quantity,
                price,
                trigger,
                display,
            },
            ReportKind::ModifyRejected { reason } => OrderEventKind::ModifyRejected {
                reason: reason.to_string(),
            },
            ReportKind::Filled {
                venue_trade_id,
                quantity,
                price,
                fee,
                items: _,
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
