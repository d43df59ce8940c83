//! Backtests: the kernel itself, fed from merged market data instead of live feeds.
//!
//! [`config`] says what is asked, [`data`] brings the rows in order of time, [`run`] drives the kernel (risk gate,
//! order state machine, ledger, simulated venue) row by row and keeps a row per order, fill and trade of its records,
//! [`document`] is what comes out. [`sweep`] and [`walk_forward`] run many variants on all cores.
//!
//! A strategy sees a bar when it has closed and nothing later: what a run could look ahead into has not been read
//! when the strategy is asked. [`lookahead`] proves it for each result on truncated data.

mod assumptions;
mod capture;
pub mod config;
pub mod data;
pub mod document;
mod export;
mod fingerprint;
pub mod lookahead;
mod meter;
pub mod run;
mod setup;
mod sources;
mod statistics;
pub mod sweep;
pub mod sweep_state;
pub mod walk_forward;

use sha2::{Digest, Sha256};
use tradewind_types::UnixNanos;

pub use capture::{Ask, AskRow, Capture, FillRow, OrderRow, TradeRow};
pub use config::{BacktestConfig, ConfigError, is_plain_name};
pub use data::DataError;
pub use document::BacktestDocument;
pub use export::{ExportError, export_csv, export_parquet};
pub use meter::EquityPoint;
pub use run::{Control, Player, Progress, RunError, RunOutput, Stage, run};
pub use setup::{player, players, stage};
pub use sources::{Inputs, period};

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum BacktestError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The kernel, the registry or a script refused something.
    #[error("{0}")]
    Refused(String),
    /// Somebody stopped it.
    #[error("canceled after {rows} rows")]
    Canceled {
        /// Rows handled until then.
        rows: u64,
    },
    /// An exchange rate is missing, or a book contradicts itself.
    #[error(transparent)]
    Run(RunError),
    /// The statistics.
    #[error("statistics: {0}")]
    Statistics(String),
    /// There is not one row in the period.
    #[error("there is no data in the period")]
    NoData,
}

impl From<RunError> for BacktestError {
    fn from(error: RunError) -> Self {
        match error {
            RunError::Data(error) => BacktestError::Data(error),
            RunError::Canceled { rows } => BacktestError::Canceled { rows },
            error @ (RunError::NoRate(_) | RunError::Depth(..)) => BacktestError::Run(error),
        }
    }
}

/// One run as configured, over the data that is known until a time (`u64::MAX` = all).
///
/// # Errors
/// [`BacktestError`].
pub fn run_once(
    config: &BacktestConfig,
    inputs: &Inputs,
    known_until: UnixNanos,
    control: &Control<'_>,
) -> Result<RunOutput, BacktestError> {
    let mut stage = setup::stage(config)?;
    let players = setup::players(config, &mut stage)?;
    let data = inputs.merge(config, period(config, known_until))?;
    Ok(run::run(stage, players, data, control)?)
}

/// A whole backtest: the run, the lookahead check, the statistics.
///
/// # Errors
/// [`BacktestError`].
pub fn backtest(
    config: &BacktestConfig,
    inputs: &Inputs,
    control: &Control<'_>,
) -> Result<BacktestDocument, BacktestError> {
    let output = run_once(config, inputs, UnixNanos(u64::MAX), control)?;
    if output.rows.bars + output.rows.quotes + output.rows.trades + output.rows.depth == 0 {
        return Err(BacktestError::NoData);
    }
    let lookahead = lookahead::check(config, inputs, &output, control)?;
    document::build(config, inputs, &output, lookahead)
}

/// The statistics of a run, without a benchmark.
///
/// # Errors
/// [`BacktestError::Statistics`].
pub fn figures(
    config: &BacktestConfig,
    output: &RunOutput,
) -> Result<tradewind_analytics::BacktestStatistics, BacktestError> {
    let curve = statistics::curve(output)?;
    statistics::statistics(config, &curve, &statistics::trades(output), None)
}

/// SHA-256 in hexadecimal.
#[must_use]
pub fn sha256_hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}
