//! The folder of backups: what is in it, and what is known of each file.
//!
//! ```text
//! 2026-11-30T110000Z.twb    the database
//! 2026-11-30T110000Z.twj    the journal of right after
//! 2026-11-30T110000Z.json   what is known of the two: this program's notes, which backups do without
//! ```
//! Backups that were taken on the command line are listed, too; of those less is known until they are verified.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tradewind_store::backup::{Taken, journal_of};
use tradewind_types::UnixNanos;

const DATABASE: &str = "twb";
const JOURNAL: &str = "twj";
const NOTES: &str = "json";
const UNFINISHED: &str = "part";

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
    /// When it was taken, else when the file was written.
    pub taken_at: UnixNanos,
    /// What is known.
    pub notes: Notes,
}

impl Found {
    /// Whether this program gave it its name, and may take it away when its time is over.
    pub(super) fn is_ours(&self) -> bool {
        is_ours(&self.id)
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
        found.push(Found {
            id: id.to_string_lossy().into_owned(),
            bytes: data.len(),
            journal_bytes: fs::metadata(journal_of(&path)).ok().map(|data| data.len()),
            taken_at: notes.taken_at.or(written.map(at)).unwrap_or_default(),
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
/// Files that this program did not name stay.
///
/// # Errors
/// The disk.
pub(super) fn sweep(folder: &Path) -> io::Result<u64> {
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
        let alone = || !path_of(folder, stem).exists();
        let half = kind.ends_with(UNFINISHED) || ([JOURNAL, NOTES].contains(&kind) && alone());
        if half {
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
    }

    #[test]
    fn half_made_files_go_and_those_of_others_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |name: &str| fs::write(folder.path().join(name), b"x").expect("written");
        let whole = [
            "2026-11-22T090000Z.twb",
            "2026-11-22T090000Z.twj",
            "2026-11-22T090000Z.json",
        ];
        let others = ["nightly.twb", "nightly.twj.part", "key.txt"];
        let half = [
            "2026-11-22T100000Z.twb.part",
            "2026-11-22T100000Z.twj.part",
            "2026-11-22T110000Z.twj",
            "2026-11-22T110000Z.json",
            "2026-11-22T090000Z.json.part",
        ];
        whole
            .iter()
            .chain(&others)
            .chain(&half)
            .for_each(|name| write(name));
        assert_eq!(sweep(folder.path()).expect("swept"), half.len() as u64);
        assert_eq!(sweep(folder.path()).expect("swept"), 0);
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
        remove(&older).expect("removed");
        assert_eq!(list(folder.path()).expect("listed").len(), 1);
        assert!(!journal_of(&older).exists() && !older.with_extension("json").exists());
    }
}
