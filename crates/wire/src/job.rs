//! Work that goes on behind requests, as one list: backtests, the catalogue's upkeep, backups.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{BacktestState, Time};

/// What a job does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobKind {
    /// A backtest.
    Backtest,
    /// Every variant of a grid.
    Sweep,
    /// Variants chosen on a stretch and traded on the next.
    WalkForward,
    /// Asking a venue for what is missing in a series.
    Backfill,
    /// Moving the live tail of the catalogue into files.
    Compaction,
    /// Taking files of the catalogue away whose time is over.
    Retention,
    /// Taking a backup.
    Backup,
    /// Reading a backup to its end.
    BackupCheck,
    /// Restoring a backup on trial.
    RestoreDrill,
}

/// Where a job stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobState {
    /// It waits for a free place.
    Queued,
    /// It runs.
    Running,
    /// Somebody stopped it.
    Canceled,
    /// It could not be done; `error` says why.
    Failed,
    /// It is done.
    Complete,
}

impl JobState {
    /// Whether it waits or runs.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }

    /// The state of a backtest as that of a job; none for one that is gone.
    #[must_use]
    pub fn of(state: BacktestState) -> Option<Self> {
        Some(match state {
            BacktestState::Queued => Self::Queued,
            BacktestState::Running => Self::Running,
            BacktestState::Canceled => Self::Canceled,
            BacktestState::Failed => Self::Failed,
            BacktestState::Complete => Self::Complete,
            BacktestState::Deleted => return None,
        })
    }
}

/// How far a job is.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct JobProgress {
    /// What was done of what is counted.
    pub done: u64,
    /// How much there is; null where nobody knows.
    pub total: Option<u64>,
    /// What is counted, for people.
    #[schema(example = "variants")]
    pub unit: String,
}

/// Who asked for a job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct JobOwner {
    /// Pseudonymous id.
    pub id: String,
    /// Name for people; null when there is nobody of that id any more.
    pub display_name: Option<String>,
}

/// A job.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// Id.
    pub id: String,
    /// What it does.
    pub kind: JobKind,
    /// On what, for people.
    #[schema(example = "bars BTC-USD.COINBASE 1m")]
    pub name: String,
    /// Where it stands.
    pub state: JobState,
    /// Who asked for it; null when the program did it by itself.
    pub owner: Option<JobOwner>,
    /// When it was asked for.
    pub created_at: Time,
    /// When it began.
    pub started_at: Option<Time>,
    /// When it ended.
    pub finished_at: Option<Time>,
    /// How far it is, where that is known.
    pub progress: Option<JobProgress>,
    /// What came of it, for people.
    pub result: Option<String>,
    /// Why it failed.
    pub error: Option<String>,
    /// Whether it can be stopped now.
    pub cancelable: bool,
}
