//! Counts of latencies in steps of 50 µs, shared by many tasks; quantiles from them.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

const STEP_US: u64 = 50;
/// 10 seconds; what takes longer counts as that.
const STEPS: usize = 200_000;

/// A histogram.
pub(super) struct Latencies {
    steps: Vec<AtomicU32>,
    count: AtomicU64,
}

impl Latencies {
    pub(super) fn new() -> Self {
        Self {
            steps: (0..STEPS).map(|_| AtomicU32::new(0)).collect(),
            count: AtomicU64::new(0),
        }
    }

    pub(super) fn add(&self, latency_us: u64) {
        let at = usize::try_from(latency_us / STEP_US)
            .unwrap_or(STEPS)
            .min(STEPS - 1);
        self.steps[at].fetch_add(1, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The latency in milliseconds that `part` (0..1) of all do not exceed; NaN without any.
    pub(super) fn quantile_ms(&self, part: f64) -> f64 {
        let wanted = (part * self.count() as f64).ceil() as u64;
        let mut seen = 0;
        for (at, step) in self.steps.iter().enumerate() {
            seen += u64::from(step.load(Ordering::Relaxed));
            if seen >= wanted && seen > 0 {
                return ((at as u64 + 1) * STEP_US) as f64 / 1_000.0;
            }
        }
        f64::NAN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_upper_ends_of_their_steps() {
        let latencies = Latencies::new();
        for ms in 1..=100 {
            latencies.add(ms * 1_000);
        }
        assert!((latencies.quantile_ms(0.50) - 50.05).abs() < 1e-9);
        assert!((latencies.quantile_ms(0.99) - 99.05).abs() < 1e-9);
        assert!(Latencies::new().quantile_ms(0.5).is_nan());
    }
}
