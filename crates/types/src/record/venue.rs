//! What a venue reports about a live account: inputs, journalled in front of the outcomes that they cause.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{
    AccountId, ClientOrderId, Currency, InstrumentId, Price, Quantity, Side, UnixNanos, VenueOrderId,
    VenueTradeId,
};

/// One execution as the venue tells of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VenueFill {
    /// The venue's id of the execution.
    pub venue_trade_id: VenueTradeId,
    /// How much.
    pub quantity: Quantity,
    /// At which price.
    pub price: Price,
    /// Fee; negative = rebate.
    pub fee: Decimal,
    /// Its currency.
    pub fee_currency: Currency,
    /// Whether it took liquidity.
    pub taker: bool,
    /// When, by the venue's clock.
    pub ts: UnixNanos,
}

/// Where an order stands at the venue.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VenueOrderStatus {
    /// It rests, or is being worked.
    Open,
    /// Filled whole.
    Filled,
    /// Canceled; what was filled stays.
    Canceled,
    /// Its time ended.
    Expired,
    /// Refused.
    Rejected,
}

/// An order as the venue knows it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VenueOrder {
    /// Our id of it; `None` for an order that another program placed.
    pub client_order_id: Option<ClientOrderId>,
    /// The venue's id.
    pub venue_order_id: VenueOrderId,
    /// Instrument.
    pub instrument: InstrumentId,
    /// Side.
    pub side: Side,
    /// How much was ordered.
    pub quantity: Quantity,
    /// How much of it is filled.
    pub filled: Decimal,
    /// Where it stands.
    pub status: VenueOrderStatus,
    /// Its executions, as far as the venue tells them with the order.
    pub fills: Vec<VenueFill>,
}

/// Everything that a venue knows of an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VenueAccount {
    /// Open orders, and those with executions since the time asked for.
    pub orders: Vec<VenueOrder>,
    /// Signed positions; flat ones may be left out.
    pub positions: Vec<(InstrumentId, Decimal)>,
    /// Cash per currency, what open orders hold included.
    pub balances: Vec<(Currency, Decimal)>,
}

/// What is reported.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "report", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VenueNews {
    /// The venue has the order.
    Accepted {
        /// Its id there.
        venue_order_id: VenueOrderId,
    },
    /// The venue refused the order.
    Rejected {
        /// Why.
        reason: String,
    },
    /// A stop's trigger was reached.
    Triggered,
    /// The order was changed.
    Modified {
        /// Quantity in total.
        quantity: Quantity,
        /// Limit price, if that changed.
        price: Option<Price>,
        /// Trigger, if that changed.
        trigger: Option<Price>,
    },
    /// The change was refused.
    ModifyRejected {
        /// Why.
        reason: String,
    },
    /// The cancel was refused.
    CancelRejected {
        /// Why.
        reason: String,
    },
    /// An execution.
    Filled(VenueFill),
    /// An execution was taken back.
    Busted {
        /// Which.
        venue_trade_id: VenueTradeId,
    },
    /// An execution was corrected: the old one is taken back, the new one takes its place.
    Corrected {
        /// The old one.
        venue_trade_id: VenueTradeId,
        /// The new one, under an id of its own.
        fill: VenueFill,
    },
    /// The order is gone.
    Canceled {
        /// Why.
        reason: String,
    },
    /// Its time ended.
    Expired,
    /// The answer to a request was lost: nobody knows whether the venue has carried it out.
    Lost,
    /// The answer to a query.
    Found(Box<VenueOrder>),
    /// The answer to a query: the venue does not know the order.
    NotFound,
    /// The answer to a question about the account.
    Account(Box<VenueAccount>),
}

/// One report.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct VenueReport {
    /// The account.
    pub account: AccountId,
    /// The order; `None` for news of the account.
    pub client_order_id: Option<ClientOrderId>,
    /// The venue's time.
    pub ts_event: UnixNanos,
    /// When it came.
    pub ts_init: UnixNanos,
    /// What.
    pub news: VenueNews,
}
