//! Entries that the database did not take: one sealed line each in `audit-pending.jsonl` of the data directory.
//!
//! A crash between appending an entry and taking its line away appends it once more: rather twice than never.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::Mutex;

use super::PlainRow;
use crate::secrets::Keyring;

/// A longer file takes no more: whoever fills it gets errors instead of a full disk.
const BYTES_MAX: u64 = 64 << 20;
const PURPOSE: &str = "audit.pending";

pub(super) struct Spool {
    path: PathBuf,
    keyring: Arc<Keyring>,
    /// One at a time.
    turn: Mutex<()>,
}

impl Spool {
    pub(super) fn new(folder: &Path, keyring: &Arc<Keyring>) -> Self {
        Self {
            path: folder.join("audit-pending.jsonl"),
            keyring: Arc::clone(keyring),
            turn: Mutex::new(()),
        }
    }

    /// Puts an entry aside, durably.
    pub(super) async fn put(&self, row: PlainRow) -> io::Result<()> {
        let text = serde_json::to_vec(&row).map_err(io::Error::other)?;
        let sealed = self.keyring.seal(PURPOSE, &text).map_err(io::Error::other)?;
        let _turn = self.turn.lock().await;
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&self.path)?;
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
                let whole = self.text()?.rfind('\n').map_or(0, |end| end + 1);
                file.set_len(whole as u64)?;
            }
        }
        file.write_all(format!("{sealed}\n").as_bytes())?;
        file.sync_all()
    }

    fn text(&self) -> io::Result<String> {
        match std::fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            read => read,
        }
    }

    /// The oldest entry.
    pub(super) async fn first(&self) -> io::Result<Option<PlainRow>> {
        let _turn = self.turn.lock().await;
        let text = self.text()?;
        // A line without an end was cut off by a crash: nothing was answered on the strength of it.
        let Some((line, _)) = text.split_once('\n') else {
            return Ok(None);
        };
        let plain = self.keyring.open(PURPOSE, line).map_err(io::Error::other)?;
        serde_json::from_slice(&plain).map(Some).map_err(io::Error::other)
    }

    /// Takes the oldest entry away.
    pub(super) async fn drop_first(&self) -> io::Result<()> {
        let _turn = self.turn.lock().await;
        let text = self.text()?;
        let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
        if rest.is_empty() {
            return std::fs::remove_file(&self.path);
        }
        let beside = self.path.with_extension("new");
        let mut file = File::create(&beside)?;
        file.write_all(rest.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(beside, &self.path)
    }
}
