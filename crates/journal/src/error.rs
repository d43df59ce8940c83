//! Everything that can be wrong with a journal, each with the place and the values that matter.

use std::io;
use std::path::{Path, PathBuf};

use crate::Head;

/// Why a journal operation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk refused. A failed write or fsync in a commit also takes the journal down.
    #[error("{op} {path}: {source}")]
    Io {
        /// What was tried.
        op: &'static str,
        /// On which file.
        path: PathBuf,
        /// The operating system's answer.
        source: io::Error,
    },
    /// An earlier failure took the journal down; it works again after it is reopened.
    #[error("the journal is down since: {reason}")]
    Down {
        /// The first failure.
        reason: String,
    },
    /// Another writer has the journal open.
    #[error("the journal is locked by another writer: {path}")]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// Something that was durable is damaged.
    #[error(transparent)]
    Corrupt(Box<Damage>),
    /// The journal ends before the head that was witnessed.
    #[error("the journal lost its tail: witnessed {witness}, found {found}")]
    TailLost {
        /// The head that was committed once.
        witness: Head,
        /// The head that is there.
        found: Head,
    },
    /// The journal has another record at a witnessed sequence: history was rewritten.
    #[error("the journal differs from what was witnessed: expected {witness}, found {found}")]
    HistoryChanged {
        /// The head that was committed once.
        witness: Head,
        /// The head at the same sequence.
        found: Head,
    },
    /// One payload is above the limit.
    #[error("a record of {bytes} bytes is above the limit of {max}")]
    RecordTooLarge {
        /// Its size.
        bytes: usize,
        /// `record_bytes_max`.
        max: u32,
    },
    /// The commit group would grow above the limit; commit first.
    #[error("a commit group of {bytes} bytes is above the limit of {max}")]
    GroupTooLarge {
        /// The size it would have.
        bytes: u64,
        /// `group_bytes_max`.
        max: u64,
    },
    /// The settings contradict each other.
    #[error("journal settings: {reason}")]
    Config {
        /// Which and why.
        reason: String,
    },
}

impl JournalError {
    pub(crate) fn io(op: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { op, path, source }
    }
}

/// A break in the journal: where and what.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the journal is damaged in {segment} at byte {offset} (record {seq}): {reason}")]
pub struct Damage {
    /// File name of the segment.
    pub segment: String,
    /// Where the broken frame begins.
    pub offset: u64,
    /// The sequence that should be there.
    pub seq: u64,
    /// What is wrong.
    pub reason: DamageReason,
}

/// What is wrong at a break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DamageReason {
    /// The file ends inside a frame.
    #[error("incomplete frame: {need} bytes needed, {have} there")]
    Incomplete {
        /// Bytes the frame needs, as far as known.
        need: u64,
        /// Bytes up to the end of the file.
        have: u64,
    },
    /// The file ends between frames of one commit group.
    #[error("the commit group that began at record {group_seq} has no end")]
    GroupOpen {
        /// First record of the group.
        group_seq: u64,
    },
    /// The checksum does not fit.
    #[error("checksum: expected {expected:08x}, computed {actual:08x}")]
    Crc {
        /// As stored.
        expected: u32,
        /// As computed.
        actual: u32,
    },
    /// A payload length above every limit.
    #[error("payload length {actual} is above {max}")]
    Length {
        /// The limit.
        max: u64,
        /// As stored.
        actual: u64,
    },
    /// A whole frame with the wrong sequence.
    #[error("sequence: expected {expected}, found {actual}")]
    Sequence {
        /// The next one.
        expected: u64,
        /// As stored.
        actual: u64,
    },
    /// A whole frame that does not continue the chain.
    #[error("hash chain: expected {expected}, found {actual}")]
    Chain {
        /// As computed, in hexadecimal.
        expected: String,
        /// As stored, in hexadecimal.
        actual: String,
    },
    /// A whole frame with the wrong place in its commit group.
    #[error("place in the commit group: expected {expected}, found {actual}")]
    Group {
        /// The next one.
        expected: u32,
        /// As stored.
        actual: u32,
    },
    /// The header of a segment is not readable or not the expected one.
    #[error("segment header: {what}")]
    SegmentHeader {
        /// Which field.
        what: String,
    },
    /// A segment is missing between others.
    #[error("a segment beginning at record {expected} is missing, found {found}")]
    SegmentMissing {
        /// First sequence expected.
        expected: u64,
        /// First sequence of the next file.
        found: u64,
    },
}

impl DamageReason {
    /// Whether a write that power or disk cut short can look like this. A frame with a right checksum
    /// and wrong content cannot.
    pub(crate) fn looks_torn(&self) -> bool {
        matches!(
            self,
            Self::Incomplete { .. } | Self::GroupOpen { .. } | Self::Crc { .. } | Self::Length { .. }
        )
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
            // Writing to a String cannot fail.
            let _ = write!(out, "{byte:02x}");
            out
        })
}
