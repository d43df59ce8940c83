//! Latencies in a fixed number of buckets: about 6 % wide each, from a nanosecond to five centuries, 8 kB.

use std::time::Duration;

/// Sub-buckets per power of two, as a power of two: 16, so a bucket is at most 1/16 wide.
const SUB_BITS: u32 = 4;
const SUB: usize = 1 << SUB_BITS;
const BUCKETS: usize = SUB * (64 - SUB_BITS as usize + 1);

/// A histogram of durations with bounded memory and bounded relative error (1/16).
#[derive(Debug, Clone)]
pub struct LatencyHistogram {
    buckets: Box<[u64; BUCKETS]>,
    count: u64,
    min_ns: u64,
    max_ns: u64,
}

/// What a histogram says. Percentiles are the upper ends of their buckets, never above the maximum;
/// all are `None` before the first measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LatencySummary {
    /// Measurements.
    pub count: u64,
    /// The shortest.
    pub min: Option<Duration>,
    /// Half were no longer.
    pub p50: Option<Duration>,
    /// 99 of 100 were no longer.
    pub p99: Option<Duration>,
    /// The longest.
    pub max: Option<Duration>,
}

impl Default for LatencyHistogram {
    fn default() -> Self {
        Self {
            buckets: Box::new([0; BUCKETS]),
            count: 0,
            min_ns: u64::MAX,
            max_ns: 0,
        }
    }
}

impl LatencyHistogram {
    /// Adds one measurement.
    pub fn record(&mut self, latency: Duration) {
        let ns = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.buckets[bucket_of(ns)] += 1;
        self.count += 1;
        self.min_ns = self.min_ns.min(ns);
        self.max_ns = self.max_ns.max(ns);
    }

    /// The duration that `permille` of 1,000 measurements do not exceed.
    #[must_use]
    pub fn quantile(&self, permille: u64) -> Option<Duration> {
        if self.count == 0 {
            return None;
        }
        let rank = (u128::from(self.count) * u128::from(permille))
            .div_ceil(1_000)
            .max(1);
        let mut seen = 0_u128;
        for (index, n) in self.buckets.iter().enumerate() {
            seen += u128::from(*n);
            if seen >= rank {
                return Some(Duration::from_nanos(
                    upper_end(index).clamp(self.min_ns, self.max_ns),
                ));
            }
        }
        Some(Duration::from_nanos(self.max_ns))
    }

    /// Count, extremes, median and p99.
    #[must_use]
    pub fn summary(&self) -> LatencySummary {
        let some = |ns| (self.count > 0).then(|| Duration::from_nanos(ns));
        LatencySummary {
            count: self.count,
            min: some(self.min_ns),
            p50: self.quantile(500),
            p99: self.quantile(990),
            max: some(self.max_ns),
        }
    }
}

fn bucket_of(ns: u64) -> usize {
    if ns < SUB as u64 {
        return ns as usize;
    }
    let exponent = ns.ilog2() - SUB_BITS;
    // The top SUB_BITS bits below the leading one; `exponent` is at most 59, so the index fits.
    SUB * (exponent as usize + 1) + ((ns >> exponent) as usize - SUB)
}

fn upper_end(index: usize) -> u64 {
    if index < SUB {
        return index as u64;
    }
    let exponent = (index / SUB - 1) as u32;
    let mantissa = (SUB + index % SUB) as u128;
    u64::try_from(((mantissa + 1) << exponent) - 1).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_empty_histogram_claims_nothing() {
        assert_eq!(LatencyHistogram::default().summary(), LatencySummary::default());
    }

    #[test]
    fn percentiles_of_one_to_a_thousand_milliseconds_are_right_within_a_bucket() {
        let mut histogram = LatencyHistogram::default();
        (1..=1_000).for_each(|ms| histogram.record(Duration::from_millis(ms)));
        let summary = histogram.summary();
        let (p50, p99) = (summary.p50.unwrap().as_millis(), summary.p99.unwrap().as_millis());
        assert!((500..=532).contains(&p50), "{p50}");
        assert!((990..=1_000).contains(&p99), "{p99}");
        assert_eq!(summary.min, Some(Duration::from_millis(1)));
        assert_eq!(summary.max, Some(Duration::from_millis(1_000)));
        assert_eq!(summary.count, 1_000);
    }

    proptest! {
        #[test]
        fn every_duration_lies_in_its_bucket_and_buckets_are_narrow(ns: u64) {
            let index = bucket_of(ns);
            let upper = upper_end(index);
            prop_assert!(upper >= ns);
            prop_assert!(upper - ns <= ns / 16);
            prop_assert!(index == 0 || upper_end(index - 1) < ns);
        }
    }
}
