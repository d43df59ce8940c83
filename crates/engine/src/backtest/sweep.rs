//! Many variants of one backtest on all cores: a grid of parameters, a row per variant, best first.
//!
//! The data is read once. Rows come out the same whatever the number of threads and in whatever order they finish:
//! [`SweepResult::hash`] says so. The best of many tries looks better than it is; each row's deflated Sharpe ratio and
//! the sweep's probability of overfitting say by how much.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use tradewind_analytics::overfitting::sharpe::deflate;
use tradewind_analytics::overfitting::{OverfittingError, probability_of_overfitting};
use tradewind_analytics::returns::{ReturnSeries, drawdown, performance};
use tradewind_strategy::{ParamMap, ParamValue};
use tradewind_types::UnixNanos;
use tradewind_types::num::canonical;

use super::config::{BacktestConfig, param};
use super::run::Control;
use super::sources::Inputs;
use super::{BacktestError, fingerprint, run_once, sha256_hex, statistics};

/// Variants of one sweep at most.
pub const VARIANTS_MAX: usize = 100_000;
/// Blocks of time for the probability of overfitting.
const BLOCKS: usize = 10;

/// Parameters with the values to try.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Grid {
    axes: Vec<(String, Vec<ParamValue>)>,
}

/// A grid that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("grid: {0}")]
pub struct GridError(String);

impl Grid {
    /// Adds an axis as it is typed: `fast=5..20:5` (5, 10, 15, 20), `fast=5,10`, `short=true,false`.
    ///
    /// # Errors
    /// [`GridError`].
    pub fn add(&mut self, text: &str) -> Result<(), GridError> {
        let refuse = |why: &str| GridError(format!("`{text}`: {why}"));
        let (name, values) = text
            .split_once('=')
            .ok_or_else(|| refuse("must be like fast=5..20:5 or fast=5,10"))?;
        let values = match values.split_once("..") {
            Some((from, rest)) => {
                let (to, step) = rest.split_once(':').unwrap_or((rest, "1"));
                range(from, to, step)
                    .ok_or_else(|| refuse("a range is from..to:step, all numbers, step above 0"))?
            }
            None => values.split(',').map(ParamValue::read).collect(),
        };
        self.axis(name.trim(), values)
    }

    /// Reads a grid from a TOML table: `fast = [5, 10]`, `slow = { from = 20, to = 60, step = 10 }`.
    ///
    /// # Errors
    /// [`GridError`].
    pub fn from_toml(text: &str) -> Result<Self, GridError> {
        let table: toml::Table = text
            .parse()
            .map_err(|e: toml::de::Error| GridError(e.message().to_owned()))?;
        let mut grid = Self::default();
        for (name, value) in &table {
            let values = match value {
                toml::Value::Array(items) => items.iter().map(param).collect::<Option<Vec<_>>>(),
                toml::Value::Table(of) => {
                    let text = |key: &str| of.get(key).map(ToString::to_string);
                    let step = text("step").unwrap_or_else(|| "1".to_owned());
                    text("from")
                        .zip(text("to"))
                        .and_then(|(from, to)| range(&from, &to, &step))
                }
                other => param(other).map(|one| vec![one]),
            };
            let wanted = "must be a list of values or { from, to, step }";
            grid.axis(
                name,
                values.ok_or_else(|| GridError(format!("`{name}` {wanted}")))?,
            )?;
        }
        Ok(grid)
    }

    fn axis(&mut self, name: &str, values: Vec<ParamValue>) -> Result<(), GridError> {
        if name.is_empty() || values.is_empty() {
            return Err(GridError("an axis has a name and one value at least".to_owned()));
        }
        if self.axes.iter().any(|(n, _)| n == name) {
            return Err(GridError(format!("`{name}` is there twice")));
        }
        self.axes.push((name.to_owned(), values));
        match self.len() {
            Some(len) if len <= VARIANTS_MAX => Ok(()),
            _ => Err(GridError(format!("more than {VARIANTS_MAX} variants"))),
        }
    }

