//! `tradewind backtest`: files in, results out; no server, no database.

mod args;
mod catalog;
mod compare;
mod interrupt;
mod report;
mod run;
mod show;
mod strategies;
mod sweep;
mod walk_forward;

use std::path::Path;

use tradewind_engine::backtest::sweep::Grid;
use tradewind_engine::backtest::{BacktestConfig, BacktestDocument, BacktestError, Inputs};

pub(crate) use args::BacktestArgs;
use args::{BacktestCommand, GridArgs};
use catalog::Exported;
use interrupt::Interrupt;

use crate::failure::Failure;

/// Rows that a sweep keeps in memory; beyond that every variant reads the files again.
const ROWS_IN_MEMORY_MAX: usize = 20_000_000;

pub(crate) fn run(args: &BacktestArgs) -> Result<(), Failure> {
    match &args.command {
        BacktestCommand::Run(args) => run::run(args),
        BacktestCommand::Sweep(args) => sweep::run(args),
        BacktestCommand::WalkForward(args) => walk_forward::run(args),
        BacktestCommand::Compare(args) => compare::run(args),
        BacktestCommand::Report(args) => report::run(args),
        BacktestCommand::Strategies { json } => strategies::run(*json),
    }
}

fn config(path: &Path) -> Result<BacktestConfig, Failure> {
    let mut config = BacktestConfig::read(path).map_err(|e| Failure::Input(e.to_string()))?;
    let known = crate::app::sessions::sessions_of;
    let resolved = config.resolve_calendars(known);
    resolved.map_err(|e| Failure::Input(e.to_string()))?;
    Ok(config)
}

/// Data and configurations that are refused end with 3, everything else with 1.
fn failure(error: BacktestError) -> Failure {
    match error {
        BacktestError::Config(_) | BacktestError::Data(_) | BacktestError::NoData => {
            Failure::Input(error.to_string())
        }
        other => Failure::failed(other.to_string()),
    }
}

/// A result that was written before.
fn document(path: &Path) -> Result<BacktestDocument, Failure> {
    let refuse = |why: String| Failure::Input(format!("{}: {why}", path.display()));
    let bytes = std::fs::read(path).map_err(|e| refuse(e.to_string()))?;
    let document: BacktestDocument =
        serde_json::from_slice(&bytes).map_err(|e| refuse(format!("no backtest result: {e}")))?;
    let newest = tradewind_engine::backtest::document::VERSION;
    if document.version > newest {
        let of = document.version;
        return Err(refuse(format!(
            "version {of} of the form; this program reads up to {newest}"
        )));
    }
    Ok(document)
}

/// What sweeps and walks have in common: configuration, data in memory, grid.
fn prepare(
    args: &GridArgs,
    interrupt: &Interrupt,
) -> Result<(BacktestConfig, Inputs, Grid, Exported), Failure> {
    let mut config = config(&args.config)?;
    let exported = catalog::resolve(&mut config, interrupt)?;
    let mut grid = Grid::default();
    for axis in &args.grid {
        if axis.contains('=') {
            grid.add(axis).map_err(|e| Failure::Usage(e.to_string()))?;
            continue;
        }
        let text = std::fs::read_to_string(axis).map_err(|e| Failure::Input(format!("{axis}: {e}")))?;
        grid = Grid::from_toml(&text).map_err(|e| Failure::Input(format!("{axis}: {e}")))?;
    }
    let inputs = Inputs::load(&config, ROWS_IN_MEMORY_MAX).map_err(|e| Failure::Input(e.to_string()))?;
    Ok((config, inputs, grid, exported))
}

fn threads(args: &GridArgs) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    args.threads.unwrap_or(cores).max(1)
}

fn json(value: &impl serde::Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(value).map_err(|e| Failure::failed(e.to_string()))?;
    println!("{text}");
    Ok(())
}

/// A progress line on a terminal; nothing anywhere else.
pub(crate) fn tell(quiet: bool, text: &str) {
    use std::io::{IsTerminal as _, Write as _};
    let mut err = std::io::stderr();
    if quiet || !err.is_terminal() {
        return;
    }
    // A line that cannot be shown is no reason to stop.
    let _ = write!(err, "\r\u{1b}[2K{text}");
    let _ = err.flush();
}

/// A bar of progress, e.g. `[####····]`.
pub(crate) fn bar(done: usize, total: usize) -> String {
    const WIDTH: usize = 30;
    let filled = done
        .checked_mul(WIDTH)
        .and_then(|d| d.checked_div(total))
        .unwrap_or(0)
        .min(WIDTH);
    format!("[{}{}]", "#".repeat(filled), "·".repeat(WIDTH - filled))
}
