//! The shared fair value of a product, which every venue's participants know up to a small error.
//!
//! The logarithm of the price is a sum of four parts:
//!
//! | part | process | what it looks like |
//! | --- | --- | --- |
//! | slow | Ornstein–Uhlenbeck, six hours, with stochastic volatility | the day's drift |
//! | cycle | damped oscillator driven by noise: `dq = v dt`, `dv = −(ω²q + 2ζω v) dt + s dW` | swings of one to three minutes |
//! | shock | Poisson jumps that decay within half a minute | dips and V-shaped recoveries |
//! | anchor | constant | the price at which the world began |
//!
//! Both mean reversions bound the price over a day; jumps and changing volatility give fat tails.

use serde::{Deserialize, Serialize};

use crate::config::Dynamics;
use crate::rng::Rng;

/// Damping of the cycle: about three swings are remembered.
const ZETA: f64 = 0.14;
/// Time constant of the slow part, seconds.
const SLOW_TAU_S: f64 = 6.0 * 3600.0;
/// Time constant of the volatility's logarithm, seconds.
const VOL_TAU_S: f64 = 600.0;
/// Standard deviation of the volatility's logarithm.
const VOL_SIGMA: f64 = 0.45;
/// Time constant of a shock's decay, seconds.
const SHOCK_TAU_S: f64 = 30.0;
/// Share of a shock that stays in the slow part.
const SHOCK_KEPT: f64 = 0.25;
/// Longest step of the oscillator, seconds; longer ones are divided.
const STEP_MAX_S: f64 = 1.0;

/// The state of a product's fair value. Serialised in the state file.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct FairValue {
    /// Logarithm of the starting price.
    pub anchor: f64,
    /// Slow deviation from the anchor.
    pub slow: f64,
    /// Position of the cycle.
    pub cycle: f64,
    /// Speed of the cycle, per second.
    pub velocity: f64,
    /// What is left of the last shocks.
    pub shock: f64,
    /// Logarithm of relative volatility.
    pub log_vol: f64,
}

impl FairValue {
    /// At rest at a price.
    #[must_use]
    pub fn at(price: f64) -> Self {
        Self {
            anchor: price.ln(),
            slow: 0.0,
            cycle: 0.0,
            velocity: 0.0,
            shock: 0.0,
            log_vol: 0.0,
        }
    }

    /// The price now.
    #[must_use]
    pub fn price(&self) -> f64 {
        (self.anchor + self.slow + self.cycle + self.shock).exp()
    }

    /// Moves on by `dt` seconds. `common` holds standard normals shared by all products, so that they
    /// correlate: one for the walk, one for the cycle.
    pub fn step(&mut self, dt: f64, dynamics: &Dynamics, common: (f64, f64), rng: &mut Rng) {
        let parts = (dt / STEP_MAX_S).ceil().max(1.0);
        let h = dt / parts;
        for _ in 0..parts as u32 {
            self.step_short(h, dynamics, common, rng);
        }
    }

    fn step_short(&mut self, h: f64, dynamics: &Dynamics, common: (f64, f64), rng: &mut Rng) {
        let mixed = |shared: f64, own: f64, rho: f64| rho * shared + (1.0 - rho * rho).sqrt() * own;
        let root = h.sqrt();
        self.log_vol +=
            -self.log_vol / VOL_TAU_S * h + VOL_SIGMA * (2.0 / VOL_TAU_S).sqrt() * root * rng.normal();
        let vol = self.log_vol.exp();
        let walk = mixed(common.0, rng.normal(), 0.5);
        self.slow += -self.slow / SLOW_TAU_S * h + vol * dynamics.walk_per_sqrt_s * root * walk;

        let omega = std::f64::consts::TAU / dynamics.cycle_s;
        let gamma = 2.0 * ZETA * omega;
        // The stationary variance of the oscillator is s²/(2γω²).
        let drive = dynamics.cycle_amplitude * omega * (2.0 * gamma).sqrt();
        let push = mixed(common.1, rng.normal(), 0.4);
        self.velocity +=
            -(omega * omega * self.cycle + gamma * self.velocity) * h + vol * drive * root * push;
        // Speed first, then position: the order that keeps an oscillator's energy bounded.
        self.cycle += self.velocity * h;

        self.shock *= (-h / SHOCK_TAU_S).exp();
        if rng.chance(h / dynamics.shock_every_s) {
            let size = dynamics.shock_size * (0.6 + rng.exponential(0.4));
            let signed = if rng.chance(0.6) { -size } else { size };
            self.slow += SHOCK_KEPT * signed;
            self.shock += (1.0 - SHOCK_KEPT) * signed;
        }
    }
}

/// One venue's small, short-lived deviation from the fair value.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Basis(f64);

impl Basis {
    /// Standard deviation, as a fraction of the price.
    const SIGMA: f64 = 0.000_12;
    /// Time constant, seconds.
    const TAU_S: f64 = 15.0;

    /// Moves on by `dt` seconds and returns the factor to apply to the fair price.
    pub fn step(&mut self, dt: f64, rng: &mut Rng) -> f64 {
        // Exact for any dt.
        let keep = (-dt / Self::TAU_S).exp();
        self.0 = self.0 * keep + Self::SIGMA * (1.0 - keep * keep).sqrt() * rng.normal();
        self.0.exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_of_fair_values_stays_within_thirty_percent_with_fat_tails_and_cycles() {
        let dynamics = Dynamics::default();
        for seed in 0..5 {
            let mut rng = Rng::new(seed, 0);
            let mut fair = FairValue::at(100.0);
            let mut prices = Vec::new();
            for _ in 0..86_400 {
                let common = (rng.normal(), rng.normal());
                fair.step(1.0, &dynamics, common, &mut rng);
                prices.push(fair.price());
            }
            let (low, high) = prices
                .iter()
                .fold((f64::MAX, 0.0f64), |(l, h), p| (l.min(*p), h.max(*p)));
            assert!(low > 70.0 && high < 130.0, "seed {seed}: {low}…{high}");
            let returns: Vec<f64> = prices
                .windows(11)
                .step_by(10)
                .map(|w| (w[10] / w[0]).ln())
                .collect();
            let n = returns.len() as f64;
            let second = returns.iter().map(|r| r * r).sum::<f64>() / n;
            let fourth = returns.iter().map(|r| r.powi(4)).sum::<f64>() / n;
            let kurtosis = fourth / (second * second);
            assert!(kurtosis > 3.0, "seed {seed}: kurtosis {kurtosis}");
            // Swings: over two minutes the price ranges over 0.2 % to 2 % in the middle half of windows.
            let mut ranges: Vec<f64> = prices
                .chunks(120)
                .map(|c| {
                    c.iter().copied().fold(0.0, f64::max) / c.iter().copied().fold(f64::MAX, f64::min) - 1.0
                })
                .collect();
            ranges.sort_by(f64::total_cmp);
            let median = ranges[ranges.len() / 2];
            assert!(
                (0.003..0.02).contains(&median),
                "seed {seed}: median range {median}"
            );
        }
    }
}
