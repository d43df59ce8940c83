//! Figures and tables of results, as the API shows them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead as _, BufReader};

use tradewind_engine::backtest::BacktestDocument;
use tradewind_engine::backtest::config::shown;
use tradewind_engine::backtest::sweep::{SweepResult, SweepRow, best_first};
use tradewind_engine::backtest::walk_forward::{WalkForwardResult, WalkWindow};
use tradewind_strategy::ParamMap;
use tradewind_types::UserId;
use tradewind_wire as wire;
use wire::{BacktestKind, BacktestState};

use super::record::folder;
use super::{Backtests, disk, work, wrong_state};
use crate::problem::{ApiError, ApiResult, Code};

pub(super) fn figures_of_run(document: &BacktestDocument) -> wire::BacktestFigures {
    wire::BacktestFigures {
        final_equity: Some(document.summary.final_equity.clone()),
        total_return: document.figure("returns.total_return"),
        sharpe: document.figure("returns.sharpe"),
        sortino: document.figure("returns.sortino"),
        max_drawdown: document.figure("returns.max_drawdown"),
        trades: Some(document.summary.trades),
        orders: Some(document.summary.orders),
    }
}

pub(super) fn figures_of_row(row: &SweepRow) -> wire::BacktestFigures {
    wire::BacktestFigures {
        final_equity: row.final_equity.clone(),
        total_return: row.total_return,
        sharpe: row.sharpe,
        sortino: row.sortino,
        max_drawdown: row.max_drawdown,
        trades: Some(row.trades),
        orders: Some(row.orders),
    }
}

pub(super) fn figures_of_walk(result: &WalkForwardResult) -> wire::BacktestFigures {
    let sum = |of: fn(&SweepRow) -> u64| result.windows.iter().map(|w| of(&w.test)).sum();
    wire::BacktestFigures {
        final_equity: None,
        total_return: result.total_return,
        sharpe: result.sharpe,
        sortino: None,
        max_drawdown: result.max_drawdown,
        trades: Some(sum(|row| row.trades)),
        orders: Some(sum(|row| row.orders)),
    }
}

fn parameters(map: &ParamMap) -> BTreeMap<String, String> {
    map.iter()
        .map(|(name, value)| (name.clone(), shown(value)))
        .collect()
}

fn variant(row: &SweepRow) -> wire::BacktestVariant {
    wire::BacktestVariant {
        variant: row.variant as u64,
        parameters: parameters(&row.parameters),
        error: row.error.clone(),
        figures: figures_of_row(row),
        deflated_sharpe: row.deflated_sharpe,
    }
}

fn window(window: &WalkWindow) -> wire::BacktestWindow {
    wire::BacktestWindow {
        train_from: wire::Time(window.train_from),
        train_to: wire::Time(window.train_to),
        test_from: wire::Time(window.test_from),
        test_to: wire::Time(window.test_to),
        parameters: parameters(&window.parameters),
        train: figures_of_row(&window.train),
        test: figures_of_row(&window.test),
    }
}

impl Backtests {
    /// The best variants of a sweep, also of one that is not complete, or the windows of a complete walk. Blocks for
    /// disk.
    ///
    /// # Errors
    /// `BACKTEST_UNKNOWN`; `BACKTEST_STATE` for a run, and for a walk that is not complete; the disk.
    pub fn table(&self, user: &UserId, id: &str, most: usize) -> ApiResult<wire::BacktestTable> {
        let detail = self.get(user, id)?;
        let complete = detail.job.state == BacktestState::Complete;
        let unreadable = |error: serde_json::Error| {
            tracing::error!(%error, backtest = id, "a result cannot be read");
            ApiError::of(Code::Internal)
        };
        let mut table = wire::BacktestTable {
            done: 0,
            variants: Vec::new(),
            probability_of_overfitting: None,
            overfitting_note: None,
            windows: Vec::new(),
            efficiency: None,
        };
        match detail.job.kind {
            BacktestKind::Run => {
                let text = "a run has a result and a report, no table";
                return Err(ApiError::new(Code::BacktestState, text));
            }
            BacktestKind::WalkForward if !complete => {
                return Err(wrong_state(detail.job.state, "is complete"));
            }
            BacktestKind::WalkForward => {
                let (_, bytes) = self.result(user, id)?;
                let result: WalkForwardResult = serde_json::from_slice(&bytes).map_err(unreadable)?;
                table.done = result.windows.len() as u64;
                table.efficiency = result.efficiency;
                table.windows = result.windows.iter().map(window).collect();
            }
            BacktestKind::Sweep => {
                let rows = if complete {
                    let (_, bytes) = self.result(user, id)?;
                    let result: SweepResult = serde_json::from_slice(&bytes).map_err(unreadable)?;
                    table.probability_of_overfitting = result.probability_of_overfitting;
                    table.overfitting_note = result.overfitting_note;
                    result.rows
                } else {
                    let mut rows = self.rows_so_far(user, id)?;
                    best_first(&mut rows, work::objective(detail.request.objective));
                    rows
                };
                table.done = rows.len() as u64;
                table.variants = rows.iter().take(most).map(variant).collect();
            }
        }
        Ok(table)
    }

    /// The finished variants of a sweep that is not complete. A line that is being written is left out.
    fn rows_so_far(&self, user: &UserId, id: &str) -> ApiResult<Vec<SweepRow>> {
        let file = match File::open(folder(&self.root, user, id).join(work::VARIANTS)) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(disk(&error)),
        };
        let lines = BufReader::new(file).lines().skip(1);
        Ok(lines
            .map_while(Result::ok)
            .filter_map(|line| serde_json::from_str(&line).ok())
            .collect())
    }
}
