//! Orders and fills.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{Dec, Time};

/// Side.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Side {
    /// Buys.
    Buy,
    /// Sells.
    Sell,
}

/// Type of an order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderType {
    /// At whatever price the book gives; never rests.
    Market,
    /// At its price or better.
    Limit,
    /// A market order once the trigger is reached.
    StopMarket,
    /// A limit order once the trigger is reached.
    StopLimit,
    /// A stop whose trigger follows the market at a distance.
    TrailingStop,
}

/// Which price a trigger is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TriggerBy {
    /// The side that the order would trade with: the best offer for a buy, the best bid for a sell.
    #[default]
    Quote,
    /// The last public trade.
    Last,
    /// The middle of the quote.
    Mid,
}

/// How long an order lives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimeInForce {
    /// Until the end of the market's trading day.
    Day,
    /// Until canceled.
    Gtc,
    /// Fills what it can at once.
    Ioc,
    /// Fills whole at once or not at all.
    Fok,
    /// Until `good_till`.
    Gtd,
}

/// Where an order is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderState {
    /// Recorded, not yet decided on.
    Initialized,
    /// Refused by the risk gate; see `denials`.
    Denied,
    /// On its way to the venue.
    Submitted,
    /// Refused by the venue; see `reason`.
    Rejected,
    /// Resting, nothing filled.
    Accepted,
    /// A stop that was triggered and rests.
    Triggered,
    /// A change is under way.
    PendingModify,
    /// A cancel is under way.
    PendingCancel,
    /// Resting, part filled.
    PartiallyFilled,
    /// Filled whole.
    Filled,
    /// Gone; what was filled stays.
    Canceled,
    /// Its time ended.
    Expired,
    /// The venue's answer was lost; it is being queried.
    Unknown,
}

/// Which orders to list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum OrderList {
    /// Open ones.
    Open,
    /// All.
    #[default]
    All,
}

/// Who asked for an order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderOrigin {
    /// A person or program.
    Manual,
    /// A strategy.
    Strategy,
    /// Flattening or the kill switch.
    Flatten,
}

/// A rule of the risk gate that denied, with what was compared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Denial {
    /// The rule, e.g. `ORDER_SIZE`.
    #[schema(example = "ORDER_SIZE")]
    pub rule: String,
    /// The figure of this order.
    pub actual: String,
    /// The limit it was compared with.
    pub limit: String,
    /// One sentence.
    pub message: String,
}

/// An order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Order {
    /// Our id of it, unique per account.
    pub client_order_id: String,
    /// Account.
    pub account: String,
    /// Instrument.
    pub instrument: String,
    /// Side.
    pub side: Side,
    /// Type.
    #[serde(rename = "type")]
    pub kind: OrderType,
    /// Limit price; null for an order without one.
    pub price: Option<Dec>,
    /// Trigger; of a trailing stop where it is now, null before it follows.
    pub trigger: Option<Dec>,
    /// Whether the trigger was reached.
    pub triggered: bool,
    /// What the trigger is compared with; null for an order without one.
    pub trigger_by: Option<TriggerBy>,
    /// Distance of a trailing stop in units of price.
    pub trailing_offset: Option<Dec>,
    /// Distance of a trailing stop in percent of the market's price.
    pub trailing_percent: Option<Dec>,
    /// Price at which a trailing stop begins to follow.
    pub activation: Option<Dec>,
    /// How much was ordered.
    pub quantity: Dec,
    /// Life span.
    pub time_in_force: TimeInForce,
    /// End of a GTD order.
    pub good_till: Option<Time>,
    /// Iceberg: so much of it is displayed at a time.
    pub display_quantity: Option<Dec>,
    /// The order whose fill releases this one.
    pub parent: Option<String>,
    /// List of orders that cancel one another.
    pub oco: Option<String>,
    /// Adds liquidity or nothing.
    pub post_only: bool,
    /// Only shrinks a position.
    pub reduce_only: bool,
    /// Where it is.
    pub state: OrderState,
    /// Σ fills.
    pub filled: Dec,
    /// Quantity − filled.
    pub leaves: Dec,
    /// Average price of the fills; null before the first.
    pub average_price: Option<Dec>,
    /// Who asked.
    pub origin: OrderOrigin,
    /// The strategy, when one asked.
    pub strategy: Option<String>,
    /// The signal that caused it.
    pub signal: Option<String>,
    /// The venue's id.
    pub venue_order_id: Option<String>,
    /// Why it was rejected or canceled.
    pub reason: Option<String>,
    /// Why it was denied: every rule.
    pub denials: Vec<Denial>,
    /// When it was made.
    pub created_at: Time,
    /// When it last changed.
    pub updated_at: Time,
    /// Number of events so far.
    pub version: u32,
    /// True when it trades against simulated data.
    pub simulated: bool,
}

