//! Tapes: exactly what the kernel consumed in a session, so that it can be proven that the journal follows from it.
//!
//! The journal holds commands and outcomes, not market data. A session that is recorded also writes a *tape*: every
//! event handed to the kernel, in order, and after each event that made records the journal's sequence. [`replay`]
//! folds the journal up to the session's start, feeds the tape to a fresh kernel and compares every record it makes
//! with the journal's, byte for byte: orders, fills, ledger entries, signals, weights, valuations.
//!
//! A tape never claims more than it holds: where events were not recorded (the writer could not keep up, the journal
//! was down, the file is torn) it says so, and the answer from there on is *not provable*, never *equal*.
//!
//! | file | |
//! | --- | --- |
//! | 8 bytes | `TWTAPE01` |
//! | chunks | length (u32, little-endian), then a gzip member with its own checksum: entries in MessagePack |
//!
//! The first entry is the [`Header`].

mod entry;
mod reader;
mod replay;
mod writer;

use std::path::{Path, PathBuf};

pub use entry::{Entry, Header};
pub use reader::{TapeReader, read_header};
pub use replay::{AccountFigures, Difference, Replay, Verdict, replay};
pub use writer::{CHUNK_BYTES, CHUNKS_MAX, TapeWriter};

const MAGIC: &[u8; 8] = b"TWTAPE01";
/// Longest chunk that is read: a hostile length does not exhaust memory.
const CHUNK_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A tape could not be written, read or replayed.
#[derive(Debug, thiserror::Error)]
pub enum TapeError {
    /// The file system refuses.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: std::io::Error,
    },
    /// Not a tape of this program.
    #[error("{path} is not a tape of this program: {what}")]
    NotATape {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A part of the file is damaged.
    #[error("{path} is damaged at byte {at}: {what}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where the chunk begins.
        at: u64,
        /// What is wrong.
        what: String,
    },
    /// The journal cannot be read.
    #[error(transparent)]
    Journal(#[from] tradewind_journal::JournalError),
    /// The journal is not the one that the tape belongs to.
    #[error("the tape begins behind record {tape_seq} of another journal: {what}")]
    OtherJournal {
        /// Where the tape begins.
        tape_seq: u64,
        /// What differs.
        what: String,
    },
    /// A record cannot be read or does not fit.
    #[error("journal record {seq}: {reason}")]
    Record {
        /// Its sequence.
        seq: u64,
        /// Why.
        reason: String,
    },
}

fn io(path: &Path) -> impl FnOnce(std::io::Error) -> TapeError + '_ {
    move |source| TapeError::Io {
        path: path.to_owned(),
        source,
    }
}
