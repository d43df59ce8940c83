//! What is asked for, before anything has happened to it.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{AccountId, ClientOrderId, Instrument, InstrumentId, Price, Quantity, SignalId, StrategyId};

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
            OrderKind::Market => None,
            OrderKind::Limit { price, .. } => Some(price),
        }
    }

    /// Whether it must not take liquidity.
    #[must_use]
    pub fn post_only(&self) -> bool {
        matches!(self.kind, OrderKind::Limit { post_only: true, .. })
    }

    /// Checks the request against the instrument's steps and minima.
    ///
    /// # Errors
    /// The first [`RequestError`] found.
    pub fn check(&self, instrument: &Instrument) -> Result<(), RequestError> {
        let immediate = matches!(self.time_in_force, TimeInForce::Ioc | TimeInForce::Fok);
        if self.post_only() && immediate {
            return Err(RequestError::Contradiction(
                "post-only cannot be combined with IOC or FOK",
            ));
        }
        let quantity = self.quantity.decimal();
        if !instrument.on_lot(quantity) {
            let lot = instrument.lot.normalize().to_string();
            return Err(RequestError::OffLot {
                quantity: self.quantity.to_string(),
                lot,
            });
        }
        if quantity < instrument.quantity_min {
            return Err(below("quantity", quantity, instrument.quantity_min));
        }
        let Some(price) = self.limit_price() else {
            return Ok(());
        };
        if !instrument.price_may_be_negative && price.decimal() <= rust_decimal::Decimal::ZERO {
            return Err(RequestError::PriceNotPositive {
                price: price.to_string(),
            });
        }
        if !instrument.on_tick(price.decimal()) {
            let tick = instrument.tick.normalize().to_string();
            return Err(RequestError::OffTick {
                price: price.to_string(),
                tick,
            });
        }
        let notional = instrument
            .notional(price.decimal(), quantity)
            .map_err(|_| RequestError::TooLarge)?;
        if notional < instrument.notional_min {
            return Err(below("notional", notional, instrument.notional_min));
        }
        Ok(())
    }
}

fn below(what: &'static str, actual: rust_decimal::Decimal, minimum: rust_decimal::Decimal) -> RequestError {
    RequestError::BelowMinimum {
        what,
        actual: actual.normalize().to_string(),
        minimum: minimum.normalize().to_string(),
    }
}
