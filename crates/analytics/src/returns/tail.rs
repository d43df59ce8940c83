//! How bad the bad periods are. Value at risk and its relatives are *returns* (a loss is below 0), of one period.

use crate::numeric::moments::{deviation, mean, population_kurtosis, population_skewness};
pub use crate::numeric::moments::{excess_kurtosis, skewness};
use crate::numeric::normal;
use crate::numeric::quantile::{of_sorted, sorted};
use crate::numeric::{finite, ratio};

/// The return that is undercut with probability `1 − confidence`, from the values themselves, between two of them by
/// linear interpolation. empyrical `value_at_risk` with `cutoff = 1 − confidence`.
#[must_use]
pub fn var_historical(values: &[f64], confidence: f64) -> Option<f64> {
    of_sorted(&sorted(values), cutoff(confidence)?)
}

/// `1 − confidence`, for a confidence between 0 and 1.
fn cutoff(confidence: f64) -> Option<f64> {
    (confidence > 0.0 && confidence < 1.0).then_some(1.0 - confidence)
}

/// `μ + σ·Φ⁻¹(1 − confidence)`: as if returns were normal. quantstats `value_at_risk`.
#[must_use]
pub fn var_gaussian(values: &[f64], confidence: f64) -> Option<f64> {
    finite(mean(values)? + deviation(values)? * normal::quantile(cutoff(confidence)?)?)
}

/// Gaussian VaR with the quantile bent by skewness `S` and excess kurtosis `K` (population moments):
/// `z + (z²−1)S/6 + (z³−3z)K/24 − (2z³−5z)S²/36`.
///
/// Neither library has it. Source: Cornish and Fisher (1938); Zangari, RiskMetrics Monitor Q3 1996. For strong
/// skewness and kurtosis the expansion is not monotone in the confidence.
#[must_use]
pub fn var_cornish_fisher(values: &[f64], confidence: f64) -> Option<f64> {
    let z = normal::quantile(cutoff(confidence)?)?;
    let (skew, excess) = (population_skewness(values)?, population_kurtosis(values)? - 3.0);
    let bent = z + (z * z - 1.0) * skew / 6.0 + (z.powi(3) - 3.0 * z) * excess / 24.0
        - (2.0 * z.powi(3) - 5.0 * z) * skew * skew / 36.0;
    finite(mean(values)? + deviation(values)? * bent)
}

/// Mean of the `⌊(n−1)·(1−confidence)⌋ + 1` worst returns. empyrical `conditional_value_at_risk`.
///
/// quantstats' `method="historical"` takes all values at or below its VaR: the same, unless several equal the VaR.
#[must_use]
pub fn cvar_historical(values: &[f64], confidence: f64) -> Option<f64> {
    let cutoff = cutoff(confidence)?;
    let last = (values.len().checked_sub(1)? as f64 * cutoff) as usize;
    mean(&sorted(values)[..=last])
}

/// `μ − σ·φ(z)/(1−confidence)`, `z = Φ⁻¹(1−confidence)`. quantstats `cvar` (its default, `method="parametric"`).
#[must_use]
pub fn cvar_gaussian(values: &[f64], confidence: f64) -> Option<f64> {
    let cutoff = cutoff(confidence)?;
    let shortfall = normal::density(normal::quantile(cutoff)?) / cutoff;
    finite(mean(values)? - deviation(values)? * shortfall)
}

/// |95 % quantile| ÷ |5 % quantile|: above 1 the good tail is the longer one. Both libraries.
#[must_use]
pub fn tail_ratio(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    let (high, low) = (of_sorted(&sorted, 0.95)?, of_sorted(&sorted, 0.05)?);
    ratio(high.abs(), low.abs())
}

/// 99 % quantile ÷ mean of the returns ≥ 0. quantstats `outlier_win_ratio`.
#[must_use]
pub fn outlier_win_ratio(values: &[f64]) -> Option<f64> {
    let gains: Vec<f64> = values.iter().copied().filter(|r| *r >= 0.0).collect();
    ratio(of_sorted(&sorted(values), 0.99)?, mean(&gains)?)
}

/// 1 % quantile ÷ mean of the losses. quantstats `outlier_loss_ratio`.
#[must_use]
pub fn outlier_loss_ratio(values: &[f64]) -> Option<f64> {
    let losses: Vec<f64> = values.iter().copied().filter(|r| *r < 0.0).collect();
    ratio(of_sorted(&sorted(values), 0.01)?, mean(&losses)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortfall_is_never_better_than_the_value_at_risk() {
        let values: Vec<f64> = (0..200)
            .map(|i| f64::from((i * 37) % 101 - 50) / 1000.0)
            .collect();
        for confidence in [0.9, 0.95, 0.99] {
            let var = var_historical(&values, confidence).expect("defined");
            assert!(cvar_historical(&values, confidence).expect("defined") <= var);
            let var = var_gaussian(&values, confidence).expect("defined");
            assert!(cvar_gaussian(&values, confidence).expect("defined") < var);
        }
    }

    #[test]
    fn one_value_is_its_own_tail_and_nothing_has_none() {
        assert_eq!(var_historical(&[-0.1], 0.95), Some(-0.1));
        assert_eq!(cvar_historical(&[-0.1], 0.95), Some(-0.1));
        assert_eq!(var_gaussian(&[-0.1], 0.95), None);
        assert_eq!(var_historical(&[], 0.95), None);
        assert_eq!(cvar_historical(&[], 0.95), None);
        assert_eq!(var_historical(&[-0.1, 0.1], 1.0), None);
        assert_eq!(var_historical(&[-0.1, 0.1], f64::NAN), None);
    }
}
