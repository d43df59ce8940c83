//! What is asked for, before anything has happened to it.

use std::fmt;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::terms::{OrderTerms, TrailingOffset};
use crate::{
    AccountId, ClientOrderId, Instrument, InstrumentId, Price, Quantity, SignalId, StrategyId, UnixNanos,
};

/// Side of an order, trade or book.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Side {
    /// Buys, or the bid side.
    Buy,
    /// Sells, or the offer side.
    Sell,
}

impl Side {
    /// The other side.
    #[must_use]
    pub fn opposite(self) -> Side {
        match self {
            Side::Buy => Side::Sell,
            Side::Sell => Side::Buy,
        }
    }

    /// `BUY` or `SELL`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Buy => "BUY",
            Side::Sell => "SELL",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Type of an order, with the data that only that type has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderKind {
    /// At whatever price the book gives. Never rests: what is not filled at once is canceled.
    Market,
    /// At this price or better.
    Limit {
        /// The worst price accepted.
        price: Price,
        /// Rejected rather than filled at once (adds liquidity or nothing).
        post_only: bool,
    },
    /// A market order once the trigger is reached.
    StopMarket {
        /// Buy: reached from below; sell: from above.
        trigger: Price,
    },
    /// A limit order once the trigger is reached.
    StopLimit {
        /// As for [`OrderKind::StopMarket`].
        trigger: Price,
        /// The worst price accepted.
        price: Price,
        /// As for [`OrderKind::Limit`], once it is triggered.
        post_only: bool,
    },
    /// A stop whose trigger follows the market at a distance and never goes back; then a market order.
    TrailingStop {
        /// The distance.
        offset: TrailingOffset,
        /// It begins to follow when this price is reached; `None` = at once.
        activation: Option<Price>,
    },
}

/// How long an order lives.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TimeInForce {
    /// Until the end of the market's trading day (UTC midnight for 24/7 markets).
    Day,
    /// Until canceled.
    Gtc,
    /// Fills what it can at once; the rest is canceled.
    Ioc,
    /// Fills whole at once or is canceled whole.
    Fok,
    /// Until a time.
    Gtd {
        /// The end.
        until: UnixNanos,
    },
}

impl TimeInForce {
    /// Whether what is not filled at once is canceled.
    #[must_use]
    pub fn is_immediate(self) -> bool {
        matches!(self, TimeInForce::Ioc | TimeInForce::Fok)
    }
}

/// Who asked for an order. Every path goes through the same risk gate.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(tag = "origin", rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderOrigin {
    /// A person or program, over page, API or CLI; `actor` is a user or key id.
    Manual {
        /// Pseudonymous id.
        actor: String,
    },
    /// A strategy, on a signal.
    Strategy {
        /// The strategy.
        strategy: StrategyId,
        /// The signal that caused it.
        signal: SignalId,
        /// The signal's confidence, 0 to 1.
        confidence: UnitFraction,
    },
    /// Kill switch or flattening; passes rate rules and never opens risk.
    Flatten {
        /// Who or what ordered it.
        actor: String,
    },
}

/// A confidence in millionths, so that records compare and hash exactly.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitFraction(pub u32);

impl UnitFraction {
    /// From 0..=1.
    #[must_use]
    pub fn from_unit(value: f64) -> Self {
        Self((value.clamp(0.0, 1.0) * 1e6).round() as u32)
    }

    /// Back to 0..=1.
    #[must_use]
    pub fn to_unit(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

/// An order as asked for. Two requests with one `client_order_id` must be equal in every field.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct OrderRequest {
    /// Our id, unique per account.
    pub client_order_id: ClientOrderId,
    /// The account that pays.
    pub account: AccountId,
    /// What is traded.
    pub instrument: InstrumentId,
    /// Buy or sell.
    pub side: Side,
    /// How much.
    pub quantity: Quantity,
    /// Type with its data.
    pub kind: OrderKind,
    /// Life span.
    pub time_in_force: TimeInForce,
    /// May only shrink an open position, never open or turn one.
    pub reduce_only: bool,
    /// Who asked.
    pub origin: OrderOrigin,
    /// What only some orders have; nothing by default.
    #[serde(default, skip_serializing_if = "OrderTerms::is_plain")]
    pub terms: OrderTerms,
}

/// Why a request is malformed for its instrument, before any risk rule is asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The price is not on the tick grid.
    #[error("price {price} is not a multiple of the tick {tick}")]
    OffTick {
        /// As asked.
        price: String,
        /// The instrument's step.
        tick: String,
    },
    /// The quantity is not on the lot grid.
    #[error("quantity {quantity} is not a multiple of the lot {lot}")]
    OffLot {
        /// As asked.
        quantity: String,
        /// The instrument's step.
        lot: String,
    },
    /// The price must be above zero.
    #[error("price {price} must be greater than 0")]
    PriceNotPositive {
        /// As asked.
        price: String,
    },
    /// Below the instrument's least quantity or notional.
    #[error("{what} {actual} is below the instrument's minimum of {minimum}")]
    BelowMinimum {
        /// `quantity` or `notional`.
        what: &'static str,
        /// As asked.
        actual: String,
        /// The least allowed.
        minimum: String,
    },
    /// A combination that contradicts itself.
    #[error("{0}")]
    Contradiction(&'static str),
    /// Numbers too large to multiply.
    #[error("price × quantity does not fit a decimal")]
    TooLarge,
}

impl OrderRequest {
    /// The limit price, where there is one.
    #[must_use]
    pub fn limit_price(&self) -> Option<Price> {
        match self.kind {
            OrderKind::Market | OrderKind::StopMarket { .. } | OrderKind::TrailingStop { .. } => None,
            OrderKind::Limit { price, .. } | OrderKind::StopLimit { price, .. } => Some(price),
        }
    }

