//! Distributions of simulated figures, and fans of percentiles for charts.

use serde::Serialize;

use crate::numeric::moments::{deviation, mean};
use crate::numeric::quantile::{of_sorted, sorted};

/// A simulated figure over all runs.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Distribution {
    /// Mean.
    pub mean: f64,
    /// Sample standard deviation; 0 for one run.
    pub deviation: f64,
    /// Smallest.
    pub min: f64,
    /// 1 % quantile.
    pub p01: f64,
    /// 5 % quantile.
    pub p05: f64,
    /// 25 % quantile.
    pub p25: f64,
    /// Median.
    pub p50: f64,
    /// 75 % quantile.
    pub p75: f64,
    /// 95 % quantile.
    pub p95: f64,
    /// 99 % quantile.
    pub p99: f64,
    /// Largest.
    pub max: f64,
}

impl Distribution {
    /// Of at least one value.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let sorted = sorted(values);
        let at = |p| of_sorted(&sorted, p);
        Some(Self {
            mean: mean(values)?,
            deviation: deviation(values).unwrap_or(0.0),
            min: at(0.0)?,
            p01: at(0.01)?,
            p05: at(0.05)?,
            p25: at(0.25)?,
            p50: at(0.5)?,
            p75: at(0.75)?,
            p95: at(0.95)?,
            p99: at(0.99)?,
            max: at(1.0)?,
        })
    }
}

/// Percentiles of equity after a number of trades.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct FanPoint {
    /// Trades done, from 0.
    pub trade: usize,
    /// 5 % quantile.
    pub p05: f64,
    /// 25 % quantile.
    pub p25: f64,
    /// Median.
    pub p50: f64,
    /// 75 % quantile.
    pub p75: f64,
    /// 95 % quantile.
    pub p95: f64,
}

impl FanPoint {
    pub(crate) fn of(trade: usize, equities: &[f64]) -> Option<Self> {
        let sorted = sorted(equities);
        Some(Self {
            trade,
            p05: of_sorted(&sorted, 0.05)?,
            p25: of_sorted(&sorted, 0.25)?,
            p50: of_sorted(&sorted, 0.5)?,
            p75: of_sorted(&sorted, 0.75)?,
            p95: of_sorted(&sorted, 0.95)?,
        })
    }
}
