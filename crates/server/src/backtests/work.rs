//! The threads that work jobs off.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tradewind_analytics::walk_forward::WalkForward;
use tradewind_engine::backtest::sweep::{Grid, GridError, Objective, SweepPlan, SweepRow, sweep};
use tradewind_engine::backtest::sweep_state::{SweepState, WalkState};
use tradewind_engine::backtest::walk_forward::{WalkPlan, walk_forward_from};
use tradewind_engine::backtest::{
    BacktestConfig, BacktestDocument, BacktestError, Control, Inputs, Progress, backtest,
};
use tradewind_types::UserId;
use tradewind_wire as wire;
use wire::{BacktestKind, BacktestStage, BacktestState};

use super::record::{folder, replace};
use super::{Backtests, Inner, table};

/// Rows of a job's data that are kept in memory; beyond that they are read anew for every run.
const ROWS_IN_MEMORY_MAX: usize = 2_000_000;
/// A complete result.
pub(super) const RESULT: &str = "result.json";
/// Finished variants of a sweep.
pub(super) const VARIANTS: &str = "variants.jsonl";
/// The windows of a walk that has not ended.
const WINDOWS: &str = "windows.jsonl";

/// The grid of a request; without axes when there is none.
pub(super) fn grid(request: &wire::NewBacktest) -> Result<Grid, GridError> {
    request
        .grid
        .as_deref()
        .map_or_else(|| Ok(Grid::default()), Grid::from_toml)
}

pub(super) fn objective(objective: wire::BacktestObjective) -> Objective {
    match objective {
        wire::BacktestObjective::Sharpe => Objective::Sharpe,
        wire::BacktestObjective::Sortino => Objective::Sortino,
        wire::BacktestObjective::TotalReturn => Objective::TotalReturn,
        wire::BacktestObjective::ReturnOverDrawdown => Objective::ReturnOverDrawdown,
    }
}

/// A job whose turn it is.
struct Turn {
    id: String,
    user: UserId,
    request: wire::NewBacktest,
    cancel: Arc<AtomicBool>,
}

/// What came of a turn.
struct Outcome {
    figures: wire::BacktestFigures,
    warning: Option<String>,
}

/// Why nothing came of it.
enum Ending {
    Canceled,
    Failed(String),
}

impl From<BacktestError> for Ending {
    fn from(error: BacktestError) -> Self {
        match error {
            BacktestError::Canceled { .. } => Ending::Canceled,
            other => Ending::Failed(other.to_string()),
        }
    }
}

impl Backtests {
    /// Works until [`Backtests::stop`].
    pub(super) fn work(&self) {
        while let Some(turn) = self.next() {
            let done = catch_unwind(AssertUnwindSafe(|| self.execute(&turn)));
            let done = done.unwrap_or_else(|_| {
                tracing::error!(backtest = turn.id, "a backtest panicked");
                Err(Ending::Failed(
                    "something went wrong in the program itself; its log says where".to_owned(),
                ))
            });
            self.finish(&turn, done);
        }
    }

    fn next(&self) -> Option<Turn> {
        let turn = {
            let mut inner = self.lock();
            let id = loop {
                if inner.stopping {
                    return None;
                }
                match inner.first() {
                    Some(id) => break id,
                    None => {
                        inner = self
                            .wake
                            .wait(inner)
                            .unwrap_or_else(std::sync::PoisonError::into_inner);
                    }
                }
            };
            let entry = inner.jobs.get_mut(&id)?;
            let job = &mut entry.record.job;
            job.state = BacktestState::Running;
            job.started_at = Some(wire::Time(self.clock.now()));
            job.finished_at = None;
            job.progress = None;
            Turn {
                user: entry.record.owner.clone(),
                request: entry.record.request.clone(),
                cancel: Arc::clone(&entry.cancel),
                id,
            }
        };
        self.keep(&turn.id);
        Some(turn)
    }

    /// Saves what nobody waits for an answer of. The state in memory goes on; what is lost with a crash is run again.
    fn keep(&self, id: &str) {
        if let Err(error) = self.save(id) {
            tracing::error!(
                backtest = id,
                error = error.detail,
                "a backtest's state was not saved"
            );
        }
    }

