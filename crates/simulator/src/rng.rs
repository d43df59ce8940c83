//! The simulator's one source of chance: a ChaCha stream per consumer, all derived from one seed, so that a
//! world is the same on every machine and one participant's draws do not shift another's.

#![allow(
    clippy::disallowed_types,
    reason = "this crate is where chance belongs; all of it is seeded"
)]

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng};

/// A seeded stream of random numbers with the few distributions that a market needs.
#[derive(Debug, Clone)]
pub struct Rng {
    source: ChaCha8Rng,
}

impl Rng {
    /// The stream numbered `stream` of a seed.
    #[must_use]
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut source = ChaCha8Rng::seed_from_u64(seed);
        source.set_stream(stream);
        Self { source }
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.source.next_u64()
    }

    /// Uniform in `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        // 53 bits: every value is exact.
        (self.source.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `[low, high)`.
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Standard normal, by Box and Muller's method.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Exponential with the given mean.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.uniform()).ln()
    }

    /// Log-normal with the given median and sigma of the logarithm.
    pub fn log_normal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// Poisson with the given mean, at most `max`.
    pub fn poisson(&mut self, mean: f64, max: u32) -> u32 {
        let limit = (-mean).exp();
        let mut product = self.uniform();
        let mut count = 0;
        while product > limit && count < max {
            product *= self.uniform();
            count += 1;
        }
        count
    }
}

/// Mixes two numbers into a new seed; used when a world is resumed at a later step.
#[must_use]
pub fn mix(seed: u64, salt: u64) -> u64 {
    // Finaliser constants of MurmurHash3: any odd, well-spread multipliers do.
    let mut x = seed ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    x = (x ^ (x >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    x ^ (x >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_one_seed_repeat_and_differ_from_each_other() {
        let draw = |seed, stream| {
            let mut rng = Rng::new(seed, stream);
            [rng.next_u64(), rng.next_u64()]
        };
        assert_eq!(draw(7, 1), draw(7, 1));
        assert_ne!(draw(7, 1), draw(7, 2));
        assert_ne!(draw(7, 1), draw(8, 1));
    }

    #[test]
    fn distributions_have_their_moments() {
        let mut rng = Rng::new(1, 0);
        let n = 20_000;
        let normals: Vec<f64> = (0..n).map(|_| rng.normal()).collect();
        let mean = normals.iter().sum::<f64>() / f64::from(n);
        let variance = normals.iter().map(|x| x * x).sum::<f64>() / f64::from(n);
        assert!(
            mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05,
            "{mean} {variance}"
        );
        let poisson = (0..n).map(|_| f64::from(rng.poisson(2.5, 50))).sum::<f64>() / f64::from(n);
        assert!((poisson - 2.5).abs() < 0.08, "{poisson}");
        let exponential = (0..n).map(|_| rng.exponential(3.0)).sum::<f64>() / f64::from(n);
        assert!((exponential - 3.0).abs() < 0.1, "{exponential}");
    }
}
