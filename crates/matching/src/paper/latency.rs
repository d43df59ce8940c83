//! How long orders and cancels are under way.
//!
//! A constant ([`super::PaperSettings::order_latency_ns`], [`super::PaperSettings::cancel_latency_ns`]) and, on top of
//! it, what a [`LatencyModel`] adds. Orders go over one connection: with added latency none overtakes the one before
//! it, nor a cancel the cancel before it. (A cancel never overtakes its own order in any case.)

use std::sync::Arc;

use tradewind_types::{SplitMix64, UnixNanos};

/// What comes on top of the constant latency.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum LatencyModel {
    /// Nothing.
    #[default]
    Constant,
    /// Drawn for each order and cancel from a seeded generator.
    Sampled {
        /// From what it is drawn.
        distribution: LatencyDistribution,
        /// Same seed, same latencies.
        seed: u64,
    },
    /// As it was measured: from each time on (ascending) this many nanoseconds; before the first time, the first.
    Replayed(Arc<[(UnixNanos, u64)]>),
}

/// Distribution of a latency in nanoseconds.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum LatencyDistribution {
    /// Every value from `min` to `max` is as likely.
    Uniform {
        /// Least.
        min: u64,
        /// Most.
        max: u64,
    },
    /// `median × e^(σ·z)` with z standard normal; the usual shape of network delays.
    LogNormal {
        /// Half are below it.
        median: u64,
        /// Spread of the logarithm; 0 = always the median.
        sigma: f64,
        /// Nothing is drawn above it.
        max: u64,
    },
}

/// Draws latencies.
#[derive(Clone, Debug)]
pub(crate) struct Delays {
    model: LatencyModel,
    random: SplitMix64,
    /// The time of the last call; with bars of several instruments it can go back, and none overtakes across that.
    last: UnixNanos,
    last_order: UnixNanos,
    last_cancel: UnixNanos,
}

impl Delays {
    pub(crate) fn new(model: LatencyModel) -> Self {
        let seed = match model {
            LatencyModel::Sampled { seed, .. } => seed,
            LatencyModel::Constant | LatencyModel::Replayed(_) => 0,
        };
        Self {
            model,
            random: SplitMix64::new(seed),
            last: UnixNanos(0),
            last_order: UnixNanos(0),
            last_cancel: UnixNanos(0),
        }
    }

    /// When an order of `now` arrives.
    pub(crate) fn order(&mut self, now: UnixNanos, constant: u64) -> UnixNanos {
        if self.model == LatencyModel::Constant {
            return now.plus(constant);
        }
        let extra = self.extra(now);
        let at = now.plus(constant).plus(extra).max(self.last_order);
        self.last_order = at;
        at
    }

    /// When a cancel or change of `now` arrives.
    pub(crate) fn cancel(&mut self, now: UnixNanos, constant: u64) -> UnixNanos {
        if self.model == LatencyModel::Constant {
            return now.plus(constant);
        }
        let extra = self.extra(now);
        let at = now.plus(constant).plus(extra).max(self.last_cancel);
        self.last_cancel = at;
        at
    }

    fn extra(&mut self, now: UnixNanos) -> u64 {
        if now < self.last {
            (self.last_order, self.last_cancel) = (UnixNanos(0), UnixNanos(0));
        }
        self.last = now;
        match &self.model {
            LatencyModel::Constant => 0,
            LatencyModel::Replayed(table) => {
                let after = table.partition_point(|(from, _)| *from <= now);
                table.get(after.saturating_sub(1)).map_or(0, |(_, ns)| *ns)
            }
            LatencyModel::Sampled { distribution, .. } => match *distribution {
                LatencyDistribution::Uniform { min, max } => {
                    let span = max.saturating_sub(min).saturating_add(1);
                    min.saturating_add(self.random.below(span))
                }
                LatencyDistribution::LogNormal { median, sigma, max } => {
                    let (z, _) = self.random.next_normal_pair();
                    // A float beyond 2^64 saturates on the cast, and `max` bounds it.
                    ((median as f64 * (sigma * z).exp()) as u64).min(max)
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(model: LatencyModel) -> Vec<u64> {
        let mut delays = Delays::new(model);
        (0..500).map(|n| delays.order(UnixNanos(n * 10), 1).0).collect()
    }

    #[test]
    fn sampled_latencies_stay_in_their_bounds_never_overtake_and_follow_the_seed() {
        let uniform = |seed| LatencyModel::Sampled {
            distribution: LatencyDistribution::Uniform { min: 5, max: 50 },
            seed,
        };
        let first = arrivals(uniform(1));
        assert_eq!(first, arrivals(uniform(1)));
        assert_ne!(first, arrivals(uniform(2)));
        assert!(first.is_sorted());
        for (n, at) in (0u64..).zip(&first) {
            // An earlier order of at most 50 ns may hold it up.
            assert!((n * 10 + 6..=n * 10 + 51).contains(at), "{n}: {at}");
        }
        let log_normal = LatencyModel::Sampled {
            distribution: LatencyDistribution::LogNormal {
                median: 1_000,
                sigma: 0.5,
                max: 4_000,
            },
            seed: 3,
        };
        let mut delays = Delays::new(log_normal);
        let mut drawn: Vec<u64> = (0..2_001).map(|_| delays.extra(UnixNanos(0))).collect();
        drawn.sort_unstable();
        assert!(
            (900..1_100).contains(&drawn[1_000]),
            "the median is {}",
            drawn[1_000]
        );
        assert!(drawn[2_000] <= 4_000);
    }

    #[test]
    fn replayed_latencies_are_those_of_their_time() {
        let table = [(UnixNanos(100), 7), (UnixNanos(200), 9)];
        let mut delays = Delays::new(LatencyModel::Replayed(Arc::from(table)));
        let at = [50, 100, 199, 200, 900].map(|now| delays.order(UnixNanos(now), 0).0);
        assert_eq!(at, [57, 107, 206, 209, 909]);
    }
}
