//! Entries that the database did not take: one sealed line each in `audit-pending.jsonl` of the data directory, taken out
//! in their order and many at a time.
//!
//! ```text
//! put ─► audit-pending.jsonl ─► batch ─► (appended) ─► remove
//!                                 └─► audit-pending.bad.jsonl: lines that nobody can read
//! ```
//! `audit-pending.lock` is held by whoever writes the file, `audit-pending.draining` by whoever takes entries out until
//! they are removed: entries are put aside while the database is waited for. A crash between appending entries and
//! removing them appends them once more: rather twice than never.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Mutex;

use super::PlainRow;
use super::files::{blocking, locked, locked_at_once, replace, sync_folder};
use crate::secrets::{Keyring, key_of};

/// A longer file takes no more: whoever fills it gets errors instead of a full disk.
const BYTES_MAX: u64 = 64 << 20;
/// How much is taken out at once; the rest of the file is written anew that often.
const BATCH_BYTES: u64 = 2 << 20;
const PURPOSE: &str = "audit.pending";

fn file_in(folder: &Path) -> PathBuf {
    folder.join("audit-pending.jsonl")
}

fn lock_of(path: &Path) -> io::Result<File> {
    locked(&path.with_extension("lock"))
}

/// The oldest entries.
pub(super) struct Batch {
    pub(super) rows: Vec<PlainRow>,
    /// How long their lines are.
    bytes: u64,
    /// Nobody else takes entries out meanwhile.
    _draining: File,
}

pub(super) struct Spool {
    path: PathBuf,
    keyring: Arc<Keyring>,
    /// One writer of this process at a time, so that those who wait take no threads.
    turn: Mutex<()>,
}

impl Spool {
    pub(super) fn new(folder: &Path, keyring: &Arc<Keyring>) -> Self {
        Self {
            path: file_in(folder),
            keyring: Arc::clone(keyring),
            turn: Mutex::new(()),
        }
    }

    /// Puts an entry aside, durably.
    pub(super) async fn put(&self, row: &PlainRow) -> io::Result<()> {
        let text = serde_json::to_vec(row).map_err(io::Error::other)?;
        let sealed = self.keyring.seal(PURPOSE, &text).map_err(io::Error::other)?;
        let _turn = self.turn.lock().await;
        let path = self.path.clone();
        blocking(move || put(&path, &sealed)).await
    }

    /// The oldest entries; `None` when there are none, or somebody else is taking them out. Lines that cannot be read are
    /// moved out of the way.
    pub(super) async fn batch(&self) -> io::Result<Option<Batch>> {
        let (path, keyring) = (self.path.clone(), Arc::clone(&self.keyring));
        blocking(move || batch(&path, &keyring)).await
    }

    /// Takes entries away that are in the log now.
    pub(super) async fn remove(&self, batch: Batch) -> io::Result<()> {
        let _turn = self.turn.lock().await;
        let path = self.path.clone();
        blocking(move || remove(&path, &batch)).await
    }
}

fn put(path: &Path, sealed: &str) -> io::Result<()> {
    let _lock = lock_of(path)?;
    let mut file = OpenOptions::new()
        .create(true)
        .read(true)
        .append(true)
        .open(path)?;
    let length = file.metadata()?.len();
    if length > BYTES_MAX {
        return Err(io::Error::other("too many entries wait already"));
    }
    if length > 0 {
        let mut last = [0];
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
        // A line that a crash or a full disk cut off: this one must not be joined to it, or neither can be read.
        if last != *b"\n" {
            file.set_len(whole(&std::fs::read(path)?) as u64)?;
        }
    }
    file.write_all(format!("{sealed}\n").as_bytes())?;
    file.sync_all()?;
    if length == 0 {
        sync_folder(path)?;
    }
    Ok(())
}

/// How much of it are whole lines. A line without an end was cut off: nothing was answered on the strength of it.
fn whole(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1)
}

