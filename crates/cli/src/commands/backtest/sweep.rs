//! `tradewind backtest sweep`: all cores, a table best first, and a state file that a canceled sweep goes on from.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde::{Deserialize, Serialize};
use tradewind_engine::backtest::BacktestError;
use tradewind_engine::backtest::sweep::{SweepPlan, SweepRow, sweep};

use super::args::SweepArgs;
use super::{bar, failure, json, prepare, show, tell, threads};
use crate::failure::Failure;

/// First line of a state file: what its rows are of.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StateOf {
    config_sha256: String,
    grid_sha256: String,
}

pub(super) fn run(args: &SweepArgs) -> Result<(), Failure> {
    let (config, inputs, grid) = prepare(&args.grid)?;
    let of = StateOf {
        config_sha256: config.sha256.clone(),
        grid_sha256: grid.sha256(),
    };
    let (done, state) = match &args.state {
        None => (Vec::new(), None),
        Some(path) => {
            let (done, file) = resume(path, &of)?;
            (done, Some(Mutex::new(file)))
        }
    };
    let total = grid.len().unwrap_or(0);
    let (finished, cancel) = (AtomicUsize::new(done.len()), AtomicBool::new(false));
    let on_row = |row: &SweepRow| {
        if let Some(file) = &state {
            keep(file, row);
        }
        let finished = finished.fetch_add(1, Ordering::Relaxed) + 1;
        tell(
            args.grid.quiet,
            &format!("{} {finished} of {total} variants", bar(finished, total)),
        );
    };
    let swept = sweep(SweepPlan {
        config: &config,
        inputs: &inputs,
        grid: &grid,
        objective: args.grid.objective.into(),
        threads: threads(&args.grid),
        done,
        on_row: &on_row,
        cancel: &cancel,
    });
    tell(args.grid.quiet, "");
    let result = swept.map_err(|error| match error {
        BacktestError::Canceled { rows } => {
            Failure::failed(format!("stopped after {rows} of {total} variants"))
        }
        other => failure(other),
    })?;
    if args.grid.json {
        return json(&result);
    }
    show::sweep(&result, args.top);
    Ok(())
}

/// Rows of an earlier run, and the file to go on in. A last line that was cut off is dropped.
fn resume(path: &Path, of: &StateOf) -> Result<(Vec<SweepRow>, File), Failure> {
    let refuse = |why: String| Failure::Input(format!("{}: {why}", path.display()));
    let (mut rows, mut whole) = (Vec::new(), 0u64);
    if let Ok(file) = File::open(path) {
        let mut lines = BufReader::new(file);
        let (mut line, mut first) = (String::new(), true);
        while lines.read_line(&mut line).map_err(|e| refuse(e.to_string()))? > 0 && line.ends_with('\n') {
            if first {
                let found: StateOf =
                    serde_json::from_str(&line).map_err(|e| refuse(format!("no sweep's state: {e}")))?;
                if found != *of {
                    return Err(refuse(
                        "it is of another configuration or grid; name another file".to_owned(),
                    ));
                }
                first = false;
            } else {
                rows.push(serde_json::from_str(&line).map_err(|e| refuse(e.to_string()))?);
            }
            whole += line.len() as u64;
            line.clear();
        }
    }
    let mut options = OpenOptions::new();
    let file = options.create(true).truncate(false).write(true).open(path);
    let mut file = file.map_err(|e| refuse(e.to_string()))?;
    file.set_len(whole).map_err(|e| refuse(e.to_string()))?;
    use std::io::Seek as _;
    file.seek(std::io::SeekFrom::End(0))
        .map_err(|e| refuse(e.to_string()))?;
    if whole == 0 {
        let line = serde_json::to_string(of).map_err(|e| refuse(e.to_string()))?;
        writeln!(file, "{line}").map_err(|e| refuse(e.to_string()))?;
    }
    Ok((rows, file))
}

/// Appends a finished variant; one that cannot be kept is only run again.
fn keep(file: &Mutex<File>, row: &SweepRow) {
    let Ok(line) = serde_json::to_string(row) else {
        return;
    };
    if let Ok(mut file) = file.lock()
        && let Err(error) = writeln!(file, "{line}")
    {
        tracing::warn!(%error, "a finished variant could not be kept");
    }
}