    /// How many variants there are; `None` when that does not fit.
    #[must_use]
    pub fn len(&self) -> Option<usize> {
        self.axes
            .iter()
            .try_fold(1usize, |n, (_, values)| n.checked_mul(values.len()))
    }

    /// Whether there is no axis.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.axes.is_empty()
    }

    /// The parameters of a variant: the last axis changes first.
    #[must_use]
    pub fn variant(&self, mut index: usize) -> ParamMap {
        let mut params = ParamMap::new();
        for (name, values) in self.axes.iter().rev() {
            if let Some(value) = values.get(index % values.len()) {
                params.insert(name.clone(), value.clone());
            }
            index /= values.len();
        }
        params
    }

    /// What identifies the grid.
    #[must_use]
    pub fn sha256(&self) -> String {
        sha256_hex(format!("{:?}", self.axes).as_bytes())
    }
}

/// `from`, `from + step`, … up to `to` inclusive.
fn range(from: &str, to: &str, step: &str) -> Option<Vec<ParamValue>> {
    let read = |text: &str| tradewind_types::num::parse_decimal(text.trim()).ok();
    let (from, to, step) = (read(from)?, read(to)?, read(step)?);
    if step <= rust_decimal::Decimal::ZERO || to < from {
        return None;
    }
    let mut values = Vec::new();
    let mut at = from;
    while at <= to && values.len() <= VARIANTS_MAX {
        values.push(ParamValue::read(&at.normalize().to_string()));
        at = at.checked_add(step)?;
    }
    Some(values)
}

/// What variants are ranked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// Sharpe ratio.
    #[default]
    Sharpe,
    /// Sortino ratio.
    Sortino,
    /// Total return.
    TotalReturn,
    /// Total return ÷ greatest drawdown.
    ReturnOverDrawdown,
}

/// One variant's result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepRow {
    /// Number in the grid.
    pub variant: usize,
    /// Its parameters.
    pub parameters: ParamMap,
    /// Why it could not be run, e.g. parameters that contradict each other.
    pub error: Option<String>,
    /// Equity at the end.
    pub final_equity: Option<String>,
    /// End ÷ beginning − 1.
    pub total_return: Option<f64>,
    /// Sharpe ratio a year.
    pub sharpe: Option<f64>,
    /// Sortino ratio a year.
    pub sortino: Option<f64>,
    /// Greatest fall from a peak, 0 or below.
    pub max_drawdown: Option<f64>,
    /// Closed trades.
    pub trades: u64,
    /// Orders.
    pub orders: u64,
    /// Probability that the Sharpe ratio is above what the best of so many tries shows by luck.
    pub deflated_sharpe: Option<f64>,
    /// Hash of the run.
    pub hash: Option<String>,
    /// Return of each day.
    pub returns: Vec<f64>,
}

/// All variants, best first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepResult {
    /// What they are ranked by.
    pub objective: Objective,
    /// The rows, best first; those that could not be run last.
    pub rows: Vec<SweepRow>,
    /// Probability of backtest overfitting, where it can be reckoned.
    pub probability_of_overfitting: Option<f64>,
    /// Why it cannot, where it cannot.
    pub overfitting_note: Option<String>,
    /// Hash over all rows in the order of the grid: the same for any number of threads.
    pub hash: String,
}

/// How a sweep is run.
pub struct SweepPlan<'a> {
    /// What every variant has in common.
    pub config: &'a BacktestConfig,
    /// Its data.
    pub inputs: &'a Inputs,
    /// Parameters to try; they replace the configuration's.
    pub grid: &'a Grid,
    /// What variants are ranked by.
    pub objective: Objective,
    /// Threads; at least 1.
    pub threads: usize,
    /// Rows of an earlier, canceled run of the same sweep.
    pub done: Vec<SweepRow>,
    /// Told of each new row, from any thread.
    pub on_row: &'a (dyn Fn(&SweepRow) + Sync),
    /// Set by whoever wants it to stop after the variants at work.
    pub cancel: &'a AtomicBool,
}

