//! `tradewind backtest walk-forward`.

use tradewind_analytics::walk_forward::WalkForward;
use tradewind_engine::backtest::BacktestError;
use tradewind_engine::backtest::walk_forward::{WalkPlan, walk_forward};

use super::args::WalkForwardArgs;
use super::interrupt::Interrupt;
use super::{bar, failure, json, prepare, show, tell, threads};
use crate::failure::Failure;

pub(super) fn run(args: &WalkForwardArgs) -> Result<(), Failure> {
    let (config, inputs, grid) = prepare(&args.grid)?;
    let interrupt = Interrupt::listen()?;
    let on_window = |done: usize, total: usize| {
        tell(
            args.grid.quiet,
            &format!("{} {done} of {total} windows", bar(done, total)),
        );
    };
    let walked = walk_forward(&WalkPlan {
        config: &config,
        inputs: &inputs,
        grid: &grid,
        objective: args.grid.objective.into(),
        windows: WalkForward {
            train: args.train,
            test: args.test,
            step: args.step.unwrap_or(args.test),
            purge: args.purge,
            embargo: args.embargo,
            anchored: args.anchored,
        },
        threads: threads(&args.grid),
        on_window: &on_window,
        cancel: interrupt.flag(),
    });
    tell(args.grid.quiet, "");
    let result = walked.map_err(|error| match error {
        BacktestError::Canceled { .. } => Failure::failed("stopped; windows that were done are not kept"),
        other => failure(other),
    })?;
    if args.grid.json {
        return json(&result);
    }
    show::walk_forward(&result);
    Ok(())
}