fn open(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn batch(path: &Path, keyring: &Keyring) -> io::Result<Option<Batch>> {
    if !path.try_exists()? {
        return Ok(None);
    }
    let Some(draining) = locked_at_once(&path.with_extension("draining"))? else {
        return Ok(None);
    };
    let _lock = lock_of(path)?;
    let Some(file) = open(path)? else { return Ok(None) };
    let mut reader = BufReader::new(file);
    let (mut rows, mut good, mut bad) = (Vec::new(), Vec::new(), Vec::new());
    let (mut line, mut first_error) = (Vec::new(), None);
    while ((good.len() + bad.len()) as u64) < BATCH_BYTES {
        line.clear();
        reader.read_until(b'\n', &mut line)?;
        let Some(text) = line.strip_suffix(b"\n") else {
            break;
        };
        match read(text, keyring) {
            Ok(row) => {
                rows.push(row);
                good.extend_from_slice(&line);
            }
            Err(error) => {
                first_error.get_or_insert(error);
                bad.extend_from_slice(&line);
            }
        }
    }
    if let Some(error) = first_error {
        let aside = path.with_extension("bad.jsonl");
        tracing::error!(%error, file = %aside.display(),
            "entries of the audit log that were put aside cannot be read; they are moved");
        append(&aside, &bad)?;
        let mut kept = good.clone();
        // What was read beyond the batch belongs to the rest.
        if !line.ends_with(b"\n") {
            kept.extend_from_slice(&line);
        }
        reader.read_to_end(&mut kept)?;
        keep(path, &kept)?;
    }
    Ok((!rows.is_empty()).then_some(Batch {
        rows,
        bytes: good.len() as u64,
        _draining: draining,
    }))
}

fn read(line: &[u8], keyring: &Keyring) -> io::Result<PlainRow> {
    let text = std::str::from_utf8(line).map_err(io::Error::other)?;
    let plain = keyring.open(PURPOSE, text).map_err(io::Error::other)?;
    serde_json::from_slice(&plain).map_err(io::Error::other)
}

fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    sync_folder(path)
}

fn remove(path: &Path, batch: &Batch) -> io::Result<()> {
    let _lock = lock_of(path)?;
    let Some(mut file) = open(path)? else {
        return Ok(());
    };
    file.seek(SeekFrom::Start(batch.bytes))?;
    let mut rest = Vec::new();
    file.read_to_end(&mut rest)?;
    keep(path, &rest)
}

/// Leaves these lines.
fn keep(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match &bytes[..whole(bytes)] {
        [] => {
            std::fs::remove_file(path)?;
            sync_folder(path)
        }
        lines => replace(path, lines),
    }
}

/// How many entries that were put aside are sealed with which root key.
///
/// # Errors
/// When the file cannot be read.
pub fn pending_usage(folder: &Path) -> io::Result<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    let Some(mut file) = open(&file_in(folder))? else {
        return Ok(counts);
    };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    for line in bytes[..whole(&bytes)].split(|byte| *byte == b'\n') {
        let key = std::str::from_utf8(line).ok().and_then(|text| key_of(text).ok());
        if let Some(key) = key {
            *counts.entry(key.to_owned()).or_insert(0) += 1;
        }
    }
    Ok(counts)
}

