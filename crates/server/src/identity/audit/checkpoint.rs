//! Checkpoints: the end of the chain, signed, kept outside the database, so that a log that was cut off or written anew
//! is seen. One JSON object a line in `audit-checkpoints.jsonl` of the data directory; whoever keeps copies of them on
//! another machine sees it even when somebody may write that directory.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tradewind_store::identity::audit::{ChainHash, Head};

use super::signer;
use crate::problem::{ApiError, Code};

/// A longer file loses its older half: the newest checkpoint vouches for everything before it.
const BYTES_MAX: u64 = 1 << 20;

/// A signed end of the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Version of the form.
    pub v: u32,
    /// Desk.
    pub org: String,
    /// Number of the last row.
    pub seq: i64,
    /// Its hash, 64 hex digits.
    pub hash: String,
    /// When it was signed, RFC 3339.
    pub at: String,
    /// By which key: the public half, base64url.
    pub public_key: String,
    /// The signature, base64url.
    pub signature: String,
}

impl Checkpoint {
    /// What is signed.
    #[must_use]
    pub fn message(&self) -> String {
        let Self {
            org, seq, hash, at, ..
        } = self;
        format!("tradewind audit checkpoint v1\n{org}\n{seq}\n{hash}\n{at}\n")
    }

    /// The place in the chain, when the signature is that of a key.
    #[must_use]
    pub fn place(&self, trusted: &str) -> Option<Head> {
        let good = self.v == 1 && self.public_key == trusted;
        let hash = ChainHash::parse(&self.hash).filter(|_| good)?;
        signer::holds(trusted, &self.message(), &self.signature).then_some(Head { seq: self.seq, hash })
    }
}

pub(super) fn unusable(error: io::Error) -> ApiError {
    tracing::error!(%error, "the file of the audit log's checkpoints cannot be used");
    ApiError::of(Code::Internal)
}

/// The file.
pub struct CheckpointFile(PathBuf);

impl CheckpointFile {
    /// Of a data directory.
    #[must_use]
    pub fn of(folder: &Path) -> Self {
        Self(folder.join("audit-checkpoints.jsonl"))
    }

    /// A file somewhere else, such as a copy that was kept.
    #[must_use]
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    /// All checkpoints, oldest first; none when there is no file. An unfinished last line, as a crash leaves it, does not
    /// count.
    ///
    /// # Errors
    /// When the file cannot be read; [`io::ErrorKind::InvalidData`] when a line is not a checkpoint.
    pub fn all(&self) -> io::Result<Vec<Checkpoint>> {
        let file = match File::open(&self.0) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let (mut reader, mut line, mut all) = (BufReader::new(file), String::new(), Vec::new());
        while reader.read_line(&mut line)? > 0 {
            if let Some(whole) = line.strip_suffix('\n') {
                let read = serde_json::from_str(whole);
                let wrong = |error| io::Error::new(io::ErrorKind::InvalidData, error);
                all.push(read.map_err(wrong)?);
            }
            line.clear();
        }
        Ok(all)
    }

    /// The last checkpoint.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub fn last(&self) -> io::Result<Option<Checkpoint>> {
        Ok(self.all()?.pop())
    }

    /// Appends a checkpoint, durably.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&self, checkpoint: &Checkpoint) -> io::Result<()> {
        let length = std::fs::metadata(&self.0).map_or(0, |meta| meta.len());
        if length > BYTES_MAX || !self.ends_whole()? {
            let mut kept = self.all()?;
            if length > BYTES_MAX {
                kept.drain(..kept.len() / 2);
            }
            return self.replace(kept.iter().chain([checkpoint]));
        }
        let mut file = OpenOptions::new().create(true).append(true).open(&self.0)?;
        file.write_all(line_of(checkpoint)?.as_bytes())?;
        file.sync_all()
    }

    fn ends_whole(&self) -> io::Result<bool> {
        match std::fs::read(&self.0) {
            Ok(bytes) => Ok(bytes.is_empty() || bytes.ends_with(b"\n")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    fn replace<'a>(&self, all: impl Iterator<Item = &'a Checkpoint>) -> io::Result<()> {
        let beside = self.0.with_extension("new");
        let mut file = File::create(&beside)?;
        for checkpoint in all {
            file.write_all(line_of(checkpoint)?.as_bytes())?;
        }
        file.sync_all()?;
        std::fs::rename(beside, &self.0)
    }
}

fn line_of(checkpoint: &Checkpoint) -> io::Result<String> {
    let text = serde_json::to_string(checkpoint).map_err(io::Error::other)?;
    Ok(text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint(seq: i64) -> Checkpoint {
        Checkpoint {
            v: 1,
            org: "main".to_owned(),
            seq,
            hash: "0".repeat(64),
            at: "2026-11-30T00:00:00Z".to_owned(),
            public_key: "k".to_owned(),
            signature: "s".to_owned(),
        }
    }

    #[test]
    fn an_unfinished_line_does_not_count_and_is_gone_with_the_next_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = CheckpointFile::of(folder.path());
        assert_eq!(file.last().expect("none"), None);
        file.append(&checkpoint(1)).expect("written");
        let mut raw = OpenOptions::new().append(true).open(&file.0).expect("open");
        raw.write_all(b"{\"v\":1,\"org\"").expect("written");
        assert_eq!(file.last().expect("read"), Some(checkpoint(1)));
        file.append(&checkpoint(2)).expect("written");
        assert_eq!(file.all().expect("read"), [checkpoint(1), checkpoint(2)]);
        raw = OpenOptions::new().append(true).open(&file.0).expect("open");
        raw.write_all(b"nonsense\n").expect("written");
        assert_eq!(
            file.last().expect_err("no checkpoint").kind(),
            io::ErrorKind::InvalidData
        );
    }
}