/// Submits an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Your id of it (1 to 36 letters, digits, `_`, `-`); repeated with the same content it answers the first order. Made for you when absent.
    #[serde(default)]
    #[schema(example = "my-order-1", max_length = 36)]
    pub client_order_id: Option<String>,
    /// Instrument.
    #[schema(example = "BTC-USD.COINBASE")]
    pub instrument: String,
    /// Side.
    pub side: Side,
    /// Type.
    #[serde(rename = "type")]
    pub kind: OrderType,
    /// Limit price, decimal text; needed for LIMIT and STOP_LIMIT, refused for the others.
    #[serde(default)]
    #[schema(format = "decimal", example = "64250.10")]
    pub price: Option<String>,
    /// Quantity, decimal text.
    #[schema(format = "decimal", example = "0.01")]
    pub quantity: String,
    /// Life span; GTC for LIMIT and IOC for MARKET when absent.
    #[serde(default)]
    pub time_in_force: Option<TimeInForce>,
    /// Adds liquidity or nothing.
    #[serde(default)]
    pub post_only: bool,
    /// Only shrinks a position.
    #[serde(default)]
    pub reduce_only: bool,
    /// Trigger, decimal text; needed for STOP_MARKET and STOP_LIMIT.
    #[serde(default)]
    #[schema(format = "decimal", example = "63000")]
    pub trigger: Option<String>,
    /// What the trigger is compared with; QUOTE when absent.
    #[serde(default)]
    pub trigger_by: Option<TriggerBy>,
    /// TRAILING_STOP: distance in units of price. This or `trailing_percent`.
    #[serde(default)]
    #[schema(format = "decimal", example = "500")]
    pub trailing_offset: Option<String>,
    /// TRAILING_STOP: distance in percent of the market's price.
    #[serde(default)]
    #[schema(format = "decimal", example = "1.5")]
    pub trailing_percent: Option<String>,
    /// TRAILING_STOP: price at which it begins to follow; at once when absent.
    #[serde(default)]
    #[schema(format = "decimal")]
    pub activation: Option<String>,
    /// End of a GTD order.
    #[serde(default)]
    pub good_till: Option<Time>,
    /// Iceberg: so much of it is displayed at a time.
    #[serde(default)]
    #[schema(format = "decimal")]
    pub display_quantity: Option<String>,
    /// One triggers other: waits until that order fills, and is then sized to what filled.
    #[serde(default)]
    #[schema(max_length = 36)]
    pub parent: Option<String>,
    /// One cancels other: what fills of one order of the list is taken off the others.
    #[serde(default)]
    #[schema(max_length = 36)]
    pub oco: Option<String>,
}

/// Changes an open order; what is absent stays.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderChange {
    /// New quantity in total, what is filled included.
    #[serde(default)]
    #[schema(format = "decimal", example = "0.02")]
    pub quantity: Option<String>,
    /// New limit price.
    #[serde(default)]
    #[schema(format = "decimal")]
    pub price: Option<String>,
    /// New trigger.
    #[serde(default)]
    #[schema(format = "decimal")]
    pub trigger: Option<String>,
    /// New display quantity of an iceberg.
    #[serde(default)]
    #[schema(format = "decimal")]
    pub display_quantity: Option<String>,
    /// Refused when the order is no longer at this version.
    #[serde(default)]
    pub version: Option<u32>,
}

/// One protective leg of a bracket: a price, or a distance from the entry. One of the two.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BracketLeg {
    /// Where it is (the trigger of the stop-loss, the limit of the take-profit).
    #[serde(default)]
    #[schema(format = "decimal", example = "61000")]
    pub price: Option<String>,
    /// How far from the entry, as a fraction: of its limit, or without one of the quote it would meet.
    #[serde(default)]
    #[schema(format = "decimal", example = "0.05")]
    pub distance: Option<String>,
}

/// An entry with a stop-loss and a take-profit that wait for it, are sized to what filled, and cancel one another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBracket {
    /// The entry. The legs' ids are its id with `-sl` and `-tp`.
    pub entry: NewOrder,
    /// A stop-market order on the other side; none when absent.
    #[serde(default)]
    pub stop_loss: Option<BracketLeg>,
    /// A limit order on the other side; none when absent.
    #[serde(default)]
    pub take_profit: Option<BracketLeg>,
}

/// How the orders of a batch hang together.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BatchMode {
    /// Each for itself.
    Independent,
    /// All or none: when one is refused, what rests is canceled, and what filled is reported.
    AllOrNone,
}

/// Submits 1 to 20 orders.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBatch {
    /// How they hang together.
    pub mode: BatchMode,
    /// The orders.
    #[schema(min_items = 1, max_items = 20)]
    pub orders: Vec<NewOrder>,
}

/// What became of a batch or of flattening.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct OrderBatch {
    /// How they hang together.
    pub mode: BatchMode,
    /// The orders, as asked.
    pub orders: Vec<Order>,
    /// Whether an all-or-none batch was undone.
    pub compensated: bool,
}

/// Which orders to cancel.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelAll {
    /// Only those of this instrument; all when absent.
    #[serde(default)]
    pub instrument: Option<String>,
}

/// Orders for which a cancel is under way or done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Canceled {
    /// Their client order ids.
    pub canceled: Vec<String>,
}

/// Which positions to close.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Flatten {
    /// Only this instrument; all when absent.
    #[serde(default)]
    pub instrument: Option<String>,
}

/// Whether a fill added or took liquidity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Liquidity {
    /// Added.
    Maker,
    /// Took.
    Taker,
}

/// One execution of an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Fill {
    /// Our id.
    pub id: String,
    /// The order.
    pub client_order_id: String,
    /// Account.
    pub account: String,
    /// Instrument.
    pub instrument: String,
    /// Side.
    pub side: Side,
    /// Price.
    pub price: Dec,
    /// Quantity.
    pub quantity: Dec,
    /// Fee; negative = rebate.
    pub fee: Dec,
    /// Its currency.
    pub fee_currency: String,
    /// Maker or taker.
    pub liquidity: Liquidity,
    /// The strategy, when one asked.
    pub strategy: Option<String>,
    /// The venue's id.
    pub venue_trade_id: String,
    /// When.
    pub ts: Time,
    /// True when it happened against simulated data.
    pub simulated: bool,
}
