//! `tradewind backtest walk-forward`, and a state file that a canceled walk goes on from.

use tradewind_analytics::walk_forward::WalkForward;
use tradewind_engine::backtest::BacktestError;
use tradewind_engine::backtest::sweep_state::WalkState;
use tradewind_engine::backtest::walk_forward::{WalkPlan, WalkWindow, walk_forward_from};

use super::args::WalkForwardArgs;
use super::interrupt::Interrupt;
use super::{bar, failure, json, prepare, show, tell, threads};
use crate::failure::Failure;

pub(super) fn run(args: &WalkForwardArgs) -> Result<(), Failure> {
    let interrupt = Interrupt::listen()?;
    let (config, inputs, grid, _exported) = prepare(&args.grid, &interrupt)?;
    let objective = args.grid.objective.into();
    let windows = WalkForward {
        train: args.train,
        test: args.test,
        step: args.step.unwrap_or(args.test),
        purge: args.purge,
        embargo: args.embargo,
        anchored: args.anchored,
    };
    let (done, state) = match &args.state {
        None => (Vec::new(), None),
        Some(path) => {
            let (done, state) = WalkState::open(path, &config, &grid, (objective, &windows))
                .map_err(|e| Failure::Input(format!("{}: {e}", path.display())))?;
            (done, Some(state))
        }
    };
    let on_window = |done: usize, total: usize| {
        tell(
            args.grid.quiet,
            &format!("{} {done} of {total} windows", bar(done, total)),
        );
    };
    let plan = WalkPlan {
        config: &config,
        inputs: &inputs,
        grid: &grid,
        objective,
        windows,
        threads: threads(&args.grid),
        on_window: &on_window,
        cancel: interrupt.flag(),
    };
    let keep = |window: &WalkWindow| {
        if let Some(state) = &state {
            state.keep(window);
        }
    };
    let walked = walk_forward_from(&plan, done, &keep);
    tell(args.grid.quiet, "");
    let result = walked.map_err(|error| match error {
        BacktestError::Canceled { .. } => {
            let hint = match &args.state {
                Some(path) => format!("the same command goes on from {}", path.display()),
                None => "with --state FILE a stopped walk can go on".to_owned(),
            };
            Failure::with_hint("stopped".to_owned(), hint)
        }
        other => failure(other),
    })?;
    if args.grid.json {
        return json(&result);
    }
    show::walk_forward(&result);
    Ok(())
}
