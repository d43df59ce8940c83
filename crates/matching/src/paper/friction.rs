//! What taking costs beyond the displayed price: slippage and market impact.
//!
//! Both move a taker's price against him, by a whole number of ticks (rounded up), never to his favour and never
//! beyond his limit or protection price; makers fill at their own price. Off by default.
//!
//! **Impact** is the square-root law: `ΔP / P = Y · σ · √(Q / V)` with Q what the order takes at once, V the volume of
//! a day, σ the volatility of a day (as a fraction) and Y a number near 1. Sources: Almgren, Thum, Hauptmann, Li,
//! "Direct Estimation of Equity Market Impact" (2005); Tóth et al., "Anomalous price impact and the critical nature of
//! liquidity in financial markets", Phys. Rev. X 1, 021006 (2011). All of the order is charged the impact of its whole
//! quantity, which is the careful side: along the way it would have been two thirds of it on average. Without σ and V
//! for an instrument ([`super::PaperVenue::set_impact_inputs`]) there is none. Statistics are `f64`; the moved price
//! is integer ticks again.

use rust_decimal::Decimal;
use tradewind_types::{PriceMantissa, Rounding, Side};

use super::order::Working;
use crate::reaches;

/// How much worse than displayed a taker fills.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Slippage {
    /// Not at all.
    #[default]
    None,
    /// By basis points of the price.
    Bps(Decimal),
    /// By a fraction of the spread displayed at the time; nothing where a side is empty.
    SpreadFraction(Decimal),
    /// By ticks.
    Ticks(u32),
}

/// How a taker's size moves his price.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Impact {
    /// Not at all.
    #[default]
    None,
    /// By the square-root law.
    SquareRoot {
        /// Y of the formula.
        y: f64,
    },
}

/// What the square-root law needs of an instrument.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ImpactInputs {
    /// Volatility of a day, as a fraction: 0.02 = 2 %.
    pub sigma: f64,
    /// Volume of a day in units of quantity.
    pub volume: f64,
}

/// Slippage and impact as set.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Friction {
    pub(crate) slippage: Slippage,
    pub(crate) impact: Impact,
}

impl Friction {
    pub(crate) fn is_off(&self) -> bool {
        self.slippage == Slippage::None && self.impact == Impact::None
    }

    /// The price at which a taker fills instead of `price`. `taken` is what he takes at once, in units.
    pub(crate) fn worse(
        &self,
        order: &Working,
        price: PriceMantissa,
        spread: Option<i64>,
        taken: f64,
        inputs: Option<ImpactInputs>,
    ) -> PriceMantissa {
        let units = self.slipped(price, spread, order.tick) + self.pushed(price, taken, inputs);
        let tick = i128::from(order.tick);
        let moved = (units + tick - 1).div_euclid(tick) * tick;
        if moved <= 0 {
            return price;
        }
        let side = order.side();
        let worse = match side {
            Side::Buy => i128::from(price.0) + moved,
            Side::Sell => i128::from(price.0) - moved,
        };
        let worse = i64::try_from(worse).map_or(order.limit, PriceMantissa);
        let worse = if reaches(side, order.limit, worse) {
            worse
        } else {
            order.limit
        };
        if worse.0 < order.tick && price.0 > 0 && !order.order.instrument.price_may_be_negative {
            return PriceMantissa(order.tick.min(price.0));
        }
        worse
    }

    fn slipped(&self, price: PriceMantissa, spread: Option<i64>, tick: i64) -> i128 {
        let part = |of: i64, part: Decimal| {
            let moved = Decimal::from(of.unsigned_abs()).checked_mul(part);
            let moved = moved.map_or(Decimal::ZERO, |m| Rounding::Up.to_decimals(m, 0));
            i128::try_from(moved).unwrap_or(0).max(0)
        };
        match self.slippage {
            Slippage::None => 0,
            Slippage::Bps(bps) => part(price.0, bps / Decimal::from(10_000)),
            Slippage::SpreadFraction(fraction) => spread.map_or(0, |s| part(s.max(0), fraction)),
            Slippage::Ticks(ticks) => i128::from(ticks) * i128::from(tick),
        }
    }

    fn pushed(&self, price: PriceMantissa, taken: f64, inputs: Option<ImpactInputs>) -> i128 {
        let (Impact::SquareRoot { y }, Some(ImpactInputs { sigma, volume })) = (self.impact, inputs) else {
            return 0;
        };
        let part = y * sigma * (taken / volume).sqrt();
        let moved = (price.0 as f64).abs() * part;
        // The last bits of a float are not worth a tick. NaN (no volume) and what is below zero move nothing; a float
        // beyond the range saturates.
        let moved = (moved * (1.0 - 1e-12)).ceil();
        if moved > 0.0 { (moved as i64).into() } else { 0 }
    }
}
