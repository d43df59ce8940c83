//! Takers: traders who want it now.
//!
//! | kind | when | direction |
//! | --- | --- | --- |
//! | noise | at random | either |
//! | momentum | the 4 s mean has left the 20 s mean | along |
//! | reversion | the price has left its 90 s mean | against |
//! | sweep | every few minutes | either, through many levels at once |

use tradewind_types::{PriceMantissa, Side};

use super::Scene;
use crate::rng::Rng;
use crate::world::floor::Floor;

/// Orders per second of each kind at activity 1 and full signal.
const NOISE_PER_S: f64 = 0.4;
const MOMENTUM_PER_S: f64 = 0.55;
const REVERSION_PER_S: f64 = 0.35;
/// Mean time between sweeps, seconds.
const SWEEP_EVERY_S: f64 = 210.0;
/// Deviations at which a signal is full, as fractions of the price.
const MOMENTUM_FULL: f64 = 0.000_8;
const REVERSION_FULL: f64 = 0.003;

/// The takers of one listing, with the means they look at.
#[derive(Clone, Debug, Default)]
pub struct Takers {
    fast: f64,
    slow: f64,
    mean: f64,
}

impl Takers {
    /// Relative distance of the 4 s mean from the 20 s mean; how much the market is moving.
    #[must_use]
    pub fn momentum(&self) -> f64 {
        if self.slow > 0.0 {
            self.fast / self.slow - 1.0
        } else {
            0.0
        }
    }

    /// One step.
    pub fn step(&mut self, floor: &mut Floor, scene: &Scene, rng: &mut Rng) {
        let Scene {
            units,
            mid,
            activity,
            dt,
            ..
        } = *scene;
        if self.mean <= 0.0 {
            (self.fast, self.slow, self.mean) = (mid, mid, mid);
        }
        let follow = |mean: &mut f64, tau: f64| *mean += (mid - *mean) * (1.0 - (-dt / tau).exp());
        follow(&mut self.fast, 4.0);
        follow(&mut self.slow, 20.0);
        follow(&mut self.mean, 90.0);

        let rate = activity * dt;
        for _ in 0..rng.poisson(NOISE_PER_S * rate, 20) {
            let side = if rng.chance(0.5) { Side::Buy } else { Side::Sell };
            let notional = rng.log_normal(420.0, 1.4);
            take(floor, scene, side, notional, rng);
        }
        let momentum = (self.momentum() / MOMENTUM_FULL).clamp(-1.5, 1.5);
        let along = if momentum > 0.0 { Side::Buy } else { Side::Sell };
        for _ in 0..rng.poisson(MOMENTUM_PER_S * rate * momentum.abs(), 20) {
            let notional = rng.log_normal(900.0, 1.1);
            take(floor, scene, along, notional, rng);
        }
        let deviation = ((mid / self.mean - 1.0) / REVERSION_FULL).clamp(-1.5, 1.5);
        let against = if deviation > 0.0 { Side::Sell } else { Side::Buy };
        for _ in 0..rng.poisson(REVERSION_PER_S * rate * deviation.abs(), 20) {
            let notional = rng.log_normal(1_100.0, 1.0);
            take(floor, scene, against, notional, rng);
        }
        if rng.chance(dt / SWEEP_EVERY_S) {
            let side = if rng.chance(0.5) { Side::Buy } else { Side::Sell };
            let notional = rng.log_normal(120_000.0, 0.5);
            floor.take(side, limit(scene, side, 0.002), units.size(notional, mid), true);
        }
    }
}

fn take(floor: &mut Floor, scene: &Scene, side: Side, notional: f64, rng: &mut Rng) {
    // Two in three are market orders; the rest limit what they pay. Nobody pays more than 0.5 % too much.
    let market = rng.chance(0.66);
    let reach = if market { 0.005 } else { 0.000_6 };
    let size = scene.units.size(notional.min(250_000.0), scene.mid);
    floor.take(side, limit(scene, side, reach), size, market);
}

fn limit(scene: &Scene, side: Side, reach: f64) -> PriceMantissa {
    match side {
        Side::Buy => scene.units.ceil(scene.mid * (1.0 + reach)),
        Side::Sell => scene.units.floor(scene.mid * (1.0 - reach)),
    }
}