/// Runs all variants that are not done. `Err` with the number of rows when canceled.
///
/// # Errors
/// [`BacktestError::Canceled`].
pub fn sweep(plan: SweepPlan<'_>) -> Result<SweepResult, BacktestError> {
    let total = plan.grid.len().unwrap_or(0);
    let mut rows: Vec<Option<SweepRow>> = vec![None; total];
    for row in plan.done {
        if let Some(place) = rows.get_mut(row.variant) {
            *place = Some(row);
        }
    }
    let open: Vec<usize> = (0..total).filter(|at| rows[*at].is_none()).collect();
    let (next, found) = (AtomicUsize::new(0), Mutex::new(rows));
    let work = || {
        while !plan.cancel.load(Ordering::Relaxed) {
            let Some(variant) = open.get(next.fetch_add(1, Ordering::Relaxed)).copied() else {
                return;
            };
            let control = Control {
                progress: None,
                cancel: Some(plan.cancel),
            };
            let Some(row) = one(plan.config, plan.inputs, plan.grid, variant, &control) else {
                return;
            };
            (plan.on_row)(&row);
            // A poisoned lock means that another worker panicked; its panic ends the sweep at the join.
            if let Ok(mut rows) = found.lock() {
                rows[variant] = Some(row);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..plan.threads.max(1) {
            scope.spawn(work);
        }
        work();
    });
    let rows = found
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let complete: Vec<SweepRow> = rows.into_iter().flatten().collect();
    if complete.len() < total {
        return Err(BacktestError::Canceled {
            rows: complete.len() as u64,
        });
    }
    Ok(rank(complete, plan.config, plan.objective))
}

/// One variant; `None` when it was canceled.
fn one(
    config: &BacktestConfig,
    inputs: &Inputs,
    grid: &Grid,
    variant: usize,
    control: &Control<'_>,
) -> Option<SweepRow> {
    let mut config = config.clone();
    let parameters = grid.variant(variant);
    config.strategy.parameters.extend(parameters.clone());
    let mut row = SweepRow {
        variant,
        parameters,
        error: None,
        final_equity: None,
        total_return: None,
        sharpe: None,
        sortino: None,
        max_drawdown: None,
        trades: 0,
        orders: 0,
        deflated_sharpe: None,
        hash: None,
        returns: Vec::new(),
    };
    match figures(&config, inputs, control, &mut row) {
        Ok(()) => {}
        Err(BacktestError::Canceled { .. }) => return None,
        Err(error) => row.error = Some(error.to_string()),
    }
    Some(row)
}

fn figures(
    config: &BacktestConfig,
    inputs: &Inputs,
    control: &Control<'_>,
    row: &mut SweepRow,
) -> Result<(), BacktestError> {
    let output = run_once(config, inputs, UnixNanos(u64::MAX), control)?;
    let conventions = statistics::conventions(config);
    let curve = statistics::curve(&output)?;
    let returns = curve
        .daily_returns(&conventions.zone)
        .map_err(|e| BacktestError::Statistics(e.to_string()))?;
    let values = returns.values();
    row.final_equity = output.equity.last().map(|p| canonical(p.equity));
    row.total_return = performance::total_return(values);
    row.sharpe = performance::sharpe(values, &conventions);
    row.sortino = performance::sortino(values, &conventions);
    row.max_drawdown = drawdown::max_drawdown(values);
    row.trades = output.capture.trades.len() as u64;
    row.orders = output.capture.orders.len() as u64;
    row.hash = Some(fingerprint::fingerprint(&output));
    row.returns = values.to_vec();
    Ok(())
}

/// Ranks complete rows and says how much of the best is luck.
pub(crate) fn rank(mut rows: Vec<SweepRow>, config: &BacktestConfig, objective: Objective) -> SweepResult {
    rows.sort_by_key(|row| row.variant);
    let mut hasher = blake3::Hasher::new();
    for row in &rows {
        hasher.update(
            row.hash
                .as_ref()
                .or(row.error.as_ref())
                .map_or(&[][..], |h| h.as_bytes()),
        );
        hasher.update(b"\n");
    }
    let conventions = statistics::conventions(config);
    let sharpes: Vec<f64> = rows
        .iter()
        .filter_map(|row| performance::sharpe_per_period(&row.returns, &conventions))
        .collect();
    for row in &mut rows {
        let ts = (1..=row.returns.len() as u64).map(UnixNanos).collect();
        let series = ReturnSeries::new(ts, row.returns.clone()).ok();
        row.deflated_sharpe = series
            .and_then(|series| deflate(&series, &sharpes, &conventions))
            .map(|deflated| deflated.probability);
    }
    let overfitting = overfitting(&rows);
    best_first(&mut rows, objective);
    SweepResult {
        objective,
        probability_of_overfitting: overfitting.as_ref().ok().copied(),
        overfitting_note: overfitting.err().map(|e| e.to_string()),
        rows,
        hash: hasher.finalize().to_hex().to_string(),
    }
}

/// Sorts rows, best first; among equals the first of the grid is first.
pub fn best_first(rows: &mut [SweepRow], objective: Objective) {
    rows.sort_by(|a, b| {
        value(b, objective)
            .total_cmp(&value(a, objective))
            .then(a.variant.cmp(&b.variant))
    });
}

fn overfitting(rows: &[SweepRow]) -> Result<f64, OverfittingError> {
    let length = rows.iter().map(|r| r.returns.len()).max().unwrap_or(0);
    let trials: Vec<&[f64]> = rows
        .iter()
        .filter(|r| r.returns.len() == length && length > 0)
        .map(|r| r.returns.as_slice())
        .collect();
    probability_of_overfitting(&trials, BLOCKS).map(|found| found.pbo)
}

/// What a row is worth; the undefined is worst.
pub(crate) fn value(row: &SweepRow, objective: Objective) -> f64 {
    let worth = match objective {
        Objective::Sharpe => row.sharpe,
        Objective::Sortino => row.sortino,
        Objective::TotalReturn => row.total_return,
        Objective::ReturnOverDrawdown => row
            .total_return
            .zip(row.max_drawdown)
            .map(|(total, fall)| total / fall.abs().max(1e-9)),
    };
    worth.filter(|w| w.is_finite()).unwrap_or(f64::NEG_INFINITY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_read_as_typed_and_multiplied() {
        let mut grid = Grid::default();
        grid.add("fast=5..20:5").expect("a range");
        grid.add("slow=30,60").expect("a list");
        assert_eq!(grid.len(), Some(8));
        let texts: Vec<String> = (0..8).map(|n| format!("{:?}", grid.variant(n))).collect();
        assert!(
            texts[0].contains("Whole(5)") && texts[0].contains("Whole(30)"),
            "{}",
            texts[0]
        );
        assert!(
            texts[7].contains("Whole(20)") && texts[7].contains("Whole(60)"),
            "{}",
            texts[7]
        );
        grid.add("size=0.1..0.3:0.1").expect("decimals");
        assert_eq!(grid.len(), Some(24));
        for bad in ["fast=1", "x", "y=5..1", "z=1..2:0", "=1", "w=0..9999999"] {
            assert!(grid.clone().add(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_table_is_the_same_grid() {
        let table =
            Grid::from_toml("fast = { from = 5, to = 20, step = 5 }\nslow = [30, 60]\n").expect("a table");
        let mut typed = Grid::default();
        typed.add("fast=5..20:5").expect("a range");
        typed.add("slow=30,60").expect("a list");
        assert_eq!(table, typed);
        assert!(Grid::from_toml("fast = { from = 5 }").is_err());
        assert!(Grid::from_toml("fast = 2024-01-01").is_err());
    }
}
