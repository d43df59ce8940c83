//! How much and how evenly: return, volatility and their ratios.
//!
//! `r` is the series of `n` simple returns, `P` the periods per year, `e = r − rf` the returns above the risk-free
//! rate of one period ([`Conventions::per_period`]). All take finite values and are O(n).

use super::Conventions;
use super::drawdown::max_drawdown;
use crate::numeric::moments::{deviation, mean};
use crate::numeric::regression::{correlation, line};
use crate::numeric::{finite, ratio};

/// `Π(1 + r) − 1`; `None` of nothing. quantstats `comp`, empyrical `cum_returns_final`.
#[must_use]
pub fn total_return(values: &[f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    finite(values.iter().fold(1.0, |wealth, r| wealth * (1.0 + r)) - 1.0)
}

/// Compound annual growth: `(1 + total)^(P/n) − 1`. quantstats `cagr`, empyrical `annual_return`.
///
/// Both count years as `n / P`, not by the calendar; so do we, so that gaps in the data do not lower the rate.
#[must_use]
pub fn cagr(values: &[f64], conventions: &Conventions) -> Option<f64> {
    let years = values.len() as f64 / conventions.periods_per_year;
    finite((1.0 + total_return(values)?).powf(1.0 / years) - 1.0)
}

/// Geometric mean per period, `(1 + total)^(1/n) − 1`. quantstats `geometric_mean`.
#[must_use]
pub fn geometric_mean(values: &[f64]) -> Option<f64> {
    finite((1.0 + total_return(values)?).powf(1.0 / values.len() as f64) - 1.0)
}

/// Arithmetic mean per year, `mean(r)·P`.
#[must_use]
pub fn mean_annual(values: &[f64], conventions: &Conventions) -> Option<f64> {
    mean(values).map(|m| m * conventions.periods_per_year)
}

/// Sample standard deviation × √P. quantstats `volatility`, empyrical `annual_volatility`.
#[must_use]
pub fn volatility(values: &[f64], conventions: &Conventions) -> Option<f64> {
    deviation(values).map(|s| s * conventions.periods_per_year.sqrt())
}

/// Returns above the risk-free rate of one period.
#[must_use]
pub fn excess(values: &[f64], conventions: &Conventions) -> Vec<f64> {
    let risk_free = conventions.per_period(conventions.risk_free);
    values.iter().map(|r| r - risk_free).collect()
}

/// `mean(e)/σ(e)` per period, not annualised; the Sharpe ratio that [`crate::overfitting`] takes.
#[must_use]
pub fn sharpe_per_period(values: &[f64], conventions: &Conventions) -> Option<f64> {
    let excess = excess(values, conventions);
    ratio(mean(&excess)?, deviation(&excess)?)
}

/// Sharpe ratio, `mean(e)/σ(e)·√P` with the sample deviation; `None` without spread. Both libraries.
///
/// Source: Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21 (1994).
#[must_use]
pub fn sharpe(values: &[f64], conventions: &Conventions) -> Option<f64> {
    sharpe_per_period(values, conventions).map(|s| s * conventions.periods_per_year.sqrt())
}

/// How much autocorrelation understates the deviation: `√(1 + 2·Σ_{k=1}^{n−1} (n−k)/n·|ρ₁|^k)`.
///
/// quantstats `autocorr_penalty`; 1 below two values, and where a side of the lagged pairs has no spread.
/// O(n), and stops where the terms vanish.
#[must_use]
pub fn autocorrelation_penalty(values: &[f64]) -> f64 {
    if values.len() < 3 {
        return 1.0;
    }
    let rho = correlation(&values[..values.len() - 1], &values[1..]).map_or(0.0, f64::abs);
    let n = values.len() as f64;
    let (mut sum, mut power) = (0.0, 1.0);
    for lag in 1..values.len() {
        power *= rho;
        // Below this nothing reaches a sum of at least the first term.
        if power < 1e-18 {
            break;
        }
        sum += (n - lag as f64) / n * power;
    }
    (1.0 + 2.0 * sum).sqrt()
}

/// Sharpe ratio divided by [`autocorrelation_penalty`] of the excess returns. quantstats `smart_sharpe`.
#[must_use]
pub fn smart_sharpe(values: &[f64], conventions: &Conventions) -> Option<f64> {
    sharpe(values, conventions).map(|s| s / autocorrelation_penalty(&excess(values, conventions)))
}

/// `√(Σ min(e, 0)²/n)` per period.
fn downside_per_period(values: &[f64], conventions: &Conventions) -> Option<f64> {
    let excess = excess(values, conventions);
    let squares: f64 = excess.iter().map(|e| e.min(0.0).powi(2)).sum();
    ratio(squares, values.len() as f64).map(f64::sqrt)
}

/// Downside deviation a year, `√(Σ min(e, 0)²/n)·√P`. empyrical `downside_risk` with the risk-free rate as target.
#[must_use]
pub fn downside_deviation(values: &[f64], conventions: &Conventions) -> Option<f64> {
    downside_per_period(values, conventions).map(|d| d * conventions.periods_per_year.sqrt())
}

/// Sortino ratio, `mean(e)/√(Σ min(e, 0)²/n)·√P`; `None` without a return below the target. Both libraries.
///
/// Source: Sortino and Price, "Performance Measurement in a Downside Risk Framework", Journal of Investing 3 (1994).
#[must_use]
pub fn sortino(values: &[f64], conventions: &Conventions) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let mean = mean(&excess(values, conventions))?;
    ratio(mean, downside_per_period(values, conventions)?).map(|s| s * conventions.periods_per_year.sqrt())
}

