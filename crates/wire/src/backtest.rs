//! Backtests as jobs: what is asked, how far it is, what came of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;

/// What a job does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BacktestKind {
    /// One run with its report.
    Run,
    /// Every variant of a grid.
    Sweep,
    /// Variants chosen on a stretch and traded on the next, again and again.
    WalkForward,
}

/// Where a job stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BacktestState {
    /// It waits for a free place.
    Queued,
    /// It runs.
    Running,
    /// Somebody stopped it; it can be resumed.
    Canceled,
    /// It cannot be done; `error` says why.
    Failed,
    /// Its result is there.
    Complete,
    /// It is gone; only the hub says so.
    Deleted,
}

/// What variants are ranked by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BacktestObjective {
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

/// Windows of a walk-forward, in bars of the first source.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BacktestWalk {
    /// Bars to choose on.
    #[schema(minimum = 1)]
    pub train: u32,
    /// Bars to test on.
    #[schema(minimum = 1)]
    pub test: u32,
    /// Bars from one window to the next; as long as the test when absent.
    #[serde(default)]
    #[schema(minimum = 1)]
    pub step: Option<u32>,
    /// Bars left out between the two: as many as an outcome reaches ahead.
    #[serde(default)]
    pub purge: u32,
    /// Bars left out in addition.
    #[serde(default)]
    pub embargo: u32,
    /// Choose on everything before the test, not on a stretch of fixed length.
    #[serde(default)]
    pub anchored: bool,
}

/// A job to be done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBacktest {
    /// What it does.
    pub kind: BacktestKind,
    /// A name for people; the configuration's when absent.
    #[serde(default)]
    #[schema(max_length = 80)]
    pub name: Option<String>,
    /// The configuration, TOML as for `tradewind backtest run`. Files in it are names of one's own files.
    pub config: String,
    /// Values to try, TOML: `fast = [5, 10]`, `slow = { from = 20, to = 60, step = 10 }`. For sweeps and walks.
    #[serde(default)]
    pub grid: Option<String>,
    /// What variants are ranked by.
    #[serde(default)]
    pub objective: BacktestObjective,
    /// For walks.
    #[serde(default)]
    pub walk: Option<BacktestWalk>,
}

/// What a job is at.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BacktestStage {
    /// Reading the data.
    Reading,
    /// The run, counted in rows.
    Running,
    /// The run again on less data, which proves that it does not look ahead.
    Checking,
    /// Variants, counted.
    Variants,
    /// Windows, counted.
    Windows,
}

/// How far a job is.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BacktestProgress {
    /// What it is at.
    pub stage: BacktestStage,
    /// Rows, variants or windows done in the stage.
    pub done: u64,
    /// How many there are, where that is known.
    pub total: Option<u64>,
    /// Time in the data.
    pub time: Option<Time>,
}

/// What came of a run, or of the best variant.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize, ToSchema)]
pub struct BacktestFigures {
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
    pub trades: Option<u64>,
    /// Orders.
    pub orders: Option<u64>,
}

/// A job.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Backtest {
    /// Id.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it does.
    pub kind: BacktestKind,
    /// Where it stands.
    pub state: BacktestState,
    /// When it was asked for.
    pub created_at: Time,
    /// When it began, the last time.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// How far it is; absent before it began.
    pub progress: Option<BacktestProgress>,
    /// Why it failed.
    pub error: Option<String>,
    /// What came of it.
    pub figures: Option<BacktestFigures>,
    /// A check of the result that does not hold, e.g. that the strategy looks ahead.
    pub warning: Option<String>,
    /// Files that it reads.
    pub files: Vec<String>,
}

/// A job with what was asked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BacktestDetail {
    /// The job.
    #[serde(flatten)]
    pub job: Backtest,
    /// What was asked.
    pub request: NewBacktest,
}

/// A variant of a sweep.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BacktestVariant {
    /// Number in the grid.
    pub variant: u64,
    /// Its parameters.
    pub parameters: BTreeMap<String, String>,
    /// Why it could not be run.
    pub error: Option<String>,
    /// What came of it.
    pub figures: BacktestFigures,
    /// Probability that its Sharpe ratio is above what the best of so many tries shows by luck; once all are done.
    pub deflated_sharpe: Option<f64>,
}

/// A window of a walk-forward.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BacktestWindow {
    /// Learned from, from then …
    pub train_from: Time,
    /// … until before then.
    pub train_to: Time,
    /// Tested on, from then …
    pub test_from: Time,
    /// … until before then.
    pub test_to: Time,
    /// What was chosen.
    pub parameters: BTreeMap<String, String>,
    /// The choice where it was learned.
    pub train: BacktestFigures,
    /// The choice where it was tested.
    pub test: BacktestFigures,
}

/// The variants of a sweep, or the windows of a walk.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BacktestTable {
    /// How many variants are done.
    pub done: u64,
    /// Variants, best first.
    pub variants: Vec<BacktestVariant>,
    /// Probability of backtest overfitting, where it can be reckoned.
    pub probability_of_overfitting: Option<f64>,
    /// Why it cannot.
    pub overfitting_note: Option<String>,
    /// Windows in order of time.
    pub windows: Vec<BacktestWindow>,
    /// Mean objective where it was tested ÷ where it was learned.
    pub efficiency: Option<f64>,
}

/// A file of market data or a script, for one's own backtests.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct BacktestFile {
    /// Name, as configurations name it.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// When it came.
    pub created_at: Time,
    /// How many rows, where this program wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
}

/// Bars that the program has, to be kept as a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewBacktestFile {
    /// Whose bars.
    pub instrument: String,
    /// Which bars, e.g. `1m`.
    pub interval: String,
    /// The file's name; made of the two when absent.
    #[serde(default)]
    pub name: Option<String>,
}
