//! The folder of backups: what is in it, and what is known of each file.
//!
//! ```text
//! 2026-11-30T110000Z.twb         the database
//! 2026-11-30T110000Z.twj         the journal of right after
//! 2026-11-30T110000Z.notes.json  what is known of the two: this program's notes, which backups do without
//! .lock                          locked by the program whose folder it is
//! ```
//! Backups that were taken on the command line are listed, too; of those less is known until they are verified.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tradewind_store::backup::{Taken, journal_of};
use tradewind_types::UnixNanos;

const DATABASE: &str = "twb";
const JOURNAL: &str = "twj";
const NOTES: &str = "notes.json";
const UNFINISHED: &str = "part";
const LOCK_FILE: &str = ".lock";
/// Files younger than this are spared where another program may be at them.
const YOUNG_NS: u64 = 6 * 3_600 * tradewind_types::time::SECOND_NS;

/// What is known of a backup beside its bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Notes {
    /// When it was taken.
    pub taken_at: Option<UnixNanos>,
    /// Under which key.
    pub key: Option<String>,
    /// `SQLite` or `PostgreSQL`.
    pub database: Option<String>,
    /// Migrations that its database had.
    pub migration: Option<u64>,
    /// Version of the program that took it.
    pub build: Option<String>,
    /// Rows of all tables.
    pub rows: Option<u64>,
    /// When it was last read to its end.
    pub verified_at: Option<UnixNanos>,
    /// When it was last restored on trial.
    pub drilled_at: Option<UnixNanos>,
    /// What was wrong when it was last looked at.
    pub fault: Option<String>,
}

impl Notes {
    /// What reading it has shown.
    pub(super) fn learn(&mut self, taken: &Taken, key: &str) {
        let header = &taken.contents.header;
        self.taken_at = header.taken_at.parse().ok().or(self.taken_at);
        self.key = Some(key.to_owned());
        self.database = Some(header.database.clone());
        self.migration = Some(header.migrations.len() as u64);
        self.build = header.build.clone();
        self.rows = Some(taken.contents.rows());
        self.fault = None;
    }
}

fn at(ts: jiff::Timestamp) -> UnixNanos {
    UnixNanos(u64::try_from(ts.as_nanosecond()).unwrap_or_default())
}

/// A backup in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its name, which is its id.
    pub id: String,
    /// File of the database.
    pub path: PathBuf,
    /// Bytes of it.
    pub bytes: u64,
    /// Bytes of the journal beside it.
    pub journal_bytes: Option<u64>,
    /// When it was taken, as its notes say, else its name, else when the file was written.
    pub taken_at: UnixNanos,
    /// What is known.
    pub notes: Notes,
}

impl Found {
    /// Whether this program gave it its name, and may take it away when its time is over.
    pub(super) fn is_ours(&self) -> bool {
        is_ours(&self.id)
    }

    /// Whether nothing was ever found wrong with it.
    pub(super) fn is_whole(&self) -> bool {
        self.notes.fault.is_none()
    }

    /// Whether it is known to be under another key.
    pub(super) fn is_under_another(&self, key: &str) -> bool {
        self.notes.key.as_deref().is_some_and(|of| of != key)
    }
}

/// Whose a folder is.
pub(super) enum Hold {
    /// This program's, as long as it has this.
    Ours { _lock: File },
    /// Another program's, which runs.
    Others,
    /// Nobody knows: the file system has no locks.
    Unknown,
}

/// Asks for a folder.
pub(super) fn hold(folder: &Path) -> Hold {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let Ok(file) = options.open(folder.join(LOCK_FILE)) else {
        return Hold::Unknown;
    };
    match file.try_lock() {
        Ok(()) => Hold::Ours { _lock: file },
        Err(TryLockError::WouldBlock) => Hold::Others,
        Err(TryLockError::Error(_)) => Hold::Unknown,
    }
}

/// The name of a backup that is taken now.
pub(super) fn name(now: UnixNanos) -> String {
    // `2026-11-30T11:00:00.000000000Z` without what file names do not take, to the second.
    let text = now.to_rfc3339().replace(':', "");
    let to_the_second: String = text.chars().take("2026-11-30T110000".len()).collect();
    format!("{to_the_second}Z")
}

