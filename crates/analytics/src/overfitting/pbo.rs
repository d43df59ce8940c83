//! Probability of backtest overfitting by combinatorially symmetric cross-validation (CSCV).
//!
//! The returns of all tries (columns) are cut into `S` blocks of time. For every way to choose half of the blocks, the
//! try with the best Sharpe ratio in the chosen half (in sample) is looked up in the other half (out of sample):
//! `ω = rank/(N + 1)` there, `λ = ln(ω/(1−ω))`. The share of combinations with `λ ≤ 0` is the probability that the
//! choice of the best try does no better than the median afterwards.
//!
//! Source: Bailey, Borwein, López de Prado, Zhu, "The Probability of Backtest Overfitting", Journal of Computational
//! Finance 20 (2017).

use serde::Serialize;

use crate::numeric::moments::mean;
use crate::numeric::{ratio, regression};

/// Most blocks: 16 give 12,870 combinations, 20 give 184,756.
pub const BLOCKS_MAX: usize = 20;

/// Why no probability can be given.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum OverfittingError {
    /// Fewer than two tries.
    #[error("{got} tries: at least 2 are needed to choose from")]
    TooFewTrials {
        /// How many there are.
        got: usize,
    },
    /// Blocks not even, or out of range.
    #[error("{got} blocks: an even number from 2 to {BLOCKS_MAX} is needed")]
    Blocks {
        /// What was asked for.
        got: usize,
    },
    /// Blocks would be shorter than two returns.
    #[error("{periods} returns in {blocks} blocks: each block needs 2 or more")]
    TooShort {
        /// Length of each try.
        periods: usize,
        /// Blocks asked for.
        blocks: usize,
    },
    /// Tries of different length.
    #[error("try {trial} has {got} returns, the first has {expected}")]
    LengthMismatch {
        /// Which try, from 0.
        trial: usize,
        /// Length of the first.
        expected: usize,
        /// Its length.
        got: usize,
    },
    /// A return is NaN or infinite.
    #[error("return {index} of try {trial} is {value}: only finite numbers have statistics")]
    NotFinite {
        /// Which try, from 0.
        trial: usize,
        /// Which return, from 0.
        index: usize,
        /// What it is.
        value: f64,
    },
}

/// The result of the cross-validation.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Overfitting {
    /// Probability of backtest overfitting, 0..=1: share of combinations with λ ≤ 0.
    pub pbo: f64,
    /// Number of tries.
    pub trials: usize,
    /// Blocks of time.
    pub blocks: usize,
    /// Ways to choose half of them.
    pub combinations: usize,
    /// Returns per try that were used; the oldest that do not fill a block are left out.
    pub periods: usize,
    /// λ of every combination, in the order of the combinations.
    pub logits: Vec<f64>,
    /// Share of combinations in which the chosen try loses out of sample (its mean return is below 0).
    pub probability_of_loss: f64,
    /// Slope of the chosen try's Sharpe ratio out of sample on that in sample: below 0 the better it looked, the
    /// worse it did. `None` where the same try always looks equally good.
    pub degradation_slope: Option<f64>,
    /// Intercept of that line.
    pub degradation_intercept: Option<f64>,
    /// R² of that line.
    pub degradation_r_squared: Option<f64>,
    /// Mean Sharpe ratio (per period) of the chosen try in sample.
    pub mean_in_sample: Option<f64>,
    /// And out of sample.
    pub mean_out_of_sample: Option<f64>,
}

/// Sum and sum of squares of one try in one block, of returns from which the try's mean was taken, so that the
/// variance loses no digits.
#[derive(Clone, Copy, Default)]
struct BlockSums {
    sum: f64,
    squares: f64,
}

struct Trial {
    mean: f64,
    blocks: Vec<BlockSums>,
    total: BlockSums,
}

impl Trial {
    fn new(returns: &[f64], block_len: usize) -> Self {
        let mean = mean(returns).unwrap_or(0.0);
        let blocks: Vec<BlockSums> = returns
            .chunks_exact(block_len)
            .map(|block| {
                let centred = block.iter().map(|r| r - mean);
                centred.fold(BlockSums::default(), |sums, d| BlockSums {
                    sum: sums.sum + d,
                    squares: sums.squares + d * d,
                })
            })
            .collect();
        let total = blocks.iter().fold(BlockSums::default(), |all, block| BlockSums {
            sum: all.sum + block.sum,
            squares: all.squares + block.squares,
        });
        Self { mean, blocks, total }
    }

