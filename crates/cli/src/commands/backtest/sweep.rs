//! `tradewind backtest sweep`: all cores, a table best first, and a state file that a canceled sweep goes on from.

use std::sync::atomic::{AtomicUsize, Ordering};

use tradewind_engine::backtest::BacktestError;
use tradewind_engine::backtest::sweep::{SweepPlan, SweepRow, sweep};
use tradewind_engine::backtest::sweep_state::SweepState;

use super::args::SweepArgs;
use super::interrupt::Interrupt;
use super::{bar, failure, json, prepare, show, tell, threads};
use crate::failure::Failure;

pub(super) fn run(args: &SweepArgs) -> Result<(), Failure> {
    let interrupt = Interrupt::listen()?;
    let (config, inputs, grid, _exported) = prepare(&args.grid, &interrupt)?;
    let (done, state) = match &args.state {
        None => (Vec::new(), None),
        Some(path) => {
            let (done, state) = SweepState::open(path, &config, &grid)
                .map_err(|e| Failure::Input(format!("{}: {e}", path.display())))?;
            (done, Some(state))
        }
    };
    let total = grid.len().unwrap_or(0);
    let finished = AtomicUsize::new(done.len());
    tell_progress(args, done.len(), total);
    let on_row = |row: &SweepRow| {
        if let Some(state) = &state {
            state.keep(row);
        }
        tell_progress(args, finished.fetch_add(1, Ordering::Relaxed) + 1, total);
    };
    let swept = sweep(SweepPlan {
        config: &config,
        inputs: &inputs,
        grid: &grid,
        objective: args.grid.objective.into(),
        threads: threads(&args.grid),
        done,
        on_row: &on_row,
        cancel: interrupt.flag(),
    });
    tell(args.grid.quiet, "");
    let result = swept.map_err(|error| match error {
        BacktestError::Canceled { rows } => {
            let message = format!("stopped after {rows} of {total} variants");
            let hint = match &args.state {
                Some(path) => format!("the same command goes on from {}", path.display()),
                None => "with --state FILE a stopped sweep can go on".to_owned(),
            };
            Failure::with_hint(message, hint)
        }
        other => failure(other),
    })?;
    if args.grid.json {
        return json(&result);
    }
    show::sweep(&result, args.top);
    Ok(())
}

fn tell_progress(args: &SweepArgs, finished: usize, total: usize) {
    let line = format!("{} {finished} of {total} variants", bar(finished, total));
    tell(args.grid.quiet, &line);
}