/// Whether this program gave a file its name.
fn is_ours(stem: &str) -> bool {
    let shape = "0000-00-00T000000Z";
    stem.len() == shape.len()
        && stem.chars().zip(shape.chars()).all(|(own, like)| match like {
            '0' => own.is_ascii_digit(),
            like => own == like,
        })
}

/// When a backup that this program named was taken, to the second.
fn time_in(stem: &str) -> Option<UnixNanos> {
    if !is_ours(stem) {
        return None;
    }
    let (day, time) = stem.trim_end_matches('Z').split_once('T')?;
    let (hour, rest) = time.split_at_checked(2)?;
    let (minute, second) = rest.split_at_checked(2)?;
    format!("{day}T{hour}:{minute}:{second}Z").parse().ok()
}

pub(super) fn path_of(folder: &Path, id: &str) -> PathBuf {
    folder.join(id).with_extension(DATABASE)
}

/// What is in a folder, oldest first; nothing when there is none.
///
/// # Errors
/// The disk.
pub(super) fn list(folder: &Path) -> io::Result<Vec<Found>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_none_or(|kind| kind != DATABASE) {
            continue;
        }
        // One that is taken away meanwhile is none.
        let (Ok(data), Some(id)) = (fs::metadata(&path), path.file_stem()) else {
            continue;
        };
        let written = data
            .modified()
            .ok()
            .and_then(|time| jiff::Timestamp::try_from(time).ok());
        let notes = read_notes(&path);
        let id = id.to_string_lossy().into_owned();
        let taken_at = notes.taken_at.or_else(|| time_in(&id)).or(written.map(at));
        found.push(Found {
            id,
            bytes: data.len(),
            journal_bytes: fs::metadata(journal_of(&path)).ok().map(|data| data.len()),
            taken_at: taken_at.unwrap_or_default(),
            notes,
            path,
        });
    }
    found.sort_by(|a, b| (a.taken_at, &a.id).cmp(&(b.taken_at, &b.id)));
    Ok(found)
}

