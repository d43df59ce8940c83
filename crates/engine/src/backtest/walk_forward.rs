//! Walk-forward: the grid is tried on a stretch of data, the best variant is traded on the stretch after it, and so
//! on; what counts is what the chosen variants did on data that did not choose them.
//!
//! Between learning and testing, *purge* leaves out as many bars as an outcome reaches ahead and *embargo* more against
//! serial correlation. Each stretch is a run of its own, with the account's money at its beginning; the test runs'
//! returns are strung together.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};
use tradewind_analytics::returns::{drawdown, performance};
use tradewind_analytics::walk_forward::WalkForward;
use tradewind_strategy::ParamMap;
use tradewind_types::UnixNanos;

use super::BacktestError;
use super::config::BacktestConfig;
use super::sources::Inputs;
use super::statistics;
use super::sweep::{Grid, Objective, SweepPlan, SweepRow, sweep, value};

/// One window.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalkWindow {
    /// Learned from, from then …
    #[serde(with = "tradewind_types::time::rfc3339")]
    pub train_from: UnixNanos,
    /// … until before then.
    #[serde(with = "tradewind_types::time::rfc3339")]
    pub train_to: UnixNanos,
    /// Tested on, from then …
    #[serde(with = "tradewind_types::time::rfc3339")]
    pub test_from: UnixNanos,
    /// … until before then.
    #[serde(with = "tradewind_types::time::rfc3339")]
    pub test_to: UnixNanos,
    /// What was chosen.
    pub parameters: ParamMap,
    /// The chosen variant where it was learned.
    pub train: SweepRow,
    /// The chosen variant where it was tested.
    pub test: SweepRow,
}

/// All windows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WalkForwardResult {
    /// What variants were chosen by.
    pub objective: Objective,
    /// The windows in order of time.
    pub windows: Vec<WalkWindow>,
    /// Total return of the tests, strung together.
    pub total_return: Option<f64>,
    /// Their Sharpe ratio a year.
    pub sharpe: Option<f64>,
    /// Their greatest fall from a peak.
    pub max_drawdown: Option<f64>,
    /// Mean objective of the tests ÷ mean objective where it was learned; below 1 the choice promised too much.
    pub efficiency: Option<f64>,
    /// Returns of the tests, one after the other.
    pub returns: Vec<f64>,
}

/// How a walk is made.
pub struct WalkPlan<'a> {
    /// What every variant has in common.
    pub config: &'a BacktestConfig,
    /// Its data.
    pub inputs: &'a Inputs,
    /// Parameters to choose from.
    pub grid: &'a Grid,
    /// What variants are chosen by.
    pub objective: Objective,
    /// Lengths in bars of the first source.
    pub windows: WalkForward,
    /// Threads; at least 1.
    pub threads: usize,
    /// Told of windows done, and how many there are.
    pub on_window: &'a (dyn Fn(usize, usize) + Sync),
    /// Set by whoever wants it to stop.
    pub cancel: &'a AtomicBool,
}

/// Makes the walk.
///
/// # Errors
/// [`BacktestError`]: data refused, windows that do not fit, canceled.
pub fn walk_forward(plan: &WalkPlan<'_>) -> Result<WalkForwardResult, BacktestError> {
    walk_forward_from(plan, Vec::new(), &|_| {})
}

