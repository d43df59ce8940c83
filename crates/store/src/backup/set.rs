//! A backup as files: `NAME.twb` of the database and, where there is a journal, `NAME.twj` of it. What the command line and
//! the running program do with backups is here, once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tradewind_types::UnixNanos;

use super::archive::{self, Archived};
use super::{BackupError, BackupKey, Contents, Watch, backup, restore, verify};
use crate::{Db, DbConfig};

/// What a backup has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Of the database.
    pub contents: Contents,
    /// Of the journal, where there is one.
    pub journal: Option<Archived>,
}

/// The file of the journal that belongs to the file of a database.
#[must_use]
pub fn journal_of(path: &Path) -> PathBuf {
    path.with_extension("twj")
}

/// A file that is not finished: it goes when this does, unless it was kept.
struct Unfinished {
    path: PathBuf,
    kept: bool,
}

impl Unfinished {
    fn beside(path: &Path) -> Self {
        let mut name = path.as_os_str().to_owned();
        name.push(".part");
        Self {
            path: name.into(),
            kept: false,
        }
    }

    fn keep_as(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.kept = true;
        match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => File::open(folder)?.sync_all(),
            None => Ok(()),
        }
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.kept {
            // What is left of it is of no use to anybody, and may not be there at all.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Backs a database up to `path`, and the journal in `journal` after it to the file beside. Both are read again before
/// either counts. Blocks for disk.
///
/// # Errors
/// [`BackupError`]; neither file is there then. Where one of that name is there already it stays as it is.
pub async fn take(
    db: &Db,
    journal: Option<&Path>,
    path: &Path,
    key: &BackupKey,
    now: UnixNanos,
    watch: Watch<'_>,
) -> Result<Taken, BackupError> {
    for there in [path, journal_of(path).as_path()] {
        if there.exists() {
            let text = format!("{} is there already", there.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text).into());
        }
    }
    let database = Unfinished::beside(path);
    let out = private(&database.path)?;
    let mut writer = BufWriter::new(&out);
    let contents = backup(db, &mut writer, key, now, watch).await?;
    writer.flush()?;
    out.sync_all()?;
    let of_journal = match journal {
        Some(folder) => {
            // All tables are done: what is asked is only whether to go on.
            let tables = contents.tables.len() as u64;
            let goes_on = || watch(tables, tables);
            Some(save_journal(folder, &journal_of(path), key, &goes_on)?)
        }
        None => None,
    };
    if verify(open(&database.path)?, key)? != contents {
        return Err(BackupError::Broken(
            "what was written reads back otherwise".to_owned(),
        ));
    }
    let archived = match of_journal {
        Some((unfinished, archived)) => {
            unfinished.keep_as(&journal_of(path))?;
            Some(archived)
        }
        None => None,
    };
    if let Err(error) = database.keep_as(path) {
        let _ = fs::remove_file(journal_of(path));
        return Err(error.into());
    }
    Ok(Taken {
        contents,
        journal: archived,
    })
}

fn save_journal(
    folder: &Path,
    path: &Path,
    key: &BackupKey,
    goes_on: &dyn Fn() -> bool,
) -> Result<(Unfinished, Archived), BackupError> {
    let unfinished = Unfinished::beside(path);
    let out = private(&unfinished.path)?;
    let mut writer = BufWriter::new(&out);
    let archived = archive::write(folder, &mut writer, key, goes_on)?;
    writer.flush()?;
    out.sync_all()?;
    if archive::read(open(&unfinished.path)?, key, None)? != archived {
        return Err(BackupError::Broken(
            "the journal that was written reads back otherwise".to_owned(),
        ));
    }
    Ok((unfinished, archived))
}

/// Counts what is read of a backup's files, and stops when the watch says so.
struct Reading<'a> {
    watch: Watch<'a>,
    done: AtomicU64,
    total: u64,
}

impl<'a> Reading<'a> {
    fn of(path: &Path, watch: Watch<'a>) -> io::Result<Self> {
        let journal = fs::metadata(journal_of(path)).map_or(0, |data| data.len());
        Ok(Self {
            watch,
            done: AtomicU64::new(0),
            total: fs::metadata(path).map_err(|e| named(path, &e))?.len() + journal,
        })
    }

    fn goes_on(&self) -> bool {
        (self.watch)(self.done.load(Ordering::Relaxed), self.total)
    }

