//! What a sweep leaves while it runs, so that a stopped one goes on: a line of JSON per finished variant.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek as _, Write as _};
use std::path::Path;
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::config::BacktestConfig;
use super::sweep::{Grid, SweepRow};

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
        let (rows, whole) = match File::open(path) {
            Ok(file) => read(file, &of)?,
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
            let line = serde_json::to_string(&of).map_err(SweepStateError::Unreadable)?;
            writeln!(file, "{line}")?;
        }
        let file = Mutex::new(file);
        Ok((rows, Self { file }))
    }

    /// Appends a finished variant; one that cannot be kept is only run again.
    pub fn keep(&self, row: &SweepRow) {
        let Ok(line) = serde_json::to_string(row) else {
            return;
        };
        if let Ok(mut file) = self.file.lock()
            && let Err(error) = file.write_all(format!("{line}\n").as_bytes())
        {
            tracing::warn!(%error, "a finished variant could not be kept");
        }
    }
}

/// The rows of a file, and how many of its bytes are whole lines.
fn read(file: File, of: &StateOf) -> Result<(Vec<SweepRow>, u64), SweepStateError> {
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
