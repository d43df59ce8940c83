//! Against a benchmark: both series at the same time stamps ([`ReturnSeries::aligned`](super::ReturnSeries::aligned)).
//!
//! `b` is the benchmark's returns; the other letters are those of [`performance`](super::performance).

use serde::Serialize;

use super::performance::{cagr, excess, total_return};
use super::{Conventions, ReturnSeries};
use crate::numeric::moments::{deviation, mean};
use crate::numeric::regression;
use crate::numeric::{finite, ratio};

/// `cov(r, b)/var(b)`; `None` where the benchmark has no spread. Both libraries (a constant rate changes nothing).
#[must_use]
pub fn beta(values: &[f64], benchmark: &[f64]) -> Option<f64> {
    regression::line(benchmark, values).map(|line| line.slope)
}

/// Jensen's alpha a year, `(mean(e) − β·mean(e_b))·P`: added up, not compounded.
///
/// quantstats `greeks` (which leaves the risk-free rate out; equal where it is 0).
#[must_use]
pub fn alpha(values: &[f64], benchmark: &[f64], conventions: &Conventions) -> Option<f64> {
    alpha_per_period(values, benchmark, conventions).map(|a| a * conventions.periods_per_year)
}

/// Jensen's alpha a year, compounded: `(1 + mean(e) − β·mean(e_b))^P − 1`. empyrical `alpha`.
#[must_use]
pub fn alpha_compounded(values: &[f64], benchmark: &[f64], conventions: &Conventions) -> Option<f64> {
    let alpha = alpha_per_period(values, benchmark, conventions)?;
    finite((1.0 + alpha).powf(conventions.periods_per_year) - 1.0)
}

fn alpha_per_period(values: &[f64], benchmark: &[f64], conventions: &Conventions) -> Option<f64> {
    let beta = beta(values, benchmark)?;
    let (mine, theirs) = (excess(values, conventions), excess(benchmark, conventions));
    finite(mean(&mine)? - beta * mean(&theirs)?)
}

/// Pearson's correlation.
#[must_use]
pub fn correlation(values: &[f64], benchmark: &[f64]) -> Option<f64> {
    regression::correlation(values, benchmark)
}

fn active(values: &[f64], benchmark: &[f64]) -> Vec<f64> {
    values.iter().zip(benchmark).map(|(r, b)| r - b).collect()
}

/// `σ(r − b)·√P`.
#[must_use]
pub fn tracking_error(values: &[f64], benchmark: &[f64], conventions: &Conventions) -> Option<f64> {
    deviation(&active(values, benchmark)).map(|s| s * conventions.periods_per_year.sqrt())
}

/// `mean(r − b)/σ(r − b)` **per period**. quantstats `information_ratio`, empyrical `excess_sharpe`.
///
/// Neither library annualises it; [`information_ratio_annual`] does, as the literature mostly reports it.
#[must_use]
pub fn information_ratio(values: &[f64], benchmark: &[f64]) -> Option<f64> {
    let active = active(values, benchmark);
    ratio(mean(&active)?, deviation(&active)?)
}

/// [`information_ratio`] × √P. Source: Grinold and Kahn, "Active Portfolio Management" (2000).
#[must_use]
pub fn information_ratio_annual(values: &[f64], benchmark: &[f64], conventions: &Conventions) -> Option<f64> {
    information_ratio(values, benchmark).map(|i| i * conventions.periods_per_year.sqrt())
}

/// `(total − rf)/β` over the whole period. quantstats `treynor_ratio` (0 there where β is 0; here `None`).
#[must_use]
pub fn treynor(values: &[f64], benchmark: &[f64], conventions: &Conventions) -> Option<f64> {
    ratio(
        total_return(values)? - conventions.risk_free,
        beta(values, benchmark)?,
    )
}

/// `(CAGR − rf)/β`, a year's return against a year's rate. Source: Treynor, Harvard Business Review 43 (1965).
#[must_use]
pub fn treynor_annual(values: &[f64], benchmark: &[f64], conventions: &Conventions) -> Option<f64> {
    let above = cagr(values, conventions)? - conventions.risk_free;
    ratio(above, beta(values, benchmark)?)
}

/// CAGR of ours ÷ CAGR of the benchmark over the periods in which the benchmark is chosen by `keep`.
fn captured(
    values: &[f64],
    benchmark: &[f64],
    conventions: &Conventions,
    keep: fn(f64) -> bool,
) -> Option<f64> {
    let chosen = values.iter().zip(benchmark).filter(|(_, b)| keep(**b));
    let (mine, theirs): (Vec<f64>, Vec<f64>) = chosen.map(|(r, b)| (*r, *b)).unzip();
    ratio(cagr(&mine, conventions)?, cagr(&theirs, conventions)?)
}

/// CAGR ÷ the benchmark's CAGR. empyrical `capture`.
#[must_use]
pub fn capture(values: &[f64], benchmark: &[f64], conventions: &Conventions) -> Option<f64> {
    captured(values, benchmark, conventions, |_| true)
}

