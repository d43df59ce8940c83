//! What is asked of the exchange and what it tells.

use tradewind_types::{PriceMantissa, Side, SizeMantissa, TimeInForce};

use super::{ExchangeOrderId, ParticipantId};

/// Type of a new order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NewKind {
    /// Takes what is there; the rest is canceled, whatever the time in force.
    Market,
    /// At this price or better.
    Limit {
        /// The worst price.
        price: PriceMantissa,
        /// Refused rather than traded at once.
        post_only: bool,
    },
}

/// A new order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewOrder {
    /// Whose.
    pub participant: ParticipantId,
    /// The participant's own mark, handed back in every event.
    pub tag: u64,
    /// Buy or sell.
    pub side: Side,
    /// How much, above zero.
    pub size: SizeMantissa,
    /// Type.
    pub kind: NewKind,
    /// Life span; DAY rests like GTC.
    pub time_in_force: TimeInForce,
}

/// An order and what is left of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Party {
    /// The order.
    pub id: ExchangeOrderId,
    /// Whose.
    pub participant: ParticipantId,
    /// The participant's mark.
    pub tag: u64,
    /// What is left after the event.
    pub left: SizeMantissa,
}

/// A resting order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderView {
    /// The order.
    pub id: ExchangeOrderId,
    /// Whose.
    pub participant: ParticipantId,
    /// The participant's mark.
    pub tag: u64,
    /// Side.
    pub side: Side,
    /// Price.
    pub price: PriceMantissa,
    /// What is left.
    pub left: SizeMantissa,
}

/// Why an order was not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RefuseReason {
    /// Size not above zero, or above [`super::SIZE_MAX`].
    #[error("the size is not above zero, or too large")]
    BadSize,
    /// Post-only, and it would trade at once.
    #[error("post-only: the order would trade at once")]
    WouldTrade,
    /// Post-only together with IOC or FOK.
    #[error("post-only contradicts an immediate order")]
    Contradiction,
    /// The book is full.
    #[error("the book holds as many orders as it may")]
    Full,
}

/// Why an order, or the rest of it, is gone without a trade.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum EndReason {
    /// Asked for.
    Canceled,
    /// IOC or MARKET: nothing more to take.
    NoLiquidity,
    /// FOK: not the whole was there.
    FillOrKill,
    /// It met an order of its own participant.
    SelfTrade,
}

/// What happened, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExchangeEvent {
    /// An order was taken; `left` is its whole size.
    Accepted {
        /// The order.
        order: Party,
    },
    /// An order was not taken.
    Refused {
        /// Whose.
        participant: ParticipantId,
        /// The participant's mark.
        tag: u64,
        /// Why.
        reason: RefuseReason,
    },
    /// Two orders traded. A party with nothing left is done; no other event says so.
    Trade {
        /// Ascending from 1.
        trade_id: u64,
        /// The maker's price.
        price: PriceMantissa,
        /// How much.
        size: SizeMantissa,
        /// The taker's side.
        aggressor: Side,
        /// The resting order.
        maker: Party,
        /// The order that came.
        taker: Party,
    },
    /// The total size at a price is now this; 0 = the level is gone.
    Level {
        /// `Buy` = bid.
        side: Side,
        /// Price.
        price: PriceMantissa,
        /// New total.
        size: SizeMantissa,
    },
    /// An order was made smaller.
    Reduced {
        /// The order.
        order: Party,
    },
    /// An order, or the rest of it, is gone.
    Ended {
        /// The order, with what was left of it.
        order: Party,
        /// Why.
        reason: EndReason,
    },
}
