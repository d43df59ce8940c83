//! How long to wait before the next attempt: exponential, capped, with full jitter or none.

use std::time::Duration;

/// Where the random part of a delay comes from. Injected, so that tests know the delays.
pub trait Jitter: Send + Sync {
    /// A number in `[0, 1)`.
    fn fraction(&self) -> f64;
}

/// Jitter from the operating system's random source.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsJitter;

impl Jitter for OsJitter {
    #[allow(
        clippy::disallowed_methods,
        reason = "jitter keeps a fleet from reconnecting in step; no number shown depends on it"
    )]
    fn fraction(&self) -> f64 {
        // Without a random source the delay is the middle one: still a delay.
        getrandom::u32().map_or(0.5, |bits| f64::from(bits) / (f64::from(u32::MAX) + 1.0))
    }
}

/// The same fraction every time.
#[derive(Debug, Clone, Copy)]
pub struct FixedJitter(pub f64);

impl Jitter for FixedJitter {
    fn fraction(&self) -> f64 {
        self.0
    }
}

/// What jitter does to a delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum JitterMode {
    /// Anything between zero and the exponential delay, evenly.
    #[default]
    Full,
    /// Exactly the exponential delay.
    Off,
}

/// The series of delays between attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackoffSettings {
    /// Delay after the first failure.
    pub base: Duration,
    /// The longest delay.
    pub max: Duration,
    /// What jitter does.
    pub jitter: JitterMode,
    /// A session that lived so long resets the series.
    pub reset_after: Duration,
    /// Failures in a row (attempts that failed and sessions lost before [`Self::reset_after`]) after which the
    /// connection is [`Failed`](super::ConnectionState::Failed); `None` tries for ever.
    pub max_attempts: Option<u32>,
}

impl Default for BackoffSettings {
    fn default() -> Self {
        Self {
            base: Duration::from_secs(1),
            max: Duration::from_secs(60),
            jitter: JitterMode::Full,
            reset_after: Duration::from_secs(60),
            max_attempts: None,
        }
    }
}

impl BackoffSettings {
    /// The delay after `failures` failures in a row (1 is the first): `min(max, base · 2^(failures − 1))`,
    /// times a random fraction with full jitter.
    #[must_use]
    pub fn delay(&self, failures: u32, jitter: &dyn Jitter) -> Duration {
        let doublings = failures.saturating_sub(1).min(31);
        let ceiling = self.base.saturating_mul(1 << doublings).min(self.max);
        match self.jitter {
            JitterMode::Off => ceiling,
            JitterMode::Full => ceiling.mul_f64(jitter.fraction().clamp(0.0, 1.0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn delays_double_from_one_to_sixty_seconds() {
        let backoff = BackoffSettings {
            jitter: JitterMode::Off,
            ..BackoffSettings::default()
        };
        let seconds: Vec<u64> = (1..=9)
            .map(|n| backoff.delay(n, &FixedJitter(0.3)).as_secs())
            .collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert_eq!(
            backoff.delay(u32::MAX, &FixedJitter(0.3)),
            Duration::from_secs(60)
        );
    }

    proptest! {
        #[test]
        fn full_jitter_lies_between_zero_and_the_exponential_delay(failures in 1_u32..40, fraction in 0.0_f64..1.0) {
            let full = BackoffSettings::default();
            let off = BackoffSettings { jitter: JitterMode::Off, ..full.clone() };
            let ceiling = off.delay(failures, &FixedJitter(fraction));
            let delay = full.delay(failures, &FixedJitter(fraction));
            prop_assert!(delay <= ceiling);
            prop_assert!((delay.as_secs_f64() - ceiling.as_secs_f64() * fraction).abs() < 1e-6);
        }
    }

    #[test]
    fn the_system_jitter_stays_in_its_range_and_varies() {
        let draws: Vec<f64> = (0..64).map(|_| OsJitter.fraction()).collect();
        assert!(draws.iter().all(|f| (0.0..1.0).contains(f)));
        assert!(draws.iter().any(|f| (f - draws[0]).abs() > f64::EPSILON));
    }
}