/// Notes that cannot be read are none: they can be made again.
fn read_notes(path: &Path) -> Notes {
    let text = fs::read(path.with_extension(NOTES)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// Writes notes whole or not at all.
///
/// # Errors
/// The disk.
pub(super) fn write_notes(path: &Path, notes: &Notes) -> io::Result<()> {
    let beside = path.with_extension(format!("{NOTES}.{UNFINISHED}"));
    fs::write(&beside, serde_json::to_vec(notes)?)?;
    fs::rename(&beside, path.with_extension(NOTES))
}

/// Takes a backup away, with what belongs to it: the database's file first, without which the others are nothing.
///
/// # Errors
/// The disk.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)?;
    for beside in [journal_of(path), path.with_extension(NOTES)] {
        match fs::remove_file(beside) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Takes away what a program that was stopped left half made: unfinished files, journals and notes without a database.
/// Files that this program did not name stay; where the folder is not this program's alone, young ones do, too: somebody may
/// be at them `now`.
///
/// # Errors
/// The disk.
pub(super) fn sweep(folder: &Path, alone: bool, now: UnixNanos) -> io::Result<u64> {
    let is_young = |path: &Path| {
        let written = fs::metadata(path).and_then(|data| data.modified()).ok();
        let written = written.and_then(|time| jiff::Timestamp::try_from(time).ok());
        written.is_none_or(|written| at(written).plus(YOUNG_NS) > now)
    };
    let mut gone = 0;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let Some((stem, kind)) = name.split_once('.').filter(|(stem, _)| is_ours(stem)) else {
            continue;
        };
        let left = || !path_of(folder, stem).exists();
        let half = kind.ends_with(UNFINISHED) || ([JOURNAL, NOTES].contains(&kind) && left());
        if half && (alone || !is_young(&path)) {
            fs::remove_file(&path)?;
            gone += 1;
        }
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: UnixNanos = UnixNanos::from_secs(1_795_338_000);

    #[test]
    fn a_name_says_when_and_is_known_again() {
        let name = name(NOW);
        assert_eq!(name, "2026-11-22T090000Z");
        assert!(is_ours(&name));
        for other in [
            "nightly",
            "2026-11-22T090000",
            "2026-11-22T09000xZ",
            "2026-11-22T090000Z2",
            "",
        ] {
            assert!(!is_ours(other), "{other}");
        }
        assert_eq!(time_in(&name), Some(NOW));
        assert_eq!((time_in("nightly"), time_in("2026-13-22T090000Z")), (None, None));
    }

    #[test]
    fn a_folder_is_one_programs_at_a_time_and_what_another_may_be_at_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = hold(folder.path());
        assert!(matches!(first, Hold::Ours { .. }));
        assert!(matches!(hold(folder.path()), Hold::Others));
        let part = folder.path().join("2026-11-22T100000Z.twb.part");
        fs::write(&part, b"x").expect("written");
        let written = fs::metadata(&part)
            .and_then(|data| data.modified())
            .expect("a time");
        let written = at(jiff::Timestamp::try_from(written).expect("a time"));
        let swept = |now| sweep(folder.path(), false, now).expect("swept");
        assert_eq!((swept(written.plus(YOUNG_NS - 1)), part.exists()), (0, true));
        assert_eq!((swept(written.plus(YOUNG_NS)), part.exists()), (1, false));
        drop(first);
        assert!(matches!(hold(folder.path()), Hold::Ours { .. }));
    }

    #[test]
    fn half_made_files_go_and_those_of_others_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str| fs::write(folder.path().join(name), b"x").expect("written");
        let whole = [
            "2026-11-22T090000Z.twb",
            "2026-11-22T090000Z.twj",
            "2026-11-22T090000Z.notes.json",
        ];
        let others = [
            "nightly.twb",
            "nightly.twj.part",
            "nightly.json",
            ".lock",
            "key.txt",
        ];
        let half = [
            "2026-11-22T100000Z.twb.part",
            "2026-11-22T100000Z.twj.part",
            "2026-11-22T110000Z.twj",
            "2026-11-22T110000Z.notes.json",
            "2026-11-22T090000Z.notes.json.part",
        ];
        whole
            .iter()
            .chain(&others)
            .chain(&half)
            .for_each(|name| write(name));
        assert_eq!(sweep(folder.path(), true, NOW).expect("swept"), half.len() as u64);
        assert_eq!(sweep(folder.path(), true, NOW).expect("swept"), 0);
        let there = |name: &&str| folder.path().join(name).exists();
        assert!(whole.iter().chain(&others).all(there) && !half.iter().any(there));
    }

    #[test]
    fn backups_are_listed_oldest_first_with_what_is_known_of_them() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(list(&folder.path().join("none")).expect("listed"), []);
        let older = path_of(folder.path(), "2026-11-22T090000Z");
        fs::write(&older, b"database").expect("written");
        fs::write(journal_of(&older), b"journal").expect("written");
        let notes = Notes {
            taken_at: Some(NOW),
            key: Some("0123abcd".to_owned()),
            ..Notes::default()
        };
        write_notes(&older, &notes).expect("noted");
        fs::write(path_of(folder.path(), "nightly"), b"by hand").expect("written");
        let listed = list(folder.path()).expect("listed");
        assert_eq!(listed.len(), 2);
        let by_id = |id: &str| listed.iter().find(|found| found.id == id).expect("listed");
        let ours = by_id("2026-11-22T090000Z");
        assert_eq!(
            (ours.bytes, ours.journal_bytes, &ours.notes),
            (8, Some(7), &notes)
        );
        assert_eq!(by_id("nightly").notes, Notes::default());
        // What notes do not tell its name does.
        fs::remove_file(older.with_extension(NOTES)).expect("removed");
        let listed = list(folder.path()).expect("listed");
        assert!(
            listed
                .iter()
                .any(|found| found.is_ours() && found.taken_at == NOW)
        );
        write_notes(&older, &notes).expect("noted");
        remove(&older).expect("removed");
        assert_eq!(list(folder.path()).expect("listed").len(), 1);
        assert!(!journal_of(&older).exists() && !older.with_extension(NOTES).exists());
    }
}
