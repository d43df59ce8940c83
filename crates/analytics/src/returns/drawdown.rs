//! How far below its highest value, and for how long.
//!
//! Wealth begins at 1 before the first return, so that a loss on the first day is a drawdown already (both libraries).

use serde::Serialize;
use tradewind_types::UnixNanos;

use super::ReturnSeries;
use super::performance::total_return;
use super::tail::cvar_gaussian;
use crate::civil::optional_rfc3339;
use crate::numeric::moments::{deviation, mean};
use crate::numeric::ratio;

/// Wealth ÷ its highest value so far − 1: 0 at a high, −0.2 a fifth below. One value per return.
///
/// quantstats `to_drawdown_series`, empyrical `drawdown_series`.
#[must_use]
pub fn drawdown_series(values: &[f64]) -> Vec<f64> {
    let (mut wealth, mut high) = (1.0_f64, 1.0_f64);
    let below = |r: &f64| {
        wealth *= 1.0 + r;
        high = high.max(wealth);
        wealth / high - 1.0
    };
    values.iter().map(below).collect()
}

/// The deepest drawdown, 0 or below; `None` of nothing. Both libraries' `max_drawdown`.
#[must_use]
pub fn max_drawdown(values: &[f64]) -> Option<f64> {
    drawdown_series(values).into_iter().reduce(f64::min)
}

/// `√(Σ dd²/(n−1))`. quantstats `ulcer_index`; Martin's original (1987) divides by `n`.
#[must_use]
pub fn ulcer_index(values: &[f64]) -> Option<f64> {
    if values.len() < 2 {
        return None;
    }
    let squares: f64 = drawdown_series(values).iter().map(|d| d * d).sum();
    ratio(squares, values.len() as f64 - 1.0).map(f64::sqrt)
}

/// Total return ÷ ulcer index; `None` without a drawdown. quantstats `ulcer_performance_index` with rate 0.
///
/// Not annualised, as in quantstats; Martin's ratio takes a yearly return.
#[must_use]
pub fn ulcer_performance_index(values: &[f64]) -> Option<f64> {
    let ulcer = ulcer_index(values)?;
    (ulcer > 0.0).then(|| ratio(total_return(values)?, ulcer))?
}

/// `Σr / (ulcer · pitfall)` with `pitfall = −CVaR(drawdowns)/σ(r)`. quantstats `serenity_index` with rate 0.
///
/// quantstats takes the Gaussian CVaR at 95 % of the drawdowns, which are anything but normal; kept for comparison.
#[must_use]
pub fn serenity_index(values: &[f64]) -> Option<f64> {
    let pitfall = ratio(
        -cvar_gaussian(&drawdown_series(values), 0.95)?,
        deviation(values)?,
    )?;
    ratio(values.iter().sum(), ulcer_index(values)? * pitfall)
}

/// One stretch below the highest value.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Drawdown {
    /// When the high before it was reached; nothing where that is the beginning, before the first return.
    #[serde(serialize_with = "optional_rfc3339")]
    pub peak: Option<UnixNanos>,
    /// First value below the high. quantstats' `start`.
    #[serde(with = "tradewind_types::time::rfc3339")]
    pub start: UnixNanos,
    /// Deepest value. quantstats' `valley`.
    #[serde(with = "tradewind_types::time::rfc3339")]
    pub trough: UnixNanos,
    /// Last value below the high. quantstats' `end`.
    #[serde(with = "tradewind_types::time::rfc3339")]
    pub end: UnixNanos,
    /// First value at the high again or above; nothing while it lasts.
    #[serde(serialize_with = "optional_rfc3339")]
    pub recovery: Option<UnixNanos>,
    /// How deep, below 0.
    pub depth: f64,
    /// Values below the high.
    pub periods: usize,
    /// Of these, up to and with the deepest.
    pub periods_to_trough: usize,
    /// Days from `start` to `end`, both counted, as in quantstats.
    pub days: u64,
}

/// All drawdowns in order of time. O(n).
///
/// As quantstats `drawdown_details`, which overlooks a drawdown that begins on the first day and is the only one.
#[must_use]
pub fn drawdowns(series: &ReturnSeries) -> Vec<Drawdown> {
    let depths = drawdown_series(series.values());
    let mut all: Vec<Drawdown> = Vec::new();
    let mut peak = None;
    let mut under = false;
    for (&ts, &depth) in series.ts().iter().zip(&depths) {
        match all.last_mut().filter(|_| under) {
            Some(open) if depth < 0.0 => open.extend(ts, depth),
            Some(open) => open.recovery = Some(ts),
            None if depth < 0.0 => all.push(Drawdown::begin(peak, ts, depth)),
            None => {}
        }
        under = depth < 0.0;
        if !under {
            peak = Some(ts);
        }
    }
    all
}