    fn open(&self, path: &Path) -> io::Result<Watched<'_, 'a>> {
        Ok(Watched {
            from: open(path)?,
            reading: self,
        })
    }

    /// What went wrong because it was stopped was no fault of the backup.
    fn ended<T>(&self, done: Result<T, BackupError>) -> Result<T, BackupError> {
        done.map_err(|error| {
            if self.goes_on() {
                error
            } else {
                BackupError::Stopped
            }
        })
    }
}

struct Watched<'r, 'a> {
    from: BufReader<File>,
    reading: &'r Reading<'a>,
}

impl Read for Watched<'_, '_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.reading.goes_on() {
            return Err(io::Error::other("stopped"));
        }
        let read = self.from.read(into)?;
        self.reading.done.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Reads a backup and the journal's beside it to their ends; `watch` is told how many bytes of how many are read. Blocks
/// for disk.
///
/// # Errors
/// [`BackupError::Broken`] with the first thing that is wrong; [`BackupError::Io`]; [`BackupError::Stopped`].
pub fn check(path: &Path, key: &BackupKey, watch: Watch<'_>) -> Result<Taken, BackupError> {
    let reading = Reading::of(path, watch)?;
    let journal = journal_of(path);
    let read = || -> Result<Taken, BackupError> {
        let contents = verify(reading.open(path)?, key)?;
        let journal = match journal.is_file() {
            true => Some(archive::read(reading.open(&journal)?, key, None)?),
            false => None,
        };
        Ok(Taken { contents, journal })
    };
    reading.ended(read())
}

/// Restores a backup into a temporary folder below `scratch`, compares it, lets `look` see the journal's folder, and takes
/// everything away again. Blocks for disk.
///
/// # Errors
/// [`BackupError`]; what `look` says is wrong with the journal counts as broken.
pub async fn drill(
    path: &Path,
    key: &BackupKey,
    now: UnixNanos,
    scratch: &Path,
    look: &(dyn Fn(&Path) -> Result<(), String> + Send + Sync),
    watch: Watch<'_>,
) -> Result<Taken, BackupError> {
    let folder = tempfile::Builder::new().prefix(".drill-").tempdir_in(scratch)?;
    let db = Db::open(&DbConfig::file(&folder.path().join("drill.db"))).await?;
    let journal = folder.path().join("journal");
    let taken = put_back(path, key, (&db, &journal), now, watch).await;
    db.close().await;
    let taken = taken?;
    if taken.journal.is_some() {
        look(&journal).map_err(|why| BackupError::Broken(format!("the journal: {why}")))?;
    }
    folder.close()?;
    Ok(taken)
}

/// Restores a backup into an empty database and, where a journal's is beside it, that into `journal`, which must not have
/// anything. Blocks for disk.
///
/// # Errors
/// [`BackupError`]; the folder of the journal is not there then, or as it was.
pub async fn put_back(
    path: &Path,
    key: &BackupKey,
    (db, journal): (&Db, &Path),
    now: UnixNanos,
    watch: Watch<'_>,
) -> Result<Taken, BackupError> {
    let reading = Reading::of(path, watch)?;
    let archive = Some(journal_of(path)).filter(|archive| archive.is_file());
    if archive.is_some() && fs::read_dir(journal).is_ok_and(|mut inside| inside.next().is_some()) {
        let text = format!("{} is not empty", journal.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text).into());
    }
    let archived = match &archive {
        Some(archive) => {
            fs::create_dir_all(journal)?;
            let read = archive::read(reading.open(archive)?, key, Some(journal));
            if read.is_err() {
                let _ = fs::remove_dir_all(journal);
            }
            Some(reading.ended(read)?)
        }
        None => None,
    };
    let restored = restore(reading.open(path)?, key, db, now).await;
    match reading.ended(restored) {
        Ok(contents) => Ok(Taken {
            contents,
            journal: archived,
        }),
        Err(error) => {
            if archive.is_some() {
                let _ = fs::remove_dir_all(journal);
            }
            Err(error)
        }
    }
}

fn open(path: &Path) -> io::Result<BufReader<File>> {
    Ok(BufReader::new(File::open(path).map_err(|e| named(path, &e))?))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// A new file that only its owner may read.
pub(super) fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path);
    file.map_err(|error| named(path, &error))
}