    fn finish(&self, turn: &Turn, done: Result<Outcome, Ending>) {
        let now = wire::Time(self.clock.now());
        {
            let mut inner = self.lock();
            let stopping = inner.stopping;
            let Some(entry) = inner.jobs.get_mut(&turn.id) else {
                return;
            };
            let job = &mut entry.record.job;
            job.finished_at = Some(now);
            match done {
                Ok(Outcome { figures, warning }) => {
                    job.state = BacktestState::Complete;
                    (job.figures, job.warning) = (Some(figures), warning);
                }
                // Not stopped by a person: the next start takes it up again.
                Err(Ending::Canceled) if stopping => {
                    (job.state, job.finished_at) = (BacktestState::Queued, None);
                }
                Err(Ending::Canceled) => job.state = BacktestState::Canceled,
                Err(Ending::Failed(why)) => {
                    let where_files_are = format!("{}/", self.files_of(&turn.user).display());
                    job.state = BacktestState::Failed;
                    job.error = Some(why.replace(&where_files_are, ""));
                }
            }
        }
        self.keep(&turn.id);
        // Whoever waited for this person's turn may go on.
        self.wake.notify_all();
    }

    fn progress(&self, turn: &Turn, progress: wire::BacktestProgress) {
        if let Some(entry) = self.lock().jobs.get_mut(&turn.id) {
            entry.record.job.progress = Some(progress);
        }
    }

    fn at(&self, turn: &Turn, stage: BacktestStage, done: u64, total: Option<u64>) {
        let time = None;
        self.progress(
            turn,
            wire::BacktestProgress {
                stage,
                done,
                total,
                time,
            },
        );
    }

    fn execute(&self, turn: &Turn) -> Result<Outcome, Ending> {
        let config = self
            .config(&turn.user, &turn.request)
            .map_err(BacktestError::Config)?;
        self.at(turn, BacktestStage::Reading, 0, None);
        let inputs = Inputs::load(&config, ROWS_IN_MEMORY_MAX).map_err(BacktestError::Data)?;
        if turn.cancel.load(Ordering::Relaxed) {
            return Err(Ending::Canceled);
        }
        match turn.request.kind {
            BacktestKind::Run => self.run(turn, &config, &inputs),
            BacktestKind::Sweep => self.sweep(turn, &config, &inputs),
            BacktestKind::WalkForward => self.walk(turn, &config, &inputs),
        }
    }

    fn run(&self, turn: &Turn, config: &BacktestConfig, inputs: &Inputs) -> Result<Outcome, Ending> {
        let (total, last) = (inputs.rows(), AtomicU64::new(0));
        let checking = AtomicBool::new(false);
        let tell = |p: Progress| {
            // Rows begin anew when the run is repeated to prove that it does not look ahead.
            if p.rows < last.swap(p.rows, Ordering::Relaxed) {
                checking.store(true, Ordering::Relaxed);
            }
            let checking = checking.load(Ordering::Relaxed);
            let stage = if checking {
                BacktestStage::Checking
            } else {
                BacktestStage::Running
            };
            let time = Some(wire::Time(p.time));
            let done = p.rows;
            self.progress(
                turn,
                wire::BacktestProgress {
                    stage,
                    done,
                    total,
                    time,
                },
            );
        };
        let control = Control {
            progress: Some(&tell),
            cancel: Some(&turn.cancel),
        };
        self.at(turn, BacktestStage::Running, 0, total);
        let document = backtest(config, inputs, &control)?;
        self.write(turn, &document)?;
        Ok(Outcome {
            figures: table::figures_of_run(&document),
            warning: warning(&document),
        })
    }

