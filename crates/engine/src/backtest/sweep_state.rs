//! What a sweep or a walk leaves while it runs, so that a stopped one goes on: a line of JSON per finished variant or
//! window.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek as _, Write as _};
use std::path::Path;
use std::sync::Mutex;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tradewind_analytics::walk_forward::WalkForward;

use super::config::BacktestConfig;
use super::sweep::{Grid, Objective, SweepRow};
use super::walk_forward::WalkWindow;

/// A state file that cannot be gone on from.
#[derive(Debug, thiserror::Error)]
pub enum SweepStateError {
    /// It cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is none, or a line before the last is broken.
    #[error("no sweep's state: {0}")]
    Unreadable(serde_json::Error),
    /// Its rows are of something else.
    #[error("it is of another configuration or grid; name another file")]
    Other,
}

/// First line of a file: what its rows are of.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct StateOf {
    config_sha256: String,
    grid_sha256: String,
}

/// The open file of a sweep.
#[derive(Debug)]
pub struct SweepState {
    file: Mutex<File>,
}

impl SweepState {
    /// The rows that an earlier run left in a file, and the file to go on in; it is made when it is not there. A last
    /// line that was cut off is dropped.
    ///
    /// # Errors
    /// [`SweepStateError`].
    pub fn open(
        path: &Path,
        config: &BacktestConfig,
        grid: &Grid,
    ) -> Result<(Vec<SweepRow>, Self), SweepStateError> {
        let of = StateOf {
            config_sha256: config.sha256.clone(),
            grid_sha256: grid.sha256(),
        };
        let (rows, file) = open(path, &of)?;
        Ok((rows, Self { file }))
    }

    /// Appends a finished variant; one that cannot be kept is only run again.
    pub fn keep(&self, row: &SweepRow) {
        append(&self.file, row);
    }
}

/// The open file of a walk.
#[derive(Debug)]
pub struct WalkState {
    file: Mutex<File>,
}

impl WalkState {
    /// The windows that an earlier walk left in a file, and the file to go on in; it is made when it is not there. A
    /// last line that was cut off is dropped.
    ///
    /// # Errors
    /// [`SweepStateError`].
    pub fn open(
        path: &Path,
        config: &BacktestConfig,
        grid: &Grid,
        (objective, windows): (Objective, &WalkForward),
    ) -> Result<(Vec<WalkWindow>, Self), SweepStateError> {
        let walk = format!("{} {objective:?} {windows:?}", grid.sha256());
        let of = StateOf {
            config_sha256: config.sha256.clone(),
            grid_sha256: super::sha256_hex(walk.as_bytes()),
        };
        let (windows, file) = open(path, &of)?;
        Ok((windows, Self { file }))
    }

    /// Appends a finished window; one that cannot be kept is only run again.
    pub fn keep(&self, window: &WalkWindow) {
        append(&self.file, window);
    }
}

fn append(file: &Mutex<File>, row: &impl Serialize) {
    let Ok(line) = serde_json::to_string(row) else {
        return;
    };
    let Ok(mut file) = file.lock() else { return };
    let written = file.stream_position().and_then(|begun| {
        file.write_all(format!("{line}\n").as_bytes()).inspect_err(|_| {
            // Half a line would spoil the one after it.
            let undone = file
                .set_len(begun)
                .and_then(|()| file.seek(io::SeekFrom::Start(begun)));
            if let Err(error) = undone {
                tracing::warn!(%error, "a line that was cut off could not be taken back");
            }
        })
    });
    if let Err(error) = written {
        tracing::warn!(%error, "what was finished could not be kept");
    }
}

fn open<R: DeserializeOwned>(path: &Path, of: &StateOf) -> Result<(Vec<R>, Mutex<File>), SweepStateError> {
    let (rows, whole) = match File::open(path) {
        Ok(file) => read(file, of)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => (Vec::new(), 0),
        Err(error) => return Err(error.into()),
    };
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(path)?;
    file.set_len(whole)?;
    file.seek(io::SeekFrom::End(0))?;
    if whole == 0 {
        let line = serde_json::to_string(of).map_err(SweepStateError::Unreadable)?;
        writeln!(file, "{line}")?;
    }
    Ok((rows, Mutex::new(file)))
}

/// The rows of a file, and how many of its bytes are whole lines.
fn read<R: DeserializeOwned>(file: File, of: &StateOf) -> Result<(Vec<R>, u64), SweepStateError> {
    let (mut lines, mut line) = (BufReader::new(file), String::new());
    let (mut rows, mut whole, mut first) = (Vec::new(), 0u64, true);
    while lines.read_line(&mut line)? > 0 && line.ends_with('\n') {
        if first {
            let found: StateOf = serde_json::from_str(&line).map_err(SweepStateError::Unreadable)?;
            if found != *of {
                return Err(SweepStateError::Other);
            }
            first = false;
        } else {
            rows.push(serde_json::from_str(&line).map_err(SweepStateError::Unreadable)?);
        }
        whole += line.len() as u64;
        line.clear();
    }
    Ok((rows, whole))
}