impl Drawdown {
    fn begin(peak: Option<UnixNanos>, ts: UnixNanos, depth: f64) -> Self {
        Self {
            peak,
            start: ts,
            trough: ts,
            end: ts,
            recovery: None,
            depth,
            periods: 1,
            periods_to_trough: 1,
            days: 1,
        }
    }

    fn extend(&mut self, ts: UnixNanos, depth: f64) {
        self.periods += 1;
        self.end = ts;
        self.days = ts.since(self.start) / tradewind_types::time::DAY_NS + 1;
        if depth < self.depth {
            self.depth = depth;
            self.trough = ts;
            self.periods_to_trough = self.periods;
        }
    }
}

/// The deepest first, at most `count`; of equal depth the earlier first.
#[must_use]
pub fn deepest(mut drawdowns: Vec<Drawdown>, count: usize) -> Vec<Drawdown> {
    drawdowns.sort_by(|a, b| a.depth.total_cmp(&b.depth).then(a.start.cmp(&b.start)));
    drawdowns.truncate(count);
    drawdowns
}

/// What the drawdowns are like on the whole.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DrawdownSummary {
    /// How many, the last unfinished one included.
    pub count: usize,
    /// The deepest, with its dates.
    pub deepest: Option<Drawdown>,
    /// Mean depth of all, below 0.
    pub average_depth: Option<f64>,
    /// Mean days of all.
    pub average_days: Option<f64>,
    /// Days of the longest.
    pub longest_days: Option<u64>,
    /// Periods of the longest.
    pub longest_periods: Option<usize>,
    /// Share of all values that are below a former high, 0..=1.
    pub time_under_water: Option<f64>,
    /// Depth of the last value, 0 at a high.
    pub current_depth: Option<f64>,
}

/// Sums up `drawdowns` of a series with these values.
#[must_use]
pub fn summarise(drawdowns: &[Drawdown], values: &[f64]) -> DrawdownSummary {
    let depths: Vec<f64> = drawdowns.iter().map(|d| d.depth).collect();
    let days: Vec<f64> = drawdowns.iter().map(|d| d.days as f64).collect();
    let under: usize = drawdowns.iter().map(|d| d.periods).sum();
    DrawdownSummary {
        count: drawdowns.len(),
        deepest: deepest(drawdowns.to_vec(), 1).first().copied(),
        average_depth: mean(&depths),
        average_days: mean(&days),
        longest_days: drawdowns.iter().map(|d| d.days).max(),
        longest_periods: drawdowns.iter().map(|d| d.periods).max(),
        time_under_water: ratio(under as f64, values.len() as f64),
        current_depth: drawdown_series(values).last().copied(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(values: &[f64]) -> ReturnSeries {
        let ts = (0..values.len() as u64)
            .map(|d| UnixNanos::from_secs(d * 86_400))
            .collect();
        ReturnSeries::new(ts, values.to_vec()).expect("taken")
    }

    #[test]
    fn a_drawdown_has_its_peak_trough_and_recovery() {
        // 1.1, 0.99, 0.891, 0.99, 1.1 (again), 1.21, 1.0890
        let series = series(&[0.1, -0.1, -0.1, 1.0 / 9.0, 1.0 / 9.0 + 1e-12, 0.1, -0.1]);
        let all = drawdowns(&series);
        assert_eq!(all.len(), 2);
        let day = |d: u64| UnixNanos::from_secs(d * 86_400);
        assert_eq!(all[0].peak, Some(day(0)));
        assert_eq!(
            (all[0].start, all[0].trough, all[0].end),
            (day(1), day(2), day(3))
        );
        assert_eq!(all[0].recovery, Some(day(4)));
        assert_eq!((all[0].periods, all[0].periods_to_trough, all[0].days), (3, 2, 3));
        assert!((all[0].depth + 0.19).abs() < 1e-12);
        assert_eq!((all[1].peak, all[1].recovery), (Some(day(5)), None));
        let summary = summarise(&all, series.values());
        assert_eq!(summary.deepest, Some(all[0]));
        assert_eq!(summary.time_under_water, Some(4.0 / 7.0));
    }

    #[test]
    fn a_loss_on_the_first_day_is_a_drawdown_without_a_dated_peak() {
        let all = drawdowns(&series(&[-0.5, 0.1]));
        assert_eq!(all.len(), 1);
        assert_eq!((all[0].peak, all[0].recovery), (None, None));
        assert_eq!(max_drawdown(&[-0.5, 0.1]), Some(-0.5));
    }

    #[test]
    fn a_climb_has_no_drawdown() {
        assert!(drawdowns(&series(&[0.1, 0.0, 0.2])).is_empty());
        assert_eq!(max_drawdown(&[0.1, 0.2]), Some(0.0));
        assert_eq!(max_drawdown(&[]), None);
        assert_eq!(ulcer_performance_index(&[0.1, 0.2]), None);
    }
}
