//! A job as it is kept on disk.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tradewind_types::UserId;
use tradewind_wire as wire;

const FILE: &str = "job.json";

/// Whose it is, where it stands, what was asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) owner: UserId,
    pub(super) job: wire::Backtest,
    pub(super) request: wire::NewBacktest,
}

/// The folder of a job. Ids are made here, user ids are plain by their type: neither leads elsewhere.
pub(super) fn folder(root: &Path, user: &UserId, id: &str) -> PathBuf {
    root.join(user.as_str()).join("jobs").join(id)
}

/// A state's name in sentences.
pub(super) fn word(state: wire::BacktestState) -> &'static str {
    match state {
        wire::BacktestState::Queued => "queued",
        wire::BacktestState::Running => "running",
        wire::BacktestState::Canceled => "canceled",
        wire::BacktestState::Failed => "failed",
        wire::BacktestState::Complete => "complete",
        wire::BacktestState::Deleted => "deleted",
    }
}

/// Writes a file whole or not at all.
pub(super) fn replace(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = file.with_extension("part");
    let mut out = File::create(&beside)?;
    out.write_all(bytes)?;
    out.sync_all()?;
    fs::rename(&beside, file)?;
    sync_folder_of(file)
}

/// Makes a file's name durable: after a power cut it is found again.
pub(super) fn sync_folder_of(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

pub(super) fn save(root: &Path, record: &Record) -> io::Result<()> {
    let folder = folder(root, &record.owner, &record.job.id);
    fs::create_dir_all(&folder)?;
    replace(&folder.join(FILE), &serde_json::to_vec(record)?)
}

/// Every record below the root, oldest first. One that cannot be read is left where it is, and said in the log.
pub(super) fn load_all(root: &Path) -> io::Result<Vec<Record>> {
    let mut records = Vec::new();
    for user in fs::read_dir(root)? {
        let jobs = user?.path().join("jobs");
        let Ok(folders) = fs::read_dir(&jobs) else {
            continue;
        };
        for job in folders {
            let file = job?.path().join(FILE);
            let record = fs::read(&file)
                .map_err(|e| e.to_string())
                .and_then(|bytes| serde_json::from_slice::<Record>(&bytes).map_err(|e| e.to_string()));
            match record {
                Ok(record) => records.push(record),
                Err(error) => tracing::warn!(file = %file.display(), error, "a backtest was not read"),
            }
        }
    }
    records.sort_by(|a, b| a.job.id.cmp(&b.job.id));
    Ok(records)
}
