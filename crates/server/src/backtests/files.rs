//! People's files: market data and scripts. A file is never changed once it is there, so that a sweep which goes on
//! reads what it began with.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tradewind_engine::backtest::{BacktestConfig, is_plain_name};
use tradewind_types::{UnixNanos, UserId};
use tradewind_wire as wire;
use wire::BacktestState;

use super::record::sync_folder_of;
use super::{Backtests, disk};
use crate::identity::random_id;
use crate::problem::{ApiError, ApiResult, Code};

/// Longest file.
pub const FILE_BYTES_MAX: u64 = 256 << 20;
/// All files of one person.
const BYTES_MAX: u64 = 2 << 30;
/// Files of one person.
const FILES_MAX: usize = 500;
/// Uploads of one person at once.
const UPLOADS_MAX: usize = 8;
/// What a name ends in.
const ENDINGS: [&str; 5] = [".csv", ".csv.gz", ".parquet", ".pq", ".rhai"];
/// Names of files that are not whole yet begin with this; people's names do not begin with a dot.
const UNFINISHED: &str = ".upload-";

/// A file on its way in. What is not finished is deleted when it is dropped.
#[derive(Debug)]
pub struct Upload {
    file: File,
    beside: PathBuf,
    wanted: PathBuf,
    bytes: u64,
    room: u64,
}

impl Upload {
    /// Takes in the next part. Blocks for disk.
    ///
    /// # Errors
    /// `BODY_TOO_LARGE`, `BACKTEST_LIMIT` when the person's room is used up; the disk.
    pub fn write(&mut self, part: &[u8]) -> ApiResult<()> {
        self.bytes += part.len() as u64;
        if self.bytes > FILE_BYTES_MAX {
            let text = format!("a file may have {} MB", FILE_BYTES_MAX >> 20);
            return Err(ApiError::new(Code::BodyTooLarge, text));
        }
        if self.bytes > self.room {
            let text = format!("your files may have {} MB together; delete some", BYTES_MAX >> 20);
            return Err(ApiError::new(Code::BacktestLimit, text));
        }
        self.file.write_all(part).map_err(|e| disk(&e))
    }

    /// Makes it one of the person's files. Blocks for disk.
    fn finish(self) -> ApiResult<()> {
        // Not `rename`: it would put one of two uploads of a name in the place of the other.
        match fs::hard_link(&self.beside, &self.wanted) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Err(exists()),
            other => other
                .and_then(|()| sync_folder_of(&self.wanted))
                .map_err(|e| disk(&e)),
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // What stays is cleared away at the next start.
        let _ = fs::remove_file(&self.beside);
    }
}

fn no_room() -> ApiError {
    let text = format!(
        "at most {FILES_MAX} files with {} MB together; delete some",
        BYTES_MAX >> 20
    );
    ApiError::new(Code::BacktestLimit, text)
}

fn exists() -> ApiError {
    let text = "there is a file of that name; files are not changed, delete it or take another name";
    ApiError::new(Code::BacktestFileExists, text)
}

/// Deletes what uploads left that ended with the program.
pub(super) fn clear_unfinished(root: &Path) -> std::io::Result<()> {
    for user in fs::read_dir(root)? {
        let Ok(files) = fs::read_dir(user?.path().join("files")) else {
            continue;
        };
        for file in files {
            let file = file?;
            if file.file_name().to_string_lossy().starts_with(UNFINISHED) {
                fs::remove_file(file.path())?;
            }
        }
    }
    Ok(())
}