/// Seals entries that were put aside with the newest root key; how many there were under another. Blocks while somebody
/// takes entries out.
///
/// # Errors
/// When the file cannot be read or written, or something cannot be sealed.
pub fn reseal_pending(folder: &Path, keyring: &Keyring) -> io::Result<u64> {
    let path = file_in(folder);
    // Nothing is made where nothing waits.
    if !path.try_exists()? {
        return Ok(0);
    }
    let _draining = locked(&path.with_extension("draining"))?;
    let _lock = lock_of(&path)?;
    let Some(mut file) = open(&path)? else {
        return Ok(0);
    };
    let (mut bytes, mut anew, mut done) = (Vec::new(), Vec::new(), 0);
    file.read_to_end(&mut bytes)?;
    for line in bytes[..whole(&bytes)].split_inclusive(|byte| *byte == b'\n') {
        let text = std::str::from_utf8(line).unwrap_or_default().trim_end();
        match keyring.reseal(PURPOSE, text) {
            Ok(Some(sealed)) => {
                anew.extend_from_slice(format!("{sealed}\n").as_bytes());
                done += 1;
            }
            // Under it already; or nobody can read it, which is found out when it is taken out.
            Ok(None) | Err(_) => anew.extend_from_slice(line),
        }
    }
    if done > 0 {
        replace(&path, &anew)?;
    }
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::RootKey;
    use tradewind_types::UnixNanos;

    fn ring(keys: &[u8]) -> Arc<Keyring> {
        let keys = keys.iter().map(|n| RootKey::new([*n; 32])).collect();
        Arc::new(Keyring::of(keys).expect("keys"))
    }

    fn row(number: u64) -> PlainRow {
        PlainRow {
            org: "desk".parse().expect("id"),
            ts: UnixNanos(number),
            actor: "u1".to_owned(),
            action: "test".to_owned(),
            subject: String::new(),
            outcome: "OK".to_owned(),
            address: "192.0.2.1".to_owned(),
            correlation_id: number.to_string(),
            detail: "{}".to_owned(),
            person: String::new(),
            personal: String::new(),
        }
    }

    fn numbers(batch: &Batch) -> Vec<u64> {
        batch.rows.iter().map(|row| row.ts.0).collect()
    }

    fn by_hand(folder: &Path, bytes: &[u8]) {
        let file = OpenOptions::new().append(true).open(file_in(folder));
        file.expect("open").write_all(bytes).expect("written");
    }

    #[tokio::test]
    async fn a_line_that_was_cut_off_is_gone_with_the_next_entry_which_can_be_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let spool = Spool::new(folder.path(), &ring(&[1]));
        spool.put(&row(1)).await.expect("put");
        // In the middle of a character, too.
        by_hand(folder.path(), b"s1.0badc0de.half\xc3");
        let before = spool.batch().await.expect("read").expect("one");
        assert_eq!(numbers(&before), [1]);
        drop(before);
        spool.put(&row(2)).await.expect("put");
        let batch = spool.batch().await.expect("read").expect("two");
        assert_eq!(numbers(&batch), [1, 2]);
        by_hand(folder.path(), b"s1.0badc0de.half");
        spool.remove(batch).await.expect("removed");
        assert!(
            !file_in(folder.path()).exists(),
            "nothing was answered for what is left"
        );
        // A file that has nothing but such a line.
        std::fs::write(file_in(folder.path()), b"s1.half").expect("written");
        assert!(spool.batch().await.expect("read").is_none());
        spool.put(&row(3)).await.expect("put");
        let batch = spool.batch().await.expect("read").expect("one");
        assert_eq!(numbers(&batch), [3]);
    }

    #[tokio::test]
    async fn a_line_that_nobody_can_read_stops_nothing_behind_it_and_is_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let (spool, stranger) = (
            Spool::new(folder.path(), &ring(&[1])),
            Spool::new(folder.path(), &ring(&[9])),
        );
        spool.put(&row(1)).await.expect("put");
        stranger.put(&row(2)).await.expect("put");
        by_hand(folder.path(), b"nonsense \xff\n");
        spool.put(&row(3)).await.expect("put");
        for _ in 0..2 {
            // Also when the database did not take them and they are read again.
            let batch = spool.batch().await.expect("read").expect("two");
            assert_eq!(numbers(&batch), [1, 3]);
            let bad = std::fs::read(folder.path().join("audit-pending.bad.jsonl")).expect("the file");
            assert_eq!(bad.iter().filter(|byte| **byte == b'\n').count(), 2);
        }
        let batch = spool.batch().await.expect("read").expect("two");
        spool.put(&row(4)).await.expect("put while others are taken out");
        assert!(
            spool.batch().await.expect("read").is_none(),
            "taken out by somebody"
        );
        spool.remove(batch).await.expect("removed");
        let batch = spool.batch().await.expect("read").expect("one");
        assert_eq!(numbers(&batch), [4]);
        spool.remove(batch).await.expect("removed");
        assert!(spool.batch().await.expect("read").is_none());
    }

    #[tokio::test]
    async fn many_entries_are_taken_out_in_their_order_a_batch_at_a_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let ring = ring(&[1]);
        let mut text = String::new();
        let mut long = row(0);
        long.detail = "x".repeat(100_000);
        for number in 0..50 {
            long.ts = UnixNanos(number);
            let plain = serde_json::to_vec(&long).expect("JSON");
            text += &ring.seal(PURPOSE, &plain).expect("sealed");
            text.push('\n');
        }
        std::fs::write(file_in(folder.path()), text).expect("written");
        let spool = Spool::new(folder.path(), &ring);
        let (mut seen, mut batches) = (Vec::new(), 0);
        while let Some(batch) = spool.batch().await.expect("read") {
            seen.extend(numbers(&batch));
            batches += 1;
            spool.remove(batch).await.expect("removed");
        }
        assert_eq!(seen, (0..50).collect::<Vec<_>>());
        assert_eq!(batches, 4);
    }

    #[tokio::test]
    async fn entries_that_wait_are_sealed_anew_with_the_newest_root_key() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(reseal_pending(folder.path(), &ring(&[1])).expect("nothing"), 0);
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
        let old = Spool::new(folder.path(), &ring(&[1]));
        for number in 1..=3 {
            old.put(&row(number)).await.expect("put");
        }
        let (first, second) = (RootKey::new([1; 32]), RootKey::new([2; 32]));
        let used = |key: &RootKey, entries: u64| BTreeMap::from([(key.id().to_owned(), entries)]);
        assert_eq!(pending_usage(folder.path()).expect("counted"), used(&first, 3));
        assert_eq!(reseal_pending(folder.path(), &ring(&[2, 1])).expect("sealed"), 3);
        assert_eq!(reseal_pending(folder.path(), &ring(&[2, 1])).expect("sealed"), 0);
        assert_eq!(pending_usage(folder.path()).expect("counted"), used(&second, 3));
        let new = Spool::new(folder.path(), &ring(&[2]));
        let batch = new.batch().await.expect("read").expect("three");
        assert_eq!(numbers(&batch), [1, 2, 3]);
    }
}