/// Makes the walk, going on from windows that an earlier, canceled one of the same plan finished. `keep` is told of
/// each new one.
///
/// # Errors
/// As [`walk_forward`]; windows that are not of this walk.
pub fn walk_forward_from(
    plan: &WalkPlan<'_>,
    done: Vec<WalkWindow>,
    keep: &dyn Fn(&WalkWindow),
) -> Result<WalkForwardResult, BacktestError> {
    let times = plan.inputs.times(plan.config)?;
    let windows = plan
        .windows
        .plan(times.len())
        .map_err(|e| BacktestError::Refused(format!("walk-forward: {e}")))?;
    let end = |at: usize| times.get(at).copied().unwrap_or(plan.config.to);
    let total = windows.len();
    let mut found: Vec<WalkWindow> = Vec::with_capacity(total);
    let mut done = done.into_iter();
    for (n, window) in windows.into_iter().enumerate() {
        let train = (times[window.train.start], end(window.train.end));
        let test = (times[window.test.start], end(window.test.end));
        if let Some(window) = done.next() {
            let of = (
                window.train_from,
                window.train_to,
                window.test_from,
                window.test_to,
            );
            if of != (train.0, train.1, test.0, test.1) {
                let message = "walk-forward: the windows kept are of other data or lengths".to_owned();
                return Err(BacktestError::Refused(message));
            }
            found.push(window);
            (plan.on_window)(n + 1, total);
            continue;
        }
        let learned = variants(plan, train, plan.grid)?;
        let Some(best) = learned.into_iter().find(|row| row.error.is_none()) else {
            return Err(BacktestError::Refused(
                "walk-forward: no variant of the grid can be run".to_owned(),
            ));
        };
        let mut chosen = plan.config.clone();
        chosen.strategy.parameters.extend(best.parameters.clone());
        let tested = of_period(&chosen, plan, test)?;
        found.push(WalkWindow {
            train_from: train.0,
            train_to: train.1,
            test_from: test.0,
            test_to: test.1,
            parameters: best.parameters.clone(),
            train: best,
            test: tested,
        });
        if let Some(window) = found.last() {
            keep(window);
        }
        (plan.on_window)(n + 1, total);
    }
    Ok(summed(found, plan))
}

fn variants(
    plan: &WalkPlan<'_>,
    (from, to): (UnixNanos, UnixNanos),
    grid: &Grid,
) -> Result<Vec<SweepRow>, BacktestError> {
    let mut config = plan.config.clone();
    (config.from, config.to) = (from, to);
    let swept = sweep(SweepPlan {
        config: &config,
        inputs: plan.inputs,
        grid,
        objective: plan.objective,
        threads: plan.threads,
        done: Vec::new(),
        on_row: &|_| {},
        cancel: plan.cancel,
    })?;
    Ok(swept.rows)
}

/// The configuration as it is, on a stretch.
fn of_period(
    config: &BacktestConfig,
    plan: &WalkPlan<'_>,
    (from, to): (UnixNanos, UnixNanos),
) -> Result<SweepRow, BacktestError> {
    let mut config = config.clone();
    (config.from, config.to) = (from, to);
    let swept = sweep(SweepPlan {
        config: &config,
        inputs: plan.inputs,
        // A grid without axes has one variant: the configuration itself.
        grid: &Grid::default(),
        objective: plan.objective,
        threads: 1,
        done: Vec::new(),
        on_row: &|_| {},
        cancel: plan.cancel,
    })?;
    let canceled = BacktestError::Canceled { rows: 0 };
    if plan.cancel.load(Ordering::Relaxed) {
        return Err(canceled);
    }
    swept.rows.into_iter().next().ok_or(canceled)
}

fn summed(windows: Vec<WalkWindow>, plan: &WalkPlan<'_>) -> WalkForwardResult {
    let conventions = statistics::conventions(plan.config);
    let returns: Vec<f64> = windows
        .iter()
        .flat_map(|w| w.test.returns.iter().copied())
        .collect();
    let mean = |of: &dyn Fn(&WalkWindow) -> f64| {
        let values: Vec<f64> = windows.iter().map(of).filter(|v| v.is_finite()).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
    };
    let learned = mean(&|w| value(&w.train, plan.objective)).filter(|v| *v > 0.0);
    let tested = mean(&|w| value(&w.test, plan.objective));
    WalkForwardResult {
        objective: plan.objective,
        total_return: performance::total_return(&returns),
        sharpe: performance::sharpe(&returns, &conventions),
        max_drawdown: drawdown::max_drawdown(&returns),
        efficiency: learned.zip(tested).map(|(learned, tested)| tested / learned),
        returns,
        windows,
    }
}
