//! Weights of the strategies in the combination, and how results move them.

use tradewind_types::order::UnitFraction;
use tradewind_types::{Decimal, StrategyId};

/// One, in millionths: what weights sum to.
pub const ONE: u32 = 1_000_000;
/// No strategy weighs less: 0.05.
pub const WEIGHT_FLOOR: UnitFraction = UnitFraction(50_000);
/// How many closed trades, newest last, count for a strategy.
pub const RESULTS_MAX: usize = 20;

const FLOOR: f64 = 0.05;
const STEP: f64 = 0.2;

/// Why weights were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightError {
    /// There has to be one at least.
    #[error("a combination needs at least one strategy")]
    Empty,
    /// One strategy twice.
    #[error("strategy {0} is weighed twice")]
    Twice(StrategyId),
    /// They have to sum to 1 exactly.
    #[error("weights sum to {sum} millionths instead of 1000000")]
    Sum {
        /// What they sum to.
        sum: u64,
    },
}

/// The weights of all strategies of an account, in millionths that sum to exactly 1,000,000.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Weights(Vec<(StrategyId, UnitFraction)>);

impl Weights {
    /// Takes weights as given or journalled.
    ///
    /// # Errors
    /// [`WeightError`].
    pub fn new(weights: Vec<(StrategyId, UnitFraction)>) -> Result<Self, WeightError> {
        if weights.is_empty() {
            return Err(WeightError::Empty);
        }
        for (at, (id, _)) in weights.iter().enumerate() {
            if weights[..at].iter().any(|(other, _)| other == id) {
                return Err(WeightError::Twice(id.clone()));
            }
        }
        let sum: u64 = weights.iter().map(|(_, w)| u64::from(w.0)).sum();
        if sum == u64::from(ONE) {
            Ok(Self(weights))
        } else {
            Err(WeightError::Sum { sum })
        }
    }

    /// The scalping strategies' first weights: fast 0.4, momentum 0.4, conservative 0.2.
    #[must_use]
    pub fn scalping() -> Self {
        let weight = |name, millionths| {
            let id =
                StrategyId::new(name).expect("built-in names are lower-case letters and `_`, under test");
            (id, UnitFraction(millionths))
        };
        Self(vec![
            weight("fast_scalping", 400_000),
            weight("momentum_scalping", 400_000),
            weight("conservative_scalping", 200_000),
        ])
    }

    /// The weight of a strategy; 0 for one that is not weighed.
    #[must_use]
    pub fn of(&self, strategy: &StrategyId) -> UnitFraction {
        self.iter()
            .find(|(id, _)| *id == strategy)
            .map_or(UnitFraction(0), |(_, w)| w)
    }

    /// All, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&StrategyId, UnitFraction)> {
        self.0.iter().map(|(id, w)| (id, *w))
    }
}

/// One strategy after an adaptation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AdaptedWeight {
    /// The strategy.
    pub strategy: StrategyId,
    /// Its new weight.
    pub weight: UnitFraction,
    /// Mean R of the trades that counted; `None` without any.
    pub mean_r: Option<Decimal>,
    /// How many trades counted, at most [`RESULTS_MAX`].
    pub trades: u32,
}

/// What an adaptation gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Adapted {
    /// The new weights.
    pub weights: Weights,
    /// Each with its figures, for the journal and the page.
    pub detail: Vec<AdaptedWeight>,
}

/// New weights from results. `results(strategy)` gives the R of its closed trades, newest last; the last 20
/// count. R = result / risk to stop.
///
/// Each weight × `(1 + 0.2·tanh(mean R))`, a strategy without trades × 1. Then normalised to 1 with the floor
/// of 0.05 holding *after* normalising: a strategy whose share falls below the floor is set to it, and the rest
/// is divided among the others in proportion, repeatedly until none falls below (more than 20 strategies
/// cannot all have 0.05; they weigh the same then). Rounded to millionths by largest remainder, so that the
/// sum is exactly 1.
#[must_use]
pub fn adapt<'r>(weights: &Weights, results: impl Fn(&StrategyId) -> &'r [Decimal]) -> Adapted {
    let mut raw = Vec::with_capacity(weights.0.len());
    let mut detail = Vec::with_capacity(weights.0.len());
    for (strategy, weight) in weights.iter() {
        let all = results(strategy);
        let recent = &all[all.len().saturating_sub(RESULTS_MAX)..];
        let mean_r = mean(recent);
        let mean_f64 = mean_r.and_then(|r| f64::try_from(r).ok()).unwrap_or(0.0);
        raw.push(weight.to_unit() * (1.0 + STEP * mean_f64.tanh()));
        detail.push(AdaptedWeight {
            strategy: strategy.clone(),
            weight,
            mean_r,
            trades: recent.len() as u32,
        });
    }
    for (entry, millionths) in detail.iter_mut().zip(to_millionths(&with_floor(&raw))) {
        entry.weight = UnitFraction(millionths);
    }
    let weights = Weights(detail.iter().map(|d| (d.strategy.clone(), d.weight)).collect());
    Adapted { weights, detail }
}

/// The mean; `None` of nothing, or of figures whose sum no decimal holds.
fn mean(results: &[Decimal]) -> Option<Decimal> {
    let sum = results
        .iter()
        .try_fold(Decimal::ZERO, |sum, r| sum.checked_add(*r))?;
    sum.checked_div(Decimal::from(results.len()))
}

/// Shares that sum to 1, none below the floor.
fn with_floor(raw: &[f64]) -> Vec<f64> {
    let count = raw.len();
    if count as f64 * FLOOR > 1.0 {
        return vec![1.0 / count as f64; count];
    }
    let mut floored = vec![false; count];
    loop {
        let held = floored.iter().filter(|f| **f).count();
        let free: f64 = raw
            .iter()
            .zip(&floored)
            .filter(|(_, f)| !**f)
            .map(|(r, _)| r)
            .sum();
        let left = 1.0 - held as f64 * FLOOR;
        let share = |at: usize| match (floored[at], free > 0.0) {
            (true, _) => FLOOR,
            (false, true) => raw[at] / free * left,
            (false, false) => left / (count - held) as f64,
        };
        let shares: Vec<f64> = (0..count).map(share).collect();
        let below = |at: &usize| !floored[*at] && shares[*at] < FLOOR;
        let fallen: Vec<usize> = (0..count).filter(below).collect();
        // When all free ones fall, they equal the floor up to rounding: nothing is left to divide.
        if fallen.is_empty() || held + fallen.len() == count {
            return shares;
        }
        fallen.into_iter().for_each(|at| floored[at] = true);
    }
}

/// Whole millionths that sum to exactly 1,000,000 (largest remainder, earlier first among equals), none below
/// the floor where the shares are not.
fn to_millionths(shares: &[f64]) -> Vec<u32> {
    let exact: Vec<f64> = shares.iter().map(|s| s * f64::from(ONE)).collect();
    // A share at the floor may have come out a rounding error below it.
    let mut whole: Vec<u32> = exact.iter().map(|e| (e + 1e-6).floor() as u32).collect();
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|a, b| exact[*b].fract().total_cmp(&exact[*a].fract()).then(a.cmp(b)));
    let sum: u32 = whole.iter().sum();
    for at in order.iter().cycle().take(ONE.saturating_sub(sum) as usize) {
        whole[*at] += 1;
    }
    // The tolerance above can give one millionth too much in all; the largest share can spare it.
    let mut excess = whole.iter().sum::<u32>().saturating_sub(ONE);
    while excess > 0 {
        let Some(largest) = whole.iter_mut().max() else {
            break;
        };
        *largest -= 1;
        excess -= 1;
    }
    whole
}
