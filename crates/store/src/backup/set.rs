//! A backup as files: `NAME.twb` of the database and, where there is a journal, `NAME.twj` of it. What the command line and
//! the running program do with backups is here, once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tradewind_types::UnixNanos;

use super::archive::{self, Archive, Archived};
use super::load::{Asked, restore_asking};
use super::{BackupError, BackupKey, Contents, Watch, save, verify};
use crate::Db;

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

/// A file that is not finished: it goes when this does, unless it was kept. Whoever has it is the only one who may finish it.
struct Unfinished {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl Unfinished {
    /// Begins one. One that somebody else has begun is theirs: it is refused, and stays.
    fn beside(path: &Path) -> io::Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(".part");
        let path = PathBuf::from(name);
        Ok(Self {
            file: private(&path)?,
            path,
            kept: false,
        })
    }

    /// Gives it its name. When that cannot be made to last there is neither of the two.
    fn keep_as(mut self, path: &Path) -> io::Result<()> {
        fs::rename(&self.path, path)?;
        self.kept = true;
        let lasts = match path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            Some(folder) => File::open(folder).and_then(|folder| folder.sync_all()),
            None => File::open(".").and_then(|folder| folder.sync_all()),
        };
        if lasts.is_err() {
            let _ = fs::remove_file(path);
        }
        lasts
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.kept {
            // What is left of it is of no use to anybody.
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
    let beside = journal_of(path);
    let database = Unfinished::beside(path)?;
    let of_journal = match journal {
        Some(folder) => Some((folder, Unfinished::beside(&beside)?)),
        None => None,
    };
    // With the unfinished files in hand: nobody finishes one of these names any more.
    for there in [path, &beside] {
        if there.exists() {
            let text = format!("{} is there already", there.display());
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text).into());
        }
    }
    let set = new_set()?;
    let save_journal = |goes_on: &dyn Fn() -> bool| match &of_journal {
        Some((folder, to)) => save_journal(folder, to, key, &set, goes_on).map(Some),
        None => Ok(None),
    };
    let mut writer = BufWriter::new(&database.file);
    let as_of = (now, Some(set.clone()));
    let contents = save::write(db, &mut writer, key, as_of, watch, save_journal).await?;
    writer.flush()?;
    drop(writer);
    database.file.sync_all()?;
    let again = Reading::again(watch, contents.tables.len() as u64);
    let wrote = again.ended(
        again
            .open(&database.path)
            .map_err(BackupError::from)
            .and_then(|from| verify(from, key)),
    )?;
    let archive = match &of_journal {
        Some((_, to)) => Some(again.ended(again.archive(&to.path, key, None))?),
        None => None,
    };
    if wrote != contents {
        return Err(broken("what was written reads back otherwise"));
    }
    agree(&contents, archive.as_ref(), &beside)?;
    if let Some((_, unfinished)) = of_journal {
        unfinished.keep_as(&beside)?;
    }
    if let Err(error) = database.keep_as(path) {
        if archive.is_some() {
            let _ = fs::remove_file(&beside);
        }
        return Err(error.into());
    }
    Ok(Taken {
        journal: contents.journal,
        contents,
    })
}

fn save_journal(
    folder: &Path,
    to: &Unfinished,
    key: &BackupKey,
    set: &str,
    goes_on: &dyn Fn() -> bool,
) -> Result<Archived, BackupError> {
    let mut writer = BufWriter::new(&to.file);
    let archived = archive::write(folder, &mut writer, key, Some(set), goes_on)?;
    writer.flush()?;
    to.file.sync_all()?;
    Ok(archived)
}

/// An id that no other backup has.
fn new_set() -> io::Result<String> {
    let mut bytes = [0; 16];
    #[allow(clippy::disallowed_methods, reason = "the id of a backup's set")]
    getrandom::fill(&mut bytes).map_err(|e| io::Error::other(e.to_string()))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn broken(text: impl Into<String>) -> BackupError {
    BackupError::Broken(text.into())
}

/// Refuses a journal that is not the database's own, or that is missing. Of backups of before nobody knows whether they had
/// one.
fn agree(contents: &Contents, archive: Option<&Archive>, beside: &Path) -> Result<(), BackupError> {
    let name = beside.file_name().unwrap_or_default().to_string_lossy();
    let (set, says) = (&contents.header.set, &contents.journal);
    match (says, archive) {
        (None, None) => Ok(()),
        (None, Some(archive)) if set.is_none() && archive.set.is_none() => Ok(()),
        (None, Some(_)) => Err(broken(format!(
            "{name} beside it is the journal of another backup: it was taken without one"
        ))),
        (Some(_), None) => Err(broken(format!("its journal {name} is missing"))),
        (Some(says), Some(archive)) if *set == archive.set && *says == archive.has => Ok(()),
        (Some(_), Some(_)) => Err(broken(format!(
            "{name} beside it is the journal of another backup"
        ))),
    }
}

/// Counts what is read of a backup's files, and stops when it is told to.
struct Reading<'a> {
    /// Is told how many bytes are read.
    goes_on: Box<dyn Fn(u64) -> bool + Send + Sync + 'a>,
    done: AtomicU64,
}