/// [`capture`] over the periods in which the benchmark rose. empyrical `up_capture`.
#[must_use]
pub fn up_capture(values: &[f64], benchmark: &[f64], conventions: &Conventions) -> Option<f64> {
    captured(values, benchmark, conventions, |b| b > 0.0)
}

/// [`capture`] over the periods in which the benchmark fell. empyrical `down_capture`.
#[must_use]
pub fn down_capture(values: &[f64], benchmark: &[f64], conventions: &Conventions) -> Option<f64> {
    captured(values, benchmark, conventions, |b| b < 0.0)
}

/// Share of periods in which ours is above the benchmark's. empyrical `batting_average`.
#[must_use]
pub fn batting_average(values: &[f64], benchmark: &[f64]) -> Option<f64> {
    let ahead = values.iter().zip(benchmark).filter(|(r, b)| r > b).count();
    ratio(ahead as f64, values.len() as f64)
}

/// All figures against a benchmark.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct BenchmarkStatistics {
    /// Periods that both series have.
    pub periods: usize,
    /// The benchmark's total return over them.
    pub benchmark_total_return: Option<f64>,
    /// The benchmark's CAGR over them.
    pub benchmark_cagr: Option<f64>,
    /// Ours minus the benchmark's CAGR over them.
    pub excess_cagr: Option<f64>,
    /// [`alpha`].
    pub alpha: Option<f64>,
    /// [`alpha_compounded`].
    pub alpha_compounded: Option<f64>,
    /// [`beta`].
    pub beta: Option<f64>,
    /// [`correlation`].
    pub correlation: Option<f64>,
    /// Its square. quantstats `r_squared`.
    pub r_squared: Option<f64>,
    /// [`tracking_error`].
    pub tracking_error: Option<f64>,
    /// [`information_ratio`], per period.
    pub information_ratio: Option<f64>,
    /// [`information_ratio_annual`].
    pub information_ratio_annual: Option<f64>,
    /// [`treynor`].
    pub treynor: Option<f64>,
    /// [`treynor_annual`].
    pub treynor_annual: Option<f64>,
    /// [`capture`].
    pub capture: Option<f64>,
    /// [`up_capture`].
    pub up_capture: Option<f64>,
    /// [`down_capture`].
    pub down_capture: Option<f64>,
    /// Up ÷ down capture. empyrical `up_down_capture`.
    pub up_down_capture: Option<f64>,
    /// [`batting_average`].
    pub batting_average: Option<f64>,
}

/// Everything against a benchmark; the two are aligned here.
#[must_use]
pub fn compare(
    series: &ReturnSeries,
    benchmark: &ReturnSeries,
    conventions: &Conventions,
) -> BenchmarkStatistics {
    let (mine, theirs) = series.aligned(benchmark);
    let (r, b) = (mine.values(), theirs.values());
    let (up, down) = (up_capture(r, b, conventions), down_capture(r, b, conventions));
    let correlation = correlation(r, b);
    let benchmark_cagr = cagr(b, conventions);
    BenchmarkStatistics {
        periods: r.len(),
        benchmark_total_return: total_return(b),
        benchmark_cagr,
        excess_cagr: cagr(r, conventions).zip(benchmark_cagr).map(|(x, y)| x - y),
        alpha: alpha(r, b, conventions),
        alpha_compounded: alpha_compounded(r, b, conventions),
        beta: beta(r, b),
        correlation,
        r_squared: correlation.map(|c| c * c),
        tracking_error: tracking_error(r, b, conventions),
        information_ratio: information_ratio(r, b),
        information_ratio_annual: information_ratio_annual(r, b, conventions),
        treynor: treynor(r, b, conventions),
        treynor_annual: treynor_annual(r, b, conventions),
        capture: capture(r, b, conventions),
        up_capture: up,
        down_capture: down,
        up_down_capture: up.zip(down).and_then(|(up, down)| ratio(up, down)),
        batting_average: batting_average(r, b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn against_itself_everything_is_one_and_nothing_is_left() {
        let r = [0.01, -0.02, 0.015, 0.0, -0.005];
        let c = Conventions::default();
        assert!((beta(&r, &r).expect("spread") - 1.0).abs() < 1e-15);
        assert!(alpha(&r, &r, &c).expect("spread").abs() < 1e-15);
        assert_eq!(tracking_error(&r, &r, &c), Some(0.0));
        assert_eq!(information_ratio(&r, &r), None);
        assert_eq!(up_capture(&r, &r, &c), Some(1.0));
    }

    #[test]
    fn a_flat_benchmark_has_no_beta() {
        let c = Conventions::default();
        assert_eq!(beta(&[0.1, 0.2], &[0.0, 0.0]), None);
        assert_eq!(treynor(&[0.1, 0.2], &[0.0, 0.0], &c), None);
        assert_eq!(up_capture(&[0.1, 0.2], &[0.0, 0.0], &c), None);
    }
}
