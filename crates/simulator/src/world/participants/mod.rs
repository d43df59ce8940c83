//! The synthetic participants of one listing.
//!
//! Market makers ([`makers`]) quote several levels around what they believe the price to be, lean against
//! their inventory and come back some moments after they were hit. Patient traders ([`patient`]) leave limit
//! orders far from the price. Takers ([`takers`]) trade at once: noise, momentum, mean reversion and the
//! occasional sweep. All of them act through [`super::floor::Floor`], so that every trade and every level
//! that a venue publishes comes out of the matching engine.

pub mod makers;
pub mod patient;
pub mod takers;

use tradewind_types::{PriceMantissa, SizeMantissa, UnixNanos};

use crate::config::Grid;

/// What participants know in one step.
#[derive(Clone, Copy, Debug)]
pub struct Scene {
    /// The listing's units.
    pub units: Units,
    /// The fair price on this venue.
    pub mid: f64,
    /// Relative activity of the product.
    pub activity: f64,
    /// Factor on makers' distances; 1 in a quiet market.
    pub volatility: f64,
    /// When the step ends.
    pub now: UnixNanos,
    /// Length of the step, seconds.
    pub dt: f64,
}

/// Conversions between real prices and sizes and a listing's mantissas.
#[derive(Clone, Copy, Debug)]
pub struct Units {
    price: f64,
    size: f64,
}

impl Units {
    /// The units of a grid.
    #[must_use]
    pub fn of(grid: Grid) -> Self {
        Self {
            price: 10f64.powi(i32::from(grid.price_scale)),
            size: 10f64.powi(i32::from(grid.size_scale)),
        }
    }

    /// The tick at or below a price; at least one tick.
    #[must_use]
    pub fn floor(self, price: f64) -> PriceMantissa {
        PriceMantissa(((price * self.price).floor() as i64).max(1))
    }

    /// The tick at or above a price; at least two ticks, so that a bid fits below.
    #[must_use]
    pub fn ceil(self, price: f64) -> PriceMantissa {
        PriceMantissa(((price * self.price).ceil() as i64).max(2))
    }

    /// A price as a real number.
    #[must_use]
    pub fn price(self, mantissa: PriceMantissa) -> f64 {
        mantissa.0 as f64 / self.price
    }

    /// The size worth `notional` at `price`; at least one lot.
    #[must_use]
    pub fn size(self, notional: f64, price: f64) -> SizeMantissa {
        SizeMantissa(((notional / price * self.size).round() as i128).max(1))
    }

    /// What a size is worth at a price.
    #[must_use]
    pub fn notional(self, size: SizeMantissa, price: PriceMantissa) -> f64 {
        size.0 as f64 / self.size * self.price(price)
    }
}
