//! The events of an order's life. They are outcomes: recovery folds them and decides nothing again.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::risk::Denial;
use crate::{
    AccountId, ClientOrderId, Currency, FillId, Price, Quantity, UnixNanos, VenueOrderId, VenueTradeId,
};

/// What happened to an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderEventKind {
    /// The risk gate refused it, by these rules.
    Denied {
        /// Every rule that denied, with the figures compared.
        denials: Vec<Denial>,
    },
    /// It is on its way to the venue.
    Submitted,
    /// The venue has it.
    Accepted {
        /// The venue's id of it.
        venue_order_id: VenueOrderId,
    },
    /// The venue refused it.
    Rejected {
        /// Why.
        reason: String,
    },
    /// A stop's trigger was reached.
    Triggered,
    /// A change was asked of the venue.
    ModifyRequested,
    /// The venue changed it.
    Modified {
        /// New quantity in total.
        quantity: Quantity,
        /// New limit price.
        price: Option<Price>,
        /// New trigger.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        trigger: Option<Price>,
        /// New display quantity of an iceberg.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        display: Option<Quantity>,
    },
    /// A trailing stop's trigger followed the market.
    TriggerMoved {
        /// Where it is now.
        trigger: Price,
    },
    /// The venue refused the change; the order is as before.
    ModifyRejected {
        /// Why.
        reason: String,
    },
    /// A cancel was asked of the venue.
    CancelRequested,
    /// The venue refused the cancel; the order is as before.
    CancelRejected {
        /// Why.
        reason: String,
    },
    /// An execution.
    Filled {
        /// Our id of the fill.
        fill_id: FillId,
        /// The venue's id of the execution; a duplicate is ignored.
        venue_trade_id: VenueTradeId,
        /// How much.
        quantity: Quantity,
        /// At which price.
        price: Price,
        /// Fee; negative = rebate.
        fee: Decimal,
        /// Its currency.
        fee_currency: Currency,
        /// Whether it took liquidity.
        taker: bool,
    },
    /// The venue took an execution back.
    FillReversed {
        /// Which.
        venue_trade_id: VenueTradeId,
        /// How much it was.
        quantity: Quantity,
        /// At which price.
        price: Price,
    },
    /// It is gone; what was filled stays.
    Canceled {
        /// Why: asked for, immediate-or-cancel, fill-or-kill, reduce-only, kill switch …
        reason: String,
    },
    /// Its time in force ended.
    Expired,
    /// The venue's answer was lost: it is to be queried, never sent again.
    Lost,
}

/// One event of one order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct OrderEvent {
    /// The account.
    pub account: AccountId,
    /// The order.
    pub client_order_id: ClientOrderId,
    /// Venue (or paper) time.
    pub ts_event: UnixNanos,
    /// Our time.
    pub ts_init: UnixNanos,
    /// What happened.
    pub kind: OrderEventKind,
}

impl OrderEventKind {
    /// The event's name, e.g. `FILLED`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            OrderEventKind::Denied { .. } => "DENIED",
            OrderEventKind::Submitted => "SUBMITTED",
            OrderEventKind::Accepted { .. } => "ACCEPTED",
            OrderEventKind::Rejected { .. } => "REJECTED",
            OrderEventKind::Triggered => "TRIGGERED",
            OrderEventKind::ModifyRequested => "MODIFY_REQUESTED",
            OrderEventKind::Modified { .. } => "MODIFIED",
            OrderEventKind::TriggerMoved { .. } => "TRIGGER_MOVED",
            OrderEventKind::ModifyRejected { .. } => "MODIFY_REJECTED",
            OrderEventKind::CancelRequested => "CANCEL_REQUESTED",
            OrderEventKind::CancelRejected { .. } => "CANCEL_REJECTED",
            OrderEventKind::Filled { .. } => "FILLED",
            OrderEventKind::FillReversed { .. } => "FILL_REVERSED",
            OrderEventKind::Canceled { .. } => "CANCELED",
            OrderEventKind::Expired => "EXPIRED",
            OrderEventKind::Lost => "LOST",
        }
    }
}