/// Sortino ratio divided by [`autocorrelation_penalty`]. quantstats `smart_sortino`.
#[must_use]
pub fn smart_sortino(values: &[f64], conventions: &Conventions) -> Option<f64> {
    sortino(values, conventions).map(|s| s / autocorrelation_penalty(&excess(values, conventions)))
}

/// Sortino ratio ÷ √2, comparable with a Sharpe ratio. quantstats `adjusted_sortino`.
#[must_use]
pub fn adjusted_sortino(values: &[f64], conventions: &Conventions) -> Option<f64> {
    sortino(values, conventions).map(|s| s / std::f64::consts::SQRT_2)
}

/// CAGR ÷ deepest drawdown, over the whole series; `None` without a drawdown. Both libraries.
///
/// Young's Calmar ratio (1991) is of the last 36 months: [`calmar_36m`]. Over the whole history the figure is also
/// known as the MAR ratio.
#[must_use]
pub fn calmar(values: &[f64], conventions: &Conventions) -> Option<f64> {
    let deepest = max_drawdown(values)?.abs();
    (deepest > 0.0).then(|| ratio(cagr(values, conventions)?, deepest))?
}

/// Calmar ratio of the last three years, `None` where the series is shorter.
#[must_use]
pub fn calmar_36m(values: &[f64], conventions: &Conventions) -> Option<f64> {
    let needed = (3.0 * conventions.periods_per_year).round() as usize;
    let from = values.len().checked_sub(needed)?;
    calmar(&values[from..], conventions)
}

/// Omega ratio: gains above a threshold ÷ shortfalls below it; threshold = risk-free + required return of one period.
///
/// `None` without a shortfall or below two values. Both libraries. Source: Keating and Shadwick (2002).
#[must_use]
pub fn omega(values: &[f64], conventions: &Conventions) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let threshold = conventions.per_period(conventions.required_return);
    let beyond = excess(values, conventions).into_iter().map(|e| e - threshold);
    let (mut above, mut below) = (0.0, 0.0);
    for x in beyond {
        above += x.max(0.0);
        below -= x.min(0.0);
    }
    (below > 0.0).then(|| ratio(above, below))?
}

/// `Σr / |Σ negative r|`; `None` without a loss. quantstats `gain_to_pain_ratio` (at the series' own resolution).
///
/// Source: Schwager, "Hedge Fund Market Wizards" (2012); he takes monthly returns.
#[must_use]
pub fn gain_to_pain(values: &[f64]) -> Option<f64> {
    let pain: f64 = values.iter().map(|r| r.min(0.0).abs()).sum();
    (pain > 0.0).then(|| ratio(values.iter().sum(), pain))?
}

/// `|Σr| / |max drawdown|`; `None` without a drawdown. quantstats `recovery_factor` with its risk-free rate at 0.
///
/// The sum of returns, not their product, and without sign: quantstats' definition, kept for comparison.
#[must_use]
pub fn recovery_factor(values: &[f64]) -> Option<f64> {
    let deepest = max_drawdown(values)?.abs();
    (deepest > 0.0).then(|| ratio(values.iter().sum::<f64>().abs(), deepest))?
}

/// R² of the cumulative log returns against time: 1 is a straight climb (or fall). empyrical `stability_of_timeseries`.
///
/// `None` below two values, after a total loss, and where nothing moves.
#[must_use]
pub fn stability(values: &[f64]) -> Option<f64> {
    if values.iter().any(|r| *r <= -1.0) {
        return None;
    }
    let cumulative: Vec<f64> = values
        .iter()
        .scan(0.0, |sum, r| {
            *sum += r.ln_1p();
            Some(*sum)
        })
        .collect();
    let time: Vec<f64> = (0..values.len()).map(|i| i as f64).collect();
    line(&time, &cumulative)?.r_squared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_and_one_value_have_no_ratios() {
        let c = Conventions::default();
        for values in [&[][..], &[0.01][..]] {
            assert_eq!(sharpe(values, &c), None);
            assert_eq!(sortino(values, &c), None);
            assert_eq!(omega(values, &c), None);
            assert_eq!(volatility(values, &c), None);
            assert_eq!(stability(values), None);
        }
        assert_eq!(total_return(&[]), None);
        assert_eq!(cagr(&[], &c), None);
        assert!((total_return(&[0.01]).expect("defined") - 0.01).abs() < 1e-15);
    }

    #[test]
    fn a_constant_return_has_no_sharpe_and_no_pain() {
        let (values, c) = ([0.001; 50], Conventions::default());
        assert_eq!(volatility(&values, &c), Some(0.0));
        assert_eq!(sharpe(&values, &c), None);
        assert_eq!(sortino(&values, &c), None);
        assert_eq!(calmar(&values, &c), None);
        assert_eq!(gain_to_pain(&values), None);
    }

    #[test]
    fn a_year_that_doubles_has_a_cagr_of_one() {
        let values = [2f64.powf(1.0 / 252.0) - 1.0; 252];
        let got = cagr(&values, &Conventions::default()).expect("defined");
        assert!((got - 1.0).abs() < 1e-12, "{got}");
    }

    #[test]
    fn a_total_loss_is_a_cagr_of_minus_one_and_has_no_stability() {
        let values = [0.1, -1.0, 0.0];
        assert_eq!(cagr(&values, &Conventions::default()), Some(-1.0));
        assert_eq!(stability(&values), None);
    }
}
