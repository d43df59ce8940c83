//! How long an order takes to the venue, and an answer back.
//!
//! The two ways have a model each. One connection keeps its order: what is sent later never arrives earlier.

use tradewind_types::SplitMix64;

/// One row of a recording: at this time, this long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LatencyRow {
    /// When it was sent, nanoseconds since the epoch.
    pub ts_ns: i64,
    /// How long it took.
    pub latency_ns: i64,
}

/// Why a latency model was refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LatencyError {
    /// No sample or row.
    #[error("a latency model needs at least one sample")]
    Empty,
    /// A negative latency, or one above a day.
    #[error("a latency of {0} ns: it has to be from 0 to one day")]
    Range(i64),
    /// Rows whose times do not ascend.
    #[error("the recorded latencies have to ascend in time; the row at {0} ns does not")]
    Order(i64),
}

const DAY_NS: i64 = 86_400_000_000_000;

/// A model of one way.
#[derive(Clone, Debug)]
pub struct Latency {
    kind: Kind,
    last_ns: i64,
}

#[derive(Clone, Debug)]
enum Kind {
    Constant(i64),
    Sampled { samples: Vec<i64>, random: SplitMix64 },
    Recorded { rows: Vec<LatencyRow>, at: usize },
}

fn checked(latency_ns: i64) -> Result<i64, LatencyError> {
    if (0..=DAY_NS).contains(&latency_ns) {
        Ok(latency_ns)
    } else {
        Err(LatencyError::Range(latency_ns))
    }
}

impl Latency {
    fn of(kind: Kind) -> Self {
        Self {
            kind,
            last_ns: i64::MIN,
        }
    }

    /// Always the same.
    ///
    /// # Errors
    /// [`LatencyError::Range`].
    pub fn constant(latency_ns: i64) -> Result<Self, LatencyError> {
        Ok(Self::of(Kind::Constant(checked(latency_ns)?)))
    }

    /// One of these measured values at a time, drawn with this seed.
    ///
    /// # Errors
    /// [`LatencyError::Empty`], [`LatencyError::Range`].
    pub fn sampled(samples_ns: Vec<i64>, seed: u64) -> Result<Self, LatencyError> {
        if samples_ns.is_empty() {
            return Err(LatencyError::Empty);
        }
        samples_ns.iter().try_for_each(|ns| checked(*ns).map(drop))?;
        Ok(Self::of(Kind::Sampled {
            samples: samples_ns,
            random: SplitMix64::new(seed),
        }))
    }

    /// As it was recorded: linear between the rows, constant before the first and after the last.
    ///
    /// # Errors
    /// [`LatencyError`] when rows are missing, out of order or out of range.
    pub fn recorded(rows: Vec<LatencyRow>) -> Result<Self, LatencyError> {
        if rows.is_empty() {
            return Err(LatencyError::Empty);
        }
        rows.iter()
            .try_for_each(|row| checked(row.latency_ns).map(drop))?;
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].ts_ns >= pair[1].ts_ns) {
            return Err(LatencyError::Order(pair[1].ts_ns));
        }
        Ok(Self::of(Kind::Recorded { rows, at: 0 }))
    }

    /// When what is sent now arrives; calls come in the order of time.
    pub(super) fn arrival(&mut self, now_ns: i64) -> i64 {
        let latency_ns = match &mut self.kind {
            Kind::Constant(ns) => *ns,
            Kind::Sampled { samples, random } => samples[random.below(samples.len() as u64) as usize],
            Kind::Recorded { rows, at } => interpolated(rows, at, now_ns),
        };
        self.last_ns = self.last_ns.max(now_ns.saturating_add(latency_ns));
        self.last_ns
    }
}

/// The latency at `now_ns`; `at` is the row to look from and only moves forward.
fn interpolated(rows: &[LatencyRow], at: &mut usize, now_ns: i64) -> i64 {
    while rows.get(*at + 1).is_some_and(|next| next.ts_ns <= now_ns) {
        *at += 1;
    }
    let from = rows[*at];
    let Some(to) = rows.get(*at + 1).filter(|_| now_ns > from.ts_ns) else {
        return from.latency_ns;
    };
    let whole = i128::from(to.ts_ns) - i128::from(from.ts_ns);
    let passed = i128::from(now_ns) - i128::from(from.ts_ns);
    let rise = i128::from(to.latency_ns - from.latency_ns) * passed / whole;
    // Between the two latencies, so it fits.
    from.latency_ns + rise as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_latencies_are_interpolated_and_held_at_the_ends() {
        let row = |ts_ns, latency_ns| LatencyRow { ts_ns, latency_ns };
        let mut way = Latency::recorded(vec![row(100, 10), row(200, 30), row(300, 0)]).expect("legal");
        let arrivals: Vec<i64> = [50, 100, 150, 200, 300, 900]
            .iter()
            .map(|t| way.arrival(*t) - t)
            .collect();
        assert_eq!(arrivals, [10, 10, 20, 30, 0, 0]);
        assert_eq!(
            Latency::recorded(vec![row(5, 1), row(5, 1)]).err(),
            Some(LatencyError::Order(5))
        );
    }

    #[test]
    fn nothing_overtakes_on_its_way() {
        let mut way = Latency::recorded(vec![
            LatencyRow {
                ts_ns: 0,
                latency_ns: 1_000,
            },
            LatencyRow {
                ts_ns: 10,
                latency_ns: 0,
            },
        ])
        .expect("legal");
        assert_eq!(way.arrival(0), 1_000);
        assert_eq!(way.arrival(10), 1_000);
        assert_eq!(way.arrival(2_000), 2_000);
    }

    #[test]
    fn sampled_latencies_repeat_with_their_seed_and_are_among_the_samples() {
        let draw = |seed| -> Vec<i64> {
            let mut way = Latency::sampled(vec![5, 50, 500], seed).expect("legal");
            (0..100).map(|n| way.arrival(n * 1_000) - n * 1_000).collect()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(3).iter().all(|ns| [5, 50, 500].contains(ns)));
        assert_eq!(Latency::sampled(vec![], 1).err(), Some(LatencyError::Empty));
        assert_eq!(Latency::constant(-1).err(), Some(LatencyError::Range(-1)));
    }
}
