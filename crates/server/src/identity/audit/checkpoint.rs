//! Checkpoints: the end of the chain, signed, kept outside the database, so that a log that was cut off or written anew
//! is seen. One JSON object a line in `audit-checkpoints.jsonl` of the data directory; whoever keeps copies of them on
//! another machine sees it even when somebody may write that directory. Several processes may append, one at a time.
//!
//! What is signed is what goes on from the newest checkpoint: a log that was written anew is never signed, or it would look
//! right once the checkpoints of the former one are gone.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tradewind_store::identity::audit::{ChainHash, Head};

use super::files::{locked, replace, sync_folder};
use super::signer;
use crate::problem::{ApiError, Code};

/// A longer file is thinned out, to half of that at most.
const BYTES_MAX: u64 = 4 << 20;
/// How many of the newest stay when the file is thinned out: those of a day.
const NEWEST: usize = 1_440;
/// Of the older ones, the first of each day stays; where those are too many, that of each month, or each year: lengths of
/// what is the same in their times.
const SAME: [usize; 3] = ["2026-11-30".len(), "2026-11".len(), "2026".len()];

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
#[derive(Debug, Clone)]
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

    /// The checkpoint of the longest chain.
    ///
    /// # Errors
    /// As [`Self::all`].
    pub fn newest(&self) -> io::Result<Option<Checkpoint>> {
        Ok(self.all()?.into_iter().max_by_key(|checkpoint| checkpoint.seq))
    }

    /// Appends a checkpoint, durably. Blocks while another process does.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn append(&self, checkpoint: &Checkpoint) -> io::Result<()> {
        let _lock = locked(&self.0.with_extension("lock"))?;
        let mut file = OpenOptions::new()
            .create(true)
            .read(true)
            .append(true)
            .open(&self.0)?;
        let length = file.metadata()?.len();
        if length > BYTES_MAX || !ends_whole(&mut file, length)? {
            let mut kept = self.all()?;
            if length > BYTES_MAX {
                kept = thinned(kept, length);
            }
            kept.push(checkpoint.clone());
            let lines: io::Result<String> = kept.iter().map(line_of).collect();
            return replace(&self.0, lines?.as_bytes());
        }
        file.write_all(line_of(checkpoint)?.as_bytes())?;
        file.sync_all()?;
        if length == 0 {
            sync_folder(&self.0)?;
        }
        Ok(())
    }
}

fn ends_whole(file: &mut File, length: u64) -> io::Result<bool> {
    if length == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Without most of the older ones. Some of each time stay, the very first among them: whoever writes the log anew has to get
/// past all of them.
fn thinned(all: Vec<Checkpoint>, length: u64) -> Vec<Checkpoint> {
    let older = all.len().saturating_sub(NEWEST);
    let room = all.len() as u64 * (BYTES_MAX / 2) / length.max(1);
    let kept = |same: usize| {
        let mut times = HashSet::new();
        let first = |(place, checkpoint): &(usize, &Checkpoint)| {
            let time = checkpoint.at.get(..same).unwrap_or_default().to_owned();
            times.insert(time) || *place >= older
        };
        let places = all.iter().enumerate().filter(first).map(|(place, _)| place);
        places.collect::<HashSet<usize>>()
    };
    let fits = SAME.into_iter().map(kept).find(|kept| kept.len() as u64 <= room);
    let kept = fits.unwrap_or_else(|| (older..all.len()).chain([0]).collect());
    let numbered = all.into_iter().enumerate();
    numbered
        .filter(|(place, _)| kept.contains(place))
        .map(|(_, checkpoint)| checkpoint)
        .collect()
}

fn line_of(checkpoint: &Checkpoint) -> io::Result<String> {
    let text = serde_json::to_string(checkpoint).map_err(io::Error::other)?;
    Ok(text + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tradewind_types::UnixNanos;

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
        assert_eq!(file.newest().expect("none"), None);
        file.append(&checkpoint(1)).expect("written");
        let mut raw = OpenOptions::new().append(true).open(&file.0).expect("open");
        raw.write_all(b"{\"v\":1,\"org\"").expect("written");
        assert_eq!(file.newest().expect("read"), Some(checkpoint(1)));
        file.append(&checkpoint(2)).expect("written");
        assert_eq!(file.all().expect("read"), [checkpoint(1), checkpoint(2)]);
        raw = OpenOptions::new().append(true).open(&file.0).expect("open");
        raw.write_all(b"nonsense\n").expect("written");
        assert_eq!(
            file.newest().expect_err("no checkpoint").kind(),
            io::ErrorKind::InvalidData
        );
    }

    /// One a minute.
    fn at_minute(minute: u64) -> Checkpoint {
        let at = UnixNanos::from_secs(1_795_338_000 + 60 * minute);
        Checkpoint {
            at: at.to_rfc3339(),
            ..checkpoint(minute as i64)
        }
    }

    #[test]
    fn a_long_file_is_thinned_out_and_keeps_the_first_the_first_of_each_day_and_the_newest() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = CheckpointFile::of(folder.path());
        let all: Vec<Checkpoint> = (0..30_000).map(at_minute).collect();
        let text: String = all.iter().map(|one| line_of(one).expect("JSON")).collect();
        assert!(text.len() as u64 > BYTES_MAX);
        std::fs::write(&file.0, &text).expect("written");
        file.append(&at_minute(30_000)).expect("written");
        let kept = file.all().expect("read");
        assert_eq!(kept.first(), all.first());
        let newest: Vec<Checkpoint> = (30_000 - NEWEST as u64..=30_000).map(at_minute).collect();
        assert!(kept.ends_with(&newest), "the newest stay as they are");
        let days = |all: &[Checkpoint]| {
            all.iter()
                .map(|one| one.at[..10].to_owned())
                .collect::<HashSet<_>>()
        };
        assert_eq!(days(&kept), days(&all), "one of each day");
        // One day begins among the newest.
        assert_eq!(kept.len(), newest.len() + days(&all).len() - 1);
        // One a day for a hundred years: a month has one.
        let many: Vec<Checkpoint> = (0..36_500).map(|day| at_minute(1_440 * day)).collect();
        let kept = thinned(many.clone(), 2 * BYTES_MAX);
        assert!(kept.len() < many.len() / 4 && kept.first() == many.first());
        assert!(kept.len() > NEWEST + 12 * 90, "{}", kept.len());
    }
}