    /// Sums over the chosen blocks, and over the others.
    fn halves(&self, chosen: u32) -> (BlockSums, BlockSums) {
        let mut inside = BlockSums::default();
        for (i, block) in self.blocks.iter().enumerate() {
            if chosen >> i & 1 == 1 {
                inside.sum += block.sum;
                inside.squares += block.squares;
            }
        }
        let outside = BlockSums {
            sum: self.total.sum - inside.sum,
            squares: self.total.squares - inside.squares,
        };
        (inside, outside)
    }

    /// Mean return and Sharpe ratio of a half with `n` returns. Without spread the Sharpe ratio is ±∞ by the sign of
    /// the mean and 0 for no return at all, so that a try that never trades is ranked as neither good nor bad.
    fn performance(&self, half: BlockSums, n: f64) -> (f64, f64) {
        let centred = half.sum / n;
        let mean = centred + self.mean;
        let variance = (half.squares - n * centred * centred) / (n - 1.0);
        let spread = variance.max(0.0).sqrt();
        // Rounding leaves about 1e-16 of the values' size where there is no spread.
        if spread > 1e-13 * mean.abs() {
            (mean, mean / spread)
        } else if mean.abs() > 0.0 {
            (mean, f64::INFINITY.copysign(mean))
        } else {
            (mean, 0.0)
        }
    }
}

/// Cross-validates `trials` (one slice of returns each, at the same times) over `blocks` blocks.
///
/// O(C(S, S/2) · N · S): 16 blocks and 100 tries take about 20 million steps.
///
/// # Errors
/// [`OverfittingError`].
pub fn probability_of_overfitting(trials: &[&[f64]], blocks: usize) -> Result<Overfitting, OverfittingError> {
    let periods = check(trials, blocks)?;
    let block_len = periods / blocks;
    // The oldest returns that fill no block are left out, so that the newest count.
    let skipped = periods - block_len * blocks;
    let prepared: Vec<Trial> = trials
        .iter()
        .map(|r| Trial::new(&r[skipped..], block_len))
        .collect();
    let half = (block_len * blocks / 2) as f64;
    let mut run = Run::default();
    for chosen in (0_u32..1 << blocks).filter(|set| set.count_ones() as usize * 2 == blocks) {
        run.combination(&prepared, chosen, half);
    }
    Ok(run.finish(trials.len(), blocks, block_len * blocks))
}

fn check(trials: &[&[f64]], blocks: usize) -> Result<usize, OverfittingError> {
    let (Some(first), true) = (trials.first(), trials.len() >= 2) else {
        return Err(OverfittingError::TooFewTrials { got: trials.len() });
    };
    if !(2..=BLOCKS_MAX).contains(&blocks) || !blocks.is_multiple_of(2) {
        return Err(OverfittingError::Blocks { got: blocks });
    }
    let periods = first.len();
    if periods / blocks < 2 {
        return Err(OverfittingError::TooShort { periods, blocks });
    }
    for (trial, returns) in trials.iter().enumerate() {
        if returns.len() != periods {
            return Err(OverfittingError::LengthMismatch {
                trial,
                expected: periods,
                got: returns.len(),
            });
        }
        if let Some((index, &value)) = returns.iter().enumerate().find(|(_, r)| !r.is_finite()) {
            return Err(OverfittingError::NotFinite { trial, index, value });
        }
    }
    Ok(periods)
}

#[derive(Default)]
struct Run {
    logits: Vec<f64>,
    inside: Vec<f64>,
    outside: Vec<f64>,
    losses: usize,
    scratch: Vec<(f64, f64)>,
}

