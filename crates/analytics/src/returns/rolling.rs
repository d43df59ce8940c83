//! Figures over a moving window: the value at `i` is of the `window` values that end there.
//!
//! Before a window is full, and where the figure is undefined in it, the value is `None`. Each window is computed
//! afresh, O(n·window): running sums would lose digits, and charts have thousands of points, not millions.

use serde::Serialize;
use tradewind_types::UnixNanos;

use super::benchmark::beta;
use super::drawdown::max_drawdown;
use super::performance::{sharpe, sortino, volatility};
use super::{Conventions, ReturnSeries};

/// `figure` over every full window of one series.
#[must_use]
pub fn roll(values: &[f64], window: usize, figure: impl Fn(&[f64]) -> Option<f64>) -> Vec<Option<f64>> {
    let mut rolled = vec![None; values.len()];
    if window > 0 {
        for (slot, part) in rolled.iter_mut().skip(window - 1).zip(values.windows(window)) {
            *slot = figure(part);
        }
    }
    rolled
}

/// Rolling Sharpe ratio, annualised. quantstats `rolling_sharpe`.
#[must_use]
pub fn rolling_sharpe(values: &[f64], conventions: &Conventions) -> Vec<Option<f64>> {
    roll(values, conventions.rolling_window, |part| {
        sharpe(part, conventions)
    })
}

/// Rolling volatility, annualised. quantstats `rolling_volatility`.
#[must_use]
pub fn rolling_volatility(values: &[f64], conventions: &Conventions) -> Vec<Option<f64>> {
    roll(values, conventions.rolling_window, |part| {
        volatility(part, conventions)
    })
}

/// Rolling Sortino ratio, annualised. quantstats `rolling_sortino`.
#[must_use]
pub fn rolling_sortino(values: &[f64], conventions: &Conventions) -> Vec<Option<f64>> {
    roll(values, conventions.rolling_window, |part| {
        sortino(part, conventions)
    })
}

/// Deepest drawdown within each window. empyrical `roll_max_drawdown`.
#[must_use]
pub fn rolling_max_drawdown(values: &[f64], conventions: &Conventions) -> Vec<Option<f64>> {
    roll(values, conventions.rolling_window, max_drawdown)
}

/// Rolling beta against a benchmark of the same length (aligned before). empyrical `roll_beta`, quantstats
/// `rolling_greeks`.
#[must_use]
pub fn rolling_beta(values: &[f64], benchmark: &[f64], window: usize) -> Vec<Option<f64>> {
    let mut rolled = vec![None; values.len()];
    if window > 0 && values.len() == benchmark.len() {
        let windows = values.windows(window).zip(benchmark.windows(window));
        for (slot, (part, other)) in rolled.iter_mut().skip(window - 1).zip(windows) {
            *slot = beta(part, other);
        }
    }
    rolled
}

/// A point of a chart.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Point {
    /// When.
    #[serde(with = "tradewind_types::time::rfc3339")]
    pub ts: UnixNanos,
    /// The figure.
    pub value: f64,
}

/// The rolling figures of one series, defined points only.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct RollingStatistics {
    /// Values in a window.
    pub window: usize,
    /// Sharpe ratio, annualised.
    pub sharpe: Vec<Point>,
    /// Sortino ratio, annualised.
    pub sortino: Vec<Point>,
    /// Volatility, annualised.
    pub volatility: Vec<Point>,
    /// Beta, with a benchmark only.
    pub beta: Vec<Point>,
}

/// All rolling figures; beta at the time stamps that the series and its benchmark share.
#[must_use]
pub fn rolling(
    series: &ReturnSeries,
    benchmark: Option<&ReturnSeries>,
    conventions: &Conventions,
) -> RollingStatistics {
    let (ts, values) = (series.ts(), series.values());
    let beta = benchmark.map(|benchmark| {
        let (mine, theirs) = series.aligned(benchmark);
        let rolled = rolling_beta(mine.values(), theirs.values(), conventions.rolling_window);
        points(mine.ts(), &rolled)
    });
    RollingStatistics {
        window: conventions.rolling_window,
        sharpe: points(ts, &rolling_sharpe(values, conventions)),
        sortino: points(ts, &rolling_sortino(values, conventions)),
        volatility: points(ts, &rolling_volatility(values, conventions)),
        beta: beta.unwrap_or_default(),
    }
}

fn points(ts: &[UnixNanos], rolled: &[Option<f64>]) -> Vec<Point> {
    let defined = ts.iter().zip(rolled);
    defined
        .filter_map(|(&ts, value)| value.map(|value| Point { ts, value }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_before_the_first_full_window() {
        let sum = |part: &[f64]| Some(part.iter().sum());
        assert_eq!(roll(&[1.0, 2.0, 3.0], 2, sum), [None, Some(3.0), Some(5.0)]);
        assert_eq!(roll(&[1.0], 2, sum), [None]);
        assert_eq!(roll(&[], 2, sum), []);
        assert_eq!(rolling_beta(&[1.0, 2.0], &[1.0], 2), [None, None]);
    }
}