    fn sweep(&self, turn: &Turn, config: &BacktestConfig, inputs: &Inputs) -> Result<Outcome, Ending> {
        let grid = grid(&turn.request).map_err(|e| Ending::Failed(e.to_string()))?;
        let file = self.folder_of(turn).join(VARIANTS);
        let (done, state) =
            SweepState::open(&file, config, &grid).map_err(|e| Ending::Failed(e.to_string()))?;
        let total = grid.len().map(|len| len as u64);
        let finished = AtomicU64::new(done.len() as u64);
        self.at(turn, BacktestStage::Variants, done.len() as u64, total);
        let on_row = |row: &SweepRow| {
            state.keep(row);
            let finished = finished.fetch_add(1, Ordering::Relaxed) + 1;
            self.at(turn, BacktestStage::Variants, finished, total);
        };
        let result = sweep(SweepPlan {
            config,
            inputs,
            grid: &grid,
            objective: objective(turn.request.objective),
            threads: self.threads,
            done,
            on_row: &on_row,
            cancel: &turn.cancel,
        })?;
        self.write(turn, &result)?;
        // The result has all rows; what led to it is not needed any more.
        if let Err(error) = std::fs::remove_file(&file) {
            tracing::warn!(%error, "the variants of a finished sweep stay");
        }
        Ok(Outcome {
            figures: result.rows.first().map(table::figures_of_row).unwrap_or_default(),
            warning: None,
        })
    }

    fn walk(&self, turn: &Turn, config: &BacktestConfig, inputs: &Inputs) -> Result<Outcome, Ending> {
        let grid = grid(&turn.request).map_err(|e| Ending::Failed(e.to_string()))?;
        let Some(walk) = turn.request.walk else {
            return Err(Ending::Failed("the windows' lengths are missing".to_owned()));
        };
        let on_window = |done: usize, total: usize| {
            self.at(turn, BacktestStage::Windows, done as u64, Some(total as u64));
        };
        let windows = WalkForward {
            train: walk.train as usize,
            test: walk.test as usize,
            step: walk.step.unwrap_or(walk.test) as usize,
            purge: walk.purge as usize,
            embargo: walk.embargo as usize,
            anchored: walk.anchored,
        };
        let objective = objective(turn.request.objective);
        let file = self.folder_of(turn).join(WINDOWS);
        let (done, state) = WalkState::open(&file, config, &grid, (objective, &windows))
            .map_err(|e| Ending::Failed(e.to_string()))?;
        self.at(turn, BacktestStage::Windows, done.len() as u64, None);
        let plan = WalkPlan {
            config,
            inputs,
            grid: &grid,
            objective,
            windows,
            threads: self.threads,
            on_window: &on_window,
            cancel: &turn.cancel,
        };
        let result = walk_forward_from(&plan, done, &|window| state.keep(window))?;
        self.write(turn, &result)?;
        // The result has all windows; what led to it is not needed any more.
        if let Err(error) = std::fs::remove_file(&file) {
            tracing::warn!(%error, "the windows of a finished walk stay");
        }
        Ok(Outcome {
            figures: table::figures_of_walk(&result),
            warning: None,
        })
    }

    fn folder_of(&self, turn: &Turn) -> PathBuf {
        folder(&self.root, &turn.user, &turn.id)
    }

    fn write(&self, turn: &Turn, result: &impl serde::Serialize) -> Result<(), Ending> {
        let refuse = |why: String| Ending::Failed(format!("the result could not be kept: {why}"));
        let bytes = serde_json::to_vec(result).map_err(|e| refuse(e.to_string()))?;
        replace(&self.folder_of(turn).join(RESULT), &bytes).map_err(|e| refuse(e.to_string()))
    }
}

impl Inner {
    /// Who is next: the first in the queue whose owner has none running, or else the first.
    fn first(&self) -> Option<String> {
        let busy: Vec<&UserId> = self
            .jobs
            .values()
            .filter(|e| e.record.job.state == BacktestState::Running)
            .map(|e| &e.record.owner)
            .collect();
        let waiting = self.jobs.iter();
        let waiting = waiting.filter(|(_, e)| e.record.job.state == BacktestState::Queued);
        let first = waiting.min_by_key(|(_, e)| (busy.contains(&&e.record.owner), e.place));
        first.map(|(id, _)| id.clone())
    }
}

/// The first of the result's own checks that does not hold.
fn warning(document: &BacktestDocument) -> Option<String> {
    let checks = &document.checks;
    if let Some(difference) = &checks.lookahead.difference {
        return Some(format!("the strategy looks ahead: {difference}"));
    }
    if let Some(broken) = &checks.ledger {
        return Some(format!("the ledger does not add up: {broken}"));
    }
    let illegal = checks.illegal_outcomes;
    (illegal > 0).then(|| format!("{illegal} outcomes did not fit the kernel's state"))
}
