//! `tradewind backtest run`.

use std::path::Path;

use tradewind_engine::backtest::{
    BacktestDocument, Control, Inputs, Progress, backtest, export_csv, export_parquet,
};

use super::args::RunArgs;
use super::interrupt::Interrupt;
use super::{catalog, config, failure, json, report, show, tell};
use crate::failure::Failure;

pub(super) fn run(args: &RunArgs) -> Result<(), Failure> {
    let mut config = config(&args.config)?;
    let interrupt = Interrupt::listen()?;
    let _exported = catalog::resolve(&mut config, &interrupt)?;
    let progress = |p: Progress| {
        let line = format!(
            "{} rows, {}, {} orders, equity {:.2}",
            p.rows, p.time, p.orders, p.equity
        );
        tell(args.quiet, &line);
    };
    let control = Control {
        progress: Some(&progress),
        cancel: Some(interrupt.flag()),
    };
    let result = backtest(&config, &Inputs::Files, &control);
    tell(args.quiet, "");
    let document = result.map_err(failure)?;
    if let Some(folder) = &args.out {
        write(&document, folder)?;
    }
    if let Some(file) = &args.report {
        report::write(&document, file)?;
    }
    if args.json {
        json(&document)?;
    } else {
        show::document(&document);
    }
    check(&document)
}

fn write(document: &BacktestDocument, folder: &Path) -> Result<(), Failure> {
    let refuse = |e: String| Failure::failed(format!("{}: {e}", folder.display()));
    std::fs::create_dir_all(folder).map_err(|e| refuse(e.to_string()))?;
    let bytes = serde_json::to_vec_pretty(document).map_err(|e| refuse(e.to_string()))?;
    std::fs::write(folder.join("result.json"), bytes).map_err(|e| refuse(e.to_string()))?;
    export_csv(document, folder).map_err(|e| refuse(e.to_string()))?;
    export_parquet(document, folder).map_err(|e| refuse(e.to_string()))
}

/// A result whose own checks do not hold is printed, and ends with 4.
fn check(document: &BacktestDocument) -> Result<(), Failure> {
    let checks = &document.checks;
    if let Some(difference) = &checks.lookahead.difference {
        return Err(Failure::Check(format!("the strategy looks ahead: {difference}")));
    }
    if let Some(broken) = &checks.ledger {
        return Err(Failure::Check(format!("the ledger does not add up: {broken}")));
    }
    if checks.illegal_outcomes > 0 {
        let count = checks.illegal_outcomes;
        return Err(Failure::Check(format!(
            "{count} outcomes did not fit the kernel's state"
        )));
    }
    Ok(())
}
