//! The command line of `tradewind backtest`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use tradewind_engine::backtest::sweep::Objective;

#[derive(Debug, Args)]
pub(crate) struct BacktestArgs {
    #[command(subcommand)]
    pub(crate) command: BacktestCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BacktestCommand {
    /// Run one backtest as a configuration says.
    #[command(
        after_help = "Example:\n  tradewind backtest run --config examples/backtests/ema_cross.toml\n  tradewind backtest run --config bt.toml --json > result.json\n  tradewind backtest run --config bt.toml --out results --report report.html"
    )]
    Run(RunArgs),
    /// Try many parameters on all cores; a table, best first.
    #[command(
        after_help = "Example:\n  tradewind backtest sweep --config bt.toml --grid fast=5..20:5 --grid slow=30,60\n  tradewind backtest sweep --config bt.toml --grid grid.toml --state sweep.jsonl"
    )]
    Sweep(SweepArgs),
    /// Choose parameters on one stretch, test them on the next, and so on.
    #[command(
        after_help = "Example:\n  tradewind backtest walk-forward --config bt.toml --grid fast=5..20:5 --train 500 --test 100 --purge 5"
    )]
    WalkForward(WalkForwardArgs),
    /// Put the figures of several results side by side.
    #[command(after_help = "Example:\n  tradewind backtest compare a.json b.json")]
    Compare(CompareArgs),
    /// Make a self-contained HTML report of a result.
    #[command(after_help = "Example:\n  tradewind backtest report result.json --output report.html")]
    Report(ReportArgs),
    /// The strategies that a configuration can name, with their parameters.
    #[command(after_help = "Example:\n  tradewind backtest strategies --json")]
    Strategies {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// What to run (TOML).
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// The whole result as JSON on standard output.
    #[arg(long)]
    pub(crate) json: bool,
    /// Folder for result.json and for equity, orders, fills and trades as CSV and Parquet.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Write a self-contained HTML report.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// No progress on standard error.
    #[arg(long)]
    pub(crate) quiet: bool,
}

/// Parameters to try and how; of `sweep` and `walk-forward`.
#[derive(Debug, Args)]
pub(crate) struct GridArgs {
    /// What all variants have in common (TOML).
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,
    /// `name=from..to:step`, `name=a,b,c`, or a TOML file of such axes; repeat for several.
    #[arg(long, required = true, value_name = "AXIS|FILE")]
    pub(crate) grid: Vec<String>,
    /// What variants are ranked by.
    #[arg(long, value_enum, default_value_t = ObjectiveArg::Sharpe)]
    pub(crate) objective: ObjectiveArg,
    /// Threads; none = all cores.
    #[arg(long)]
    pub(crate) threads: Option<usize>,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// No progress on standard error.
    #[arg(long)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ObjectiveArg {
    /// Sharpe ratio.
    Sharpe,
    /// Sortino ratio.
    Sortino,
    /// Total return.
    TotalReturn,
    /// Total return ÷ greatest drawdown.
    ReturnOverDrawdown,
}

impl From<ObjectiveArg> for Objective {
    fn from(arg: ObjectiveArg) -> Self {
        match arg {
            ObjectiveArg::Sharpe => Objective::Sharpe,
            ObjectiveArg::Sortino => Objective::Sortino,
            ObjectiveArg::TotalReturn => Objective::TotalReturn,
            ObjectiveArg::ReturnOverDrawdown => Objective::ReturnOverDrawdown,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct SweepArgs {
    #[command(flatten)]
    pub(crate) grid: GridArgs,
    /// Keep finished variants in this file and go on from it.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
    /// Rows of the table; 0 = all.
    #[arg(long, default_value_t = 20)]
    pub(crate) top: usize,
}

#[derive(Debug, Args)]
pub(crate) struct WalkForwardArgs {
    #[command(flatten)]
    pub(crate) grid: GridArgs,
    /// Bars to choose on.
    #[arg(long)]
    pub(crate) train: usize,
    /// Bars to test on.
    #[arg(long)]
    pub(crate) test: usize,
    /// Bars from one window to the next; none = as long as the test.
    #[arg(long)]
    pub(crate) step: Option<usize>,
    /// Bars left out between the two: as many as an outcome reaches ahead.
    #[arg(long, default_value_t = 0)]
    pub(crate) purge: usize,
    /// Bars left out in addition.
    #[arg(long, default_value_t = 0)]
    pub(crate) embargo: usize,
    /// Choose on everything before the test, not on a stretch of fixed length.
    #[arg(long)]
    pub(crate) anchored: bool,
    /// Keep finished windows in this file and go on from it.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Results that `run --json` or `run --out` wrote.
    #[arg(required = true, num_args = 2.., value_name = "RESULT")]
    pub(crate) results: Vec<PathBuf>,
    /// As JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// A result that `run --json` or `run --out` wrote.
    #[arg(value_name = "RESULT")]
    pub(crate) result: PathBuf,
    /// Where the report goes.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: PathBuf,
}