impl<'a> Reading<'a> {
    /// Of a backup and the journal's beside it; `watch` is told how many bytes of how many.
    fn of(path: &Path, watch: Watch<'a>) -> io::Result<Self> {
        let journal = fs::metadata(journal_of(path)).map_or(0, |data| data.len());
        let total = fs::metadata(path).map_err(|e| named(path, &e))?.len() + journal;
        Ok(Self {
            goes_on: Box::new(move |done| watch(done, total)),
            done: AtomicU64::new(0),
        })
    }

    /// Of one that was just written, of so many tables.
    fn again(watch: Watch<'a>, tables: u64) -> Self {
        Self {
            goes_on: Box::new(move |_| watch(tables, tables)),
            done: AtomicU64::new(0),
        }
    }

    fn goes_on(&self) -> bool {
        (self.goes_on)(self.done.load(Ordering::Relaxed))
    }

    fn open(&self, path: &Path) -> io::Result<Watched<'_, 'a>> {
        Ok(Watched {
            from: open(path)?,
            reading: self,
        })
    }

    fn archive(&self, path: &Path, key: &BackupKey, into: Option<&Path>) -> Result<Archive, BackupError> {
        archive::read(self.open(path)?, key, into)
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
    let beside = journal_of(path);
    let read = || -> Result<Taken, BackupError> {
        let contents = verify(reading.open(path)?, key)?;
        let archive = match beside.is_file() {
            true => Some(reading.archive(&beside, key, None)?),
            false => None,
        };
        agree(&contents, archive.as_ref(), &beside)?;
        Ok(Taken {
            journal: archive.map(|of| of.has),
            contents,
        })
    };
    reading.ended(read())
}

/// Restores a backup into an empty database and, where a journal's is beside it, that into `journal`, which must not have
/// anything. Blocks for disk.
///
/// # Errors
/// [`BackupError`]; the folder of the journal is not there then, or as it was, and no row is in the database.
pub async fn put_back(
    path: &Path,
    key: &BackupKey,
    (db, journal): (&Db, &Path),
    now: UnixNanos,
    watch: Watch<'_>,
) -> Result<Taken, BackupError> {
    let reading = Reading::of(path, watch)?;
    let beside = journal_of(path);
    let with_journal = beside.is_file();
    if with_journal && fs::read_dir(journal).is_ok_and(|mut inside| inside.next().is_some()) {
        let text = format!("{} is not empty", journal.display());
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, text).into());
    }
    let archive = match with_journal {
        true => {
            fs::create_dir_all(journal)?;
            let read = reading.archive(&beside, key, Some(journal));
            if read.is_err() {
                let _ = fs::remove_dir_all(journal);
            }
            Some(reading.ended(read)?)
        }
        false => None,
    };
    let asked = Asked {
        goes_on: &|| reading.goes_on(),
        agrees: &|contents| agree(contents, archive.as_ref(), &beside),
    };
    let restored = match reading.open(path) {
        Ok(from) => restore_asking(from, key, db, now, &asked).await,
        Err(error) => Err(error.into()),
    };
    match reading.ended(restored) {
        Ok(contents) => Ok(Taken {
            contents,
            journal: archive.map(|of| of.has),
        }),
        Err(error) => {
            if with_journal {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::Header;

    #[test]
    fn a_journal_belongs_to_the_database_of_its_set_and_those_of_before_are_taken_as_they_are() {
        let has = Archived { files: 2, bytes: 9 };
        let contents = |set: Option<&str>, journal| Contents {
            header: Header {
                format: 1,
                taken_at: String::new(),
                database: String::new(),
                build: None,
                set: set.map(str::to_owned),
                migrations: Vec::new(),
            },
            tables: Vec::new(),
            journal,
        };
        let archive = |set: Option<&str>, has| Archive {
            set: set.map(str::to_owned),
            has,
        };
        let agrees = |contents, archive: Option<Archive>| {
            agree(&contents, archive.as_ref(), Path::new("x/nightly.twj")).map_err(|error| error.to_string())
        };
        let whole = contents(Some("a"), Some(has));
        assert_eq!(agrees(whole.clone(), Some(archive(Some("a"), has))), Ok(()));
        assert_eq!(agrees(contents(Some("a"), None), None), Ok(()));
        assert_eq!(agrees(contents(None, None), None), Ok(()));
        assert_eq!(agrees(contents(None, None), Some(archive(None, has))), Ok(()));
        let more = Archived { files: 2, bytes: 10 };
        for (contents, archive) in [
            (whole.clone(), None),
            (whole.clone(), Some(archive(Some("b"), has))),
            (whole.clone(), Some(archive(None, has))),
            (whole, Some(archive(Some("a"), more))),
            (contents(Some("a"), None), Some(archive(Some("a"), has))),
            (contents(None, None), Some(archive(Some("a"), has))),
        ] {
            let why = agrees(contents, archive).expect_err("another journal");
            assert!(why.contains("not intact") && why.contains("nightly.twj"), "{why}");
        }
    }

    #[test]
    fn what_somebody_else_has_begun_is_theirs() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("one.twb");
        let first = Unfinished::beside(&path).expect("begun");
        let part = first.path.clone();
        assert!(Unfinished::beside(&path).is_err());
        assert!(part.exists(), "the one who came second took it away");
        first.keep_as(&path).expect("kept");
        assert!(path.exists() && !part.exists());
        drop(Unfinished::beside(&path).expect("begun"));
        assert!(path.exists() && !part.exists());
    }
}
