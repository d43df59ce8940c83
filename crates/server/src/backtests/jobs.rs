//! Backtests in the one list of all jobs.

use tradewind_wire as wire;
use wire::{BacktestKind, BacktestStage, JobKind, JobState};

use super::Backtests;
use super::record::Record;
use crate::jobs::{JobSource, KnownJob, Whose};
use crate::problem::ApiResult;

impl JobSource for Backtests {
    fn jobs(&self) -> Vec<KnownJob> {
        let inner = self.lock();
        inner
            .jobs
            .values()
            .filter_map(|entry| known(&entry.record))
            .collect()
    }

    fn cancel(&self, id: &str) -> Option<ApiResult<()>> {
        let owner = self.lock().jobs.get(id)?.record.owner.clone();
        Some(self.cancel(&owner, id).map(drop))
    }
}

fn known(record: &Record) -> Option<KnownJob> {
    let of = &record.job;
    let state = JobState::of(of.state)?;
    let job = wire::Job {
        id: of.id.clone(),
        kind: match of.kind {
            BacktestKind::Run => JobKind::Backtest,
            BacktestKind::Sweep => JobKind::Sweep,
            BacktestKind::WalkForward => JobKind::WalkForward,
        },
        name: of.name.clone(),
        state,
        owner: None,
        created_at: of.created_at,
        started_at: of.started_at,
        finished_at: of.finished_at,
        progress: of.progress.as_ref().map(progress),
        result: of.warning.clone(),
        error: of.error.clone(),
        cancelable: state.is_open(),
    };
    Some(KnownJob {
        whose: Whose::Person(record.owner.clone()),
        job,
    })
}

fn progress(of: &wire::BacktestProgress) -> wire::JobProgress {
    let unit = match of.stage {
        BacktestStage::Reading => "rows read",
        BacktestStage::Running => "rows",
        BacktestStage::Checking => "rows checked again",
        BacktestStage::Variants => "variants",
        BacktestStage::Windows => "windows",
    };
    wire::JobProgress {
        done: of.done,
        total: of.total,
        unit: unit.to_owned(),
    }
}
