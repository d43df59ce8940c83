//! What only some orders have: a displayed part, a trigger's source, links to other orders.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{ClientOrderId, OrderListId, Price, Quantity};

/// Distance between the market and the trigger of a trailing stop.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TrailingOffset {
    /// In units of price; a multiple of the tick.
    Price(Price),
    /// In percent of the market's price, above 0 and below 100; the trigger is brought to the tick away from the market.
    Percent(Decimal),
}

/// Which price a trigger is compared with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
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

/// Terms beyond type, price and time in force.
///
/// A *bracket* is an entry and two children that name it as `parent`, share one `oco` list and are reduce-only.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
pub struct OrderTerms {
    /// Iceberg: only so much of it is displayed at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display: Option<Quantity>,
    /// What a stop's trigger is compared with.
    #[serde(default, skip_serializing_if = "TriggerBy::is_default")]
    pub trigger_by: TriggerBy,
    /// One-triggers-other: this order waits in `Initialized` until that one fills, and is then sized to what filled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ClientOrderId>,
    /// One-cancels-other: what fills of one order of the list is taken off the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oco: Option<OrderListId>,
}

impl TriggerBy {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl OrderTerms {
    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }
}
