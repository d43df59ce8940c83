//! The Sharpe ratio as an estimate: how sure it is, and how much the number of tries takes away.

use serde::Serialize;

use crate::numeric::{finite, moments, normal};
use crate::returns::{Conventions, ReturnSeries, performance};

/// Euler's and Mascheroni's γ.
const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;

/// The shape of the returns, which sets how uncertain their Sharpe ratio is.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Shape {
    /// γ₃, 0 for the normal distribution.
    pub skewness: f64,
    /// γ₄, 3 for the normal distribution (not the excess).
    pub kurtosis: f64,
}

impl Shape {
    /// As if returns were normal.
    pub const NORMAL: Shape = Shape {
        skewness: 0.0,
        kurtosis: 3.0,
    };

    /// Of a sample, with moments over `n` as the papers use them; `None` without spread.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        Some(Self {
            skewness: moments::population_skewness(values)?,
            kurtosis: moments::population_kurtosis(values)?,
        })
    }

    /// `1 − γ₃·SR + (γ₄−1)/4·SR²`, the variance of the estimate times `n − 1`; above 0 for every real distribution.
    fn variance_factor(self, sharpe: f64) -> Option<f64> {
        let factor = 1.0 - self.skewness * sharpe + (self.kurtosis - 1.0) / 4.0 * sharpe * sharpe;
        finite(factor).filter(|f| *f > 0.0)
    }
}

/// Probability that the true Sharpe ratio is above `threshold`:
/// `Φ((SR − SR*)·√(n−1) / √(1 − γ₃·SR + (γ₄−1)/4·SR²))`.
///
/// `None` below two values. quantstats `probabilistic_sharpe_ratio` is this with threshold 0 and *bias-corrected*
/// moments; ours are those of the paper, over `n`, and so differ slightly for short series.
/// Source: Bailey and López de Prado, "The Sharpe Ratio Efficient Frontier", Journal of Risk 15 (2012), eq. 11.
///
/// ```
/// # use tradewind_analytics::overfitting::{Shape, probabilistic_sharpe};
/// // The paper's hedge fund: 24 months, Sharpe 0.458 a month, skewness −2.448, kurtosis 10.164.
/// let shape = Shape { skewness: -2.448, kurtosis: 10.164 };
/// assert!((probabilistic_sharpe(0.458, 0.0, 24, shape).unwrap() - 0.913).abs() < 5e-4);
/// assert!((probabilistic_sharpe(0.458, 0.0, 24, Shape::NORMAL).unwrap() - 0.982).abs() < 5e-4);
/// ```
#[must_use]
pub fn probabilistic_sharpe(sharpe: f64, threshold: f64, periods: usize, shape: Shape) -> Option<f64> {
    if periods < 2 {
        return None;
    }
    let spread = shape.variance_factor(sharpe)?.sqrt();
    let z = (sharpe - threshold) * (periods as f64 - 1.0).sqrt() / spread;
    finite(normal::distribution(z))
}

/// Periods after which a Sharpe ratio this far above `threshold` is believed with `confidence`:
/// `1 + (1 − γ₃·SR + (γ₄−1)/4·SR²)·(Φ⁻¹(confidence)/(SR − SR*))²`; `None` where it is not above the threshold.
///
/// Source: as of [`probabilistic_sharpe`], eq. 13.
#[must_use]
pub fn minimum_track_record_length(
    sharpe: f64,
    threshold: f64,
    shape: Shape,
    confidence: f64,
) -> Option<f64> {
    if sharpe.partial_cmp(&threshold) != Some(std::cmp::Ordering::Greater) {
        return None;
    }
    let needed = normal::quantile(confidence)? / (sharpe - threshold);
    finite(1.0 + shape.variance_factor(sharpe)? * needed * needed)
}

/// What the best of `trials` Sharpe ratios would be expected to be if none had any skill:
/// `√V·((1−γ)·Φ⁻¹(1 − 1/N) + γ·Φ⁻¹(1 − 1/(N·e)))`, `V` the variance of the Sharpe ratios across trials.
///
/// 0 for one trial: a single try is not selected. `None` for none, or a negative variance.
/// Source: Bailey and López de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40 (2014), eq. 1.
#[must_use]
pub fn expected_maximum_sharpe(variance_across_trials: f64, trials: usize) -> Option<f64> {
    if trials == 0 || !(variance_across_trials.is_finite() && variance_across_trials >= 0.0) {
        return None;
    }
    if trials == 1 {
        return Some(0.0);
    }
    let n = trials as f64;
    let first = normal::quantile(1.0 - 1.0 / n)?;
    let second = normal::quantile(1.0 - 1.0 / (n * std::f64::consts::E))?;
    Some(variance_across_trials.sqrt() * ((1.0 - EULER_GAMMA) * first + EULER_GAMMA * second))
}