    /// The trigger asked for; a trailing stop has none of its own (see [`super::Order::trigger`]).
    #[must_use]
    pub fn trigger_price(&self) -> Option<Price> {
        match self.kind {
            OrderKind::StopMarket { trigger } | OrderKind::StopLimit { trigger, .. } => Some(trigger),
            OrderKind::Market | OrderKind::Limit { .. } | OrderKind::TrailingStop { .. } => None,
        }
    }

    /// Whether it waits for a trigger.
    #[must_use]
    pub fn is_stop(&self) -> bool {
        !matches!(self.kind, OrderKind::Market | OrderKind::Limit { .. })
    }

    /// Whether it must not take liquidity.
    #[must_use]
    pub fn post_only(&self) -> bool {
        matches!(
            self.kind,
            OrderKind::Limit { post_only: true, .. } | OrderKind::StopLimit { post_only: true, .. }
        )
    }

    /// Checks the request against the instrument's steps and minima.
    ///
    /// # Errors
    /// The first [`RequestError`] found.
    pub fn check(&self, instrument: &Instrument) -> Result<(), RequestError> {
        self.check_combination()?;
        let quantity = self.quantity.decimal();
        check_lot(self.quantity, instrument)?;
        if quantity < instrument.quantity_min {
            return Err(below("quantity", quantity, instrument.quantity_min));
        }
        if let Some(display) = self.terms.display {
            check_lot(display, instrument)?;
        }
        self.check_trailing(instrument)?;
        if let Some(trigger) = self.trigger_price() {
            check_price(trigger, instrument)?;
        }
        let Some(price) = self.limit_price() else {
            return Ok(());
        };
        check_price(price, instrument)?;
        let notional = instrument
            .notional(price.decimal(), quantity)
            .map_err(|_| RequestError::TooLarge)?;
        if notional < instrument.notional_min {
            return Err(below("notional", notional, instrument.notional_min));
        }
        Ok(())
    }

    /// What contradicts itself whatever the instrument.
    fn check_combination(&self) -> Result<(), RequestError> {
        let refuse = |why| Err(RequestError::Contradiction(why));
        let immediate = self.time_in_force.is_immediate();
        if self.post_only() && immediate {
            return refuse("post-only cannot be combined with IOC or FOK");
        }
        if let Some(display) = self.terms.display {
            if self.limit_price().is_none() {
                return refuse("a display quantity needs a limit price");
            }
            if immediate {
                return refuse("a display quantity cannot be combined with IOC or FOK: nothing would rest");
            }
            if display > self.quantity {
                return refuse("the display quantity is larger than the order");
            }
        }
        if matches!(self.kind, OrderKind::Market) && matches!(self.time_in_force, TimeInForce::Gtd { .. }) {
            return refuse("a MARKET order never rests and cannot be GTD");
        }
        if self.terms.parent.as_ref() == Some(&self.client_order_id) {
            return refuse("an order cannot be its own parent");
        }
        Ok(())
    }

    fn check_trailing(&self, instrument: &Instrument) -> Result<(), RequestError> {
        let OrderKind::TrailingStop { offset, activation } = self.kind else {
            return Ok(());
        };
        if let Some(activation) = activation {
            check_price(activation, instrument)?;
        }
        match offset {
            TrailingOffset::Price(distance) if distance.decimal() <= Decimal::ZERO => Err(
                RequestError::Contradiction("a trailing offset must be greater than 0"),
            ),
            TrailingOffset::Price(distance) => check_tick(distance, instrument),
            TrailingOffset::Percent(percent) if percent > Decimal::ZERO && percent < Decimal::ONE_HUNDRED => {
                Ok(())
            }
            TrailingOffset::Percent(_) => Err(RequestError::Contradiction(
                "a trailing offset in percent must be above 0 and below 100",
            )),
        }
    }
}

fn check_lot(quantity: Quantity, instrument: &Instrument) -> Result<(), RequestError> {
    if instrument.on_lot(quantity.decimal()) {
        return Ok(());
    }
    Err(RequestError::OffLot {
        quantity: quantity.to_string(),
        lot: instrument.lot.normalize().to_string(),
    })
}

fn check_price(price: Price, instrument: &Instrument) -> Result<(), RequestError> {
    if !instrument.price_may_be_negative && price.decimal() <= Decimal::ZERO {
        return Err(RequestError::PriceNotPositive {
            price: price.to_string(),
        });
    }
    check_tick(price, instrument)
}

fn check_tick(price: Price, instrument: &Instrument) -> Result<(), RequestError> {
    if instrument.on_tick(price.decimal()) {
        return Ok(());
    }
    Err(RequestError::OffTick {
        price: price.to_string(),
        tick: instrument.tick.normalize().to_string(),
    })
}

fn below(what: &'static str, actual: Decimal, minimum: Decimal) -> RequestError {
    RequestError::BelowMinimum {
        what,
        actual: actual.normalize().to_string(),
        minimum: minimum.normalize().to_string(),
    }
}
