//! Restoring a backup on trial, into a folder that is thrown away.
//!
//! Such a folder has everything of a backup in plain text. It is locked by whoever uses it; what a program that was killed
//! left is known by its name, has no lock, and is taken away by [`sweep_trials`].

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

use tempfile::TempDir;
use tradewind_types::UnixNanos;

use super::set::{Taken, put_back};
use super::{BackupError, BackupKey, Watch};
use crate::{Db, DbConfig};

/// What stands before the random part of a folder's name.
const PREFIX: &str = ".drill-";
/// Characters of the random part.
const RANDOM: usize = 6;
/// The file whose lock says that a folder is in use.
const LOCK_FILE: &str = "lock";

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
    let (folder, lock) = begin(scratch)?;
    let db = Db::open(&DbConfig::file(&folder.path().join("drill.db"))).await?;
    let journal = folder.path().join("journal");
    let taken = put_back(path, key, (&db, &journal), now, watch).await;
    db.close().await;
    let taken = taken?;
    if taken.journal.is_some() {
        look(&journal).map_err(|why| BackupError::Broken(format!("the journal: {why}")))?;
    }
    folder.close()?;
    drop(lock);
    Ok(taken)
}

fn begin(scratch: &Path) -> io::Result<(TempDir, File)> {
    let folder = tempfile::Builder::new()
        .prefix(PREFIX)
        .rand_bytes(RANDOM)
        .tempdir_in(scratch)?;
    match locked(folder.path())? {
        Some(lock) => Ok((folder, lock)),
        None => Err(io::Error::other("the folder of the trial was taken away")),
    }
}

/// The lock of a folder; none while somebody else has it.
fn locked(folder: &Path) -> io::Result<Option<File>> {
    let mut options = OpenOptions::new();
    let file = options
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join(LOCK_FILE))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(fs::TryLockError::WouldBlock) => Ok(None),
        Err(fs::TryLockError::Error(error)) => Err(error),
    }
}

/// Takes away the folders below `scratch` of trials that were killed; how many there were. Those in use stay. Blocks for
/// disk.
///
/// # Errors
/// `scratch` cannot be read. A folder that cannot be taken away stays, and is no error.
pub fn sweep_trials(scratch: &Path) -> io::Result<u64> {
    let mut gone = 0;
    for entry in fs::read_dir(scratch)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let random = name.strip_prefix(PREFIX);
        let ours =
            random.is_some_and(|of| of.len() == RANDOM && of.bytes().all(|b| b.is_ascii_alphanumeric()));
        if !ours || !entry.file_type()?.is_dir() {
            continue;
        }
        if let Ok(Some(lock)) = locked(&entry.path()) {
            gone += u64::from(fs::remove_dir_all(entry.path()).is_ok());
            drop(lock);
        }
    }
    Ok(gone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_trial_left_goes_and_what_is_in_use_or_is_not_ours_stays() {
        let scratch = tempfile::tempdir().expect("a folder");
        let (running, lock) = begin(scratch.path()).expect("begun");
        let left = scratch.path().join(".drill-aB3dE6");
        fs::create_dir_all(left.join("journal")).expect("made");
        fs::write(left.join("drill.db"), "everything").expect("written");
        let others = [".drill-notes", ".drill-aB3dE6x", "drill-aB3dE6"].map(|name| scratch.path().join(name));
        for other in &others {
            fs::create_dir(other).expect("made");
        }
        fs::write(scratch.path().join(".drill-aaaaaa"), "a file").expect("written");
        assert_eq!(sweep_trials(scratch.path()).expect("swept"), 1);
        assert!(!left.exists() && running.path().exists());
        assert!(others.iter().all(|other| other.exists()));
        assert!(scratch.path().join(".drill-aaaaaa").exists());
        // Its program is gone, the folder is not.
        let kept = running.keep();
        drop(lock);
        assert_eq!(sweep_trials(scratch.path()).expect("swept"), 1);
        assert!(!kept.exists());
        assert!(sweep_trials(&scratch.path().join("none")).is_err());
    }
}