/// A Sharpe ratio with what the number of tries takes away.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Deflated {
    /// The Sharpe ratio that was found, per period.
    pub sharpe: f64,
    /// What luck alone would be expected to give at best: [`expected_maximum_sharpe`].
    pub threshold: f64,
    /// Probability that the true Sharpe ratio is above that.
    pub probability: f64,
    /// Number of tries.
    pub trials: usize,
    /// Variance of the Sharpe ratios across tries.
    pub variance_across_trials: f64,
}

/// Deflated Sharpe ratio: the probability that the true Sharpe ratio is above what the best of `trials` lucky ones
/// would be. Source: as of [`expected_maximum_sharpe`], eq. 2.
///
/// ```
/// # use tradewind_analytics::overfitting::{Shape, deflated_sharpe};
/// // The paper's example: Sharpe 2.5 a year, 5 years of 250 days, 100 tries with variance ½ a year.
/// let shape = Shape { skewness: -3.0, kurtosis: 10.0 };
/// let found = deflated_sharpe(2.5 / 250f64.sqrt(), 1250, shape, 0.5 / 250.0, 100).unwrap();
/// assert!((found.threshold - 0.1132).abs() < 5e-5);
/// assert!((found.probability - 0.9004).abs() < 5e-5);
/// ```
#[must_use]
pub fn deflated_sharpe(
    sharpe: f64,
    periods: usize,
    shape: Shape,
    variance_across_trials: f64,
    trials: usize,
) -> Option<Deflated> {
    let threshold = expected_maximum_sharpe(variance_across_trials, trials)?;
    Some(Deflated {
        sharpe,
        threshold,
        probability: probabilistic_sharpe(sharpe, threshold, periods, shape)?,
        trials,
        variance_across_trials,
    })
}

/// [`deflated_sharpe`] of a series that was chosen out of tries with these Sharpe ratios (per period, its own among
/// them). `None` where the series has no Sharpe ratio or no try is given.
#[must_use]
pub fn deflate(series: &ReturnSeries, trial_sharpes: &[f64], conventions: &Conventions) -> Option<Deflated> {
    let sharpe = performance::sharpe_per_period(series.values(), conventions)?;
    let variance = if trial_sharpes.len() == 1 {
        0.0
    } else {
        moments::variance(trial_sharpes)?
    };
    let shape = Shape::of(series.values())?;
    deflated_sharpe(sharpe, series.len(), shape, variance, trial_sharpes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_track_record_lengths_of_the_paper_come_out() {
        // Bailey and López de Prado 2012: 2 against 1 a year at 95 %, normal: 2.73 years daily, 2.83 weekly, 3.24 monthly.
        for (periods, years) in [(252.0_f64, 2.73), (52.0, 2.83), (12.0, 3.24)] {
            let scale = periods.sqrt();
            let got =
                minimum_track_record_length(2.0 / scale, 1.0 / scale, Shape::NORMAL, 0.95).expect("above");
            assert!(
                (got / periods - years).abs() < 5e-3,
                "{periods}: {}",
                got / periods
            );
        }
    }

    #[test]
    fn the_other_example_of_the_paper_comes_out() {
        // 46 independent tries instead of 100: 0.9505.
        let shape = Shape {
            skewness: -3.0,
            kurtosis: 10.0,
        };
        let found = deflated_sharpe(2.5 / 250f64.sqrt(), 1250, shape, 0.5 / 250.0, 46).expect("defined");
        assert!((found.probability - 0.9505).abs() < 5e-5, "{found:?}");
    }

    #[test]
    fn one_try_is_not_deflated_and_more_tries_are_deflated_more() {
        let at = |trials| deflated_sharpe(0.1, 500, Shape::NORMAL, 0.002, trials).expect("defined");
        assert_eq!(
            Some(at(1).probability),
            probabilistic_sharpe(0.1, 0.0, 500, Shape::NORMAL)
        );
        assert!(at(1).probability > at(2).probability && at(2).probability > at(1000).probability);
        assert_eq!(expected_maximum_sharpe(0.1, 0), None);
        assert_eq!(expected_maximum_sharpe(-0.1, 3), None);
    }

    #[test]
    fn a_sharpe_at_the_threshold_never_becomes_believable() {
        assert_eq!(minimum_track_record_length(0.1, 0.1, Shape::NORMAL, 0.95), None);
        assert_eq!(probabilistic_sharpe(0.1, 0.1, 100, Shape::NORMAL), Some(0.5));
        assert_eq!(probabilistic_sharpe(0.1, 0.0, 1, Shape::NORMAL), None);
    }
}