/// Names of the files that a configuration reads.
pub(super) fn named_by(config: &BacktestConfig) -> Vec<String> {
    let mut names: Vec<String> = config
        .files
        .iter()
        .filter_map(|file| Some(file.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

impl Backtests {
    pub(super) fn files_of(&self, user: &UserId) -> PathBuf {
        self.root.join(user.as_str()).join("files")
    }

    /// One's own files, by name. Blocks for disk.
    ///
    /// # Errors
    /// The disk.
    pub fn files(&self, user: &UserId) -> ApiResult<Vec<wire::BacktestFile>> {
        let entries = match fs::read_dir(self.files_of(user)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(disk(&error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let entry = entry.map_err(|e| disk(&e))?;
            let Some(name) = entry
                .file_name()
                .to_str()
                .filter(|n| is_plain_name(n))
                .map(str::to_owned)
            else {
                continue;
            };
            let about = entry.metadata().map_err(|e| disk(&e))?;
            let since = about
                .modified()
                .ok()
                .and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
            files.push(wire::BacktestFile {
                name,
                bytes: about.len(),
                created_at: wire::Time(UnixNanos::from_secs(since.map_or(0, |s| s.as_secs()))),
                rows: None,
            });
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(files)
    }

    /// Begins to take a file in. Blocks for disk.
    ///
    /// # Errors
    /// A name that cannot be, one that is there already, no room; the disk.
    pub fn upload(&self, user: &UserId, name: &str) -> ApiResult<Upload> {
        if !is_plain_name(name) || !ENDINGS.iter().any(|end| name.ends_with(end)) {
            let text = format!(
                "a file's name is 1 to 100 letters, digits, `.`, `_` or `-` and ends in {}",
                ENDINGS.join(", ")
            );
            return Err(ApiError::field("file", "MALFORMED", text));
        }
        let _filing = self.filing();
        let files = self.files(user)?;
        if files.iter().any(|f| f.name == name) {
            return Err(exists());
        }
        // What others of the person's uploads have written so far takes room as well.
        let (unfinished, under_way) = self.unfinished(user)?;
        let used = files.iter().map(|f| f.bytes).sum::<u64>() + under_way;
        if files.len() + unfinished >= FILES_MAX || used >= BYTES_MAX {
            return Err(no_room());
        }
        if unfinished >= UPLOADS_MAX {
            let text = format!("at most {UPLOADS_MAX} uploads at once");
            return Err(ApiError::new(Code::BacktestLimit, text));
        }
        let folder = self.files_of(user);
        fs::create_dir_all(&folder).map_err(|e| disk(&e))?;
        let beside = folder.join(format!("{UNFINISHED}{}", random_id(8)?));
        let mut new = OpenOptions::new();
        let file = new
            .write(true)
            .create_new(true)
            .open(&beside)
            .map_err(|e| disk(&e))?;
        Ok(Upload {
            file,
            beside,
            wanted: folder.join(name),
            bytes: 0,
            room: BYTES_MAX - used,
        })
    }

    fn filing(&self) -> std::sync::MutexGuard<'_, ()> {
        self.filing
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// How many of a person's files are on their way in, and how much of them is there.
    fn unfinished(&self, user: &UserId) -> ApiResult<(usize, u64)> {
        let entries = match fs::read_dir(self.files_of(user)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((0, 0)),
            Err(error) => return Err(disk(&error)),
        };
        let (mut count, mut bytes) = (0, 0);
        for entry in entries {
            let entry = entry.map_err(|e| disk(&e))?;
            if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
                count += 1;
                // One that ends meanwhile takes no room.
                bytes += entry.metadata().map_or(0, |about| about.len());
            }
        }
        Ok((count, bytes))
    }

    /// Makes an upload one of the person's files. Blocks for disk.
    ///
    /// # Errors
    /// The name or the room was taken meanwhile; the disk.
    pub fn keep_upload(
        &self,
        user: &UserId,
        upload: Upload,
        rows: Option<u64>,
    ) -> ApiResult<wire::BacktestFile> {
        let name = upload
            .wanted
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let file = wire::BacktestFile {
            name,
            bytes: upload.bytes,
            created_at: wire::Time(self.clock.now()),
            rows,
        };
        if upload.bytes == 0 {
            let text = "the body is the file; it is empty";
            return Err(ApiError::new(Code::BadRequest, text));
        }
        upload.file.sync_all().map_err(|e| disk(&e))?;
        // Several uploads may have begun with the same room: who comes last has to fit as well.
        let _filing = self.filing();
        let files = self.files(user)?;
        let used: u64 = files.iter().map(|f| f.bytes).sum();
        if files.len() >= FILES_MAX || used + upload.bytes > BYTES_MAX {
            return Err(no_room());
        }
        upload.finish()?;
        Ok(file)
    }

    /// Deletes a file. Blocks for disk.
    ///
    /// # Errors
    /// `BACKTEST_FILE_UNKNOWN`; `BACKTEST_STATE` while a job that may still run names it; the disk.
    pub fn delete_file(&self, user: &UserId, name: &str) -> ApiResult<()> {
        let unknown = || ApiError::of(Code::BacktestFileUnknown);
        if !is_plain_name(name) {
            return Err(unknown());
        }
        {
            let inner = self.lock();
            let needs = |e: &&super::Entry| {
                let over = matches!(
                    e.record.job.state,
                    BacktestState::Complete | BacktestState::Failed
                );
                e.record.owner == *user && !over && e.record.job.files.iter().any(|f| f == name)
            };
            if let Some(entry) = inner.jobs.values().find(needs) {
                let job = &entry.record.job;
                let text = format!("the backtest `{}` ({}) may still read it", job.name, job.id);
                return Err(ApiError::new(Code::BacktestState, text));
            }
        }
        match fs::remove_file(self.files_of(user).join(name)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(unknown()),
            other => other.map_err(|e| disk(&e)),
        }
    }
}