impl Run {
    fn combination(&mut self, trials: &[Trial], chosen: u32, half: f64) {
        let mut best = (f64::NEG_INFINITY, 0);
        self.scratch.clear();
        for (i, trial) in trials.iter().enumerate() {
            let (inside, outside) = trial.halves(chosen);
            let (_, sharpe) = trial.performance(inside, half);
            // The first of equals.
            if sharpe > best.0 {
                best = (sharpe, i);
            }
            self.scratch.push(trial.performance(outside, half));
        }
        let (mean, sharpe) = self.scratch[best.1];
        let below = self.scratch.iter().filter(|(_, s)| *s < sharpe).count() as f64;
        let equal = self
            .scratch
            .iter()
            .filter(|(_, s)| s.total_cmp(&sharpe).is_eq())
            .count() as f64;
        // Average rank among equals, from 1.
        let rank = below + (equal + 1.0) / 2.0;
        let omega = rank / (trials.len() as f64 + 1.0);
        self.logits.push((omega / (1.0 - omega)).ln());
        self.losses += usize::from(mean < 0.0);
        // A try without spread has no finite Sharpe ratio to draw a line through.
        if best.0.is_finite() && sharpe.is_finite() {
            self.inside.push(best.0);
            self.outside.push(sharpe);
        }
    }

    fn finish(self, trials: usize, blocks: usize, periods: usize) -> Overfitting {
        let combinations = self.logits.len();
        let overfit = self.logits.iter().filter(|l| **l <= 0.0).count();
        let share = |count: usize| ratio(count as f64, combinations as f64).unwrap_or(0.0);
        let line = regression::line(&self.inside, &self.outside);
        Overfitting {
            pbo: share(overfit),
            trials,
            blocks,
            combinations,
            periods,
            probability_of_loss: share(self.losses),
            degradation_slope: line.map(|l| l.slope),
            degradation_intercept: line.map(|l| l.intercept),
            degradation_r_squared: line.and_then(|l| l.r_squared),
            mean_in_sample: mean(&self.inside),
            mean_out_of_sample: mean(&self.outside),
            logits: self.logits,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradewind_types::SplitMix64;

    fn noise(seed: u64, len: usize, drift: f64) -> Vec<f64> {
        let mut random = SplitMix64::new(seed);
        (0..len)
            .map(|_| (random.next_f64() - 0.5) * 0.02 + drift)
            .collect()
    }

    #[test]
    fn a_try_with_real_skill_is_not_overfit() {
        let mut tries: Vec<Vec<f64>> = (0..10).map(|seed| noise(seed, 400, 0.0)).collect();
        tries[3] = noise(3, 400, 0.01);
        let slices: Vec<&[f64]> = tries.iter().map(Vec::as_slice).collect();
        let result = probability_of_overfitting(&slices, 8).expect("computed");
        assert_eq!((result.combinations, result.periods), (70, 400));
        assert!(result.pbo < 0.01, "{}", result.pbo);
        assert!(result.probability_of_loss.abs() < 1e-15);
    }

    #[test]
    fn what_cannot_be_computed_is_refused() {
        let (a, b) = (noise(1, 20, 0.0), noise(2, 20, 0.0));
        let run = |trials: &[&[f64]], blocks| probability_of_overfitting(trials, blocks);
        assert_eq!(run(&[&a], 4), Err(OverfittingError::TooFewTrials { got: 1 }));
        assert_eq!(run(&[&a, &b], 5), Err(OverfittingError::Blocks { got: 5 }));
        assert_eq!(run(&[&a, &b], 22), Err(OverfittingError::Blocks { got: 22 }));
        assert!(matches!(
            run(&[&a, &b], 16),
            Err(OverfittingError::TooShort { .. })
        ));
        assert!(matches!(
            run(&[&a, &b[1..]], 4),
            Err(OverfittingError::LengthMismatch { trial: 1, .. })
        ));
        let broken = [f64::NAN; 20];
        assert!(matches!(
            run(&[&a, &broken], 4),
            Err(OverfittingError::NotFinite {
                trial: 1,
                index: 0,
                ..
            })
        ));
    }

    #[test]
    fn a_try_that_never_trades_does_not_break_the_ranks() {
        let (a, b) = (noise(1, 40, 0.0), vec![0.0; 40]);
        let result = probability_of_overfitting(&[&a, &b], 4).expect("computed");
        assert!(result.logits.iter().all(|l| l.is_finite()));
    }
}
