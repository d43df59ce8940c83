//! The append-only, hash-chained, group-committed record of money and orders.
//!
//! The journal stores opaque bytes: it knows a record's sequence, kind, version and time, never its
//! meaning. Records go in through [`Journal::append`], become durable together in [`Journal::commit`]
//! (one write and one fsync for the whole *commit group*), and come out again, checked, through
//! [`scan`], [`read_from`] or [`FileJournal::open_with`]. [`GroupCommitter`] is the writer thread that
//! forms the groups.
//!
//! **Guarantees.** A record whose commit returned is there after any crash, once and in order. A commit
//! group is there as a whole or not at all, so the records of one `append` never come apart. Damage to
//! anything acknowledged is a typed error that names segment and offset; only what was never
//! acknowledged is cut off, and that is reported. After a failed write or fsync the journal is down
//! until it is reopened: an fsync is never retried and believed.
//!
//! **Absent by design.** Nothing here knows orders, SQL, HTTP or async; nothing is ever deleted or
//! changed in place; there is no cache to invalidate.
//!
//! # Files of a journal directory
//! | name | content |
//! | --- | --- |
//! | `00000000000000000001.seg` | a segment: header, then frames; named by its first sequence |
//! | `head` | the witness: sequence and hash of the last commit, in four checksummed slots |
//! | `lock` | held by the one writer |
//! | `00000000000000004711.snap` | a snapshot of that sequence, disposable ([`snapshot`]) |
//! | `emergency` | what the kill switch wrote while the journal was down ([`emergency`]) |
//!
//! # Frame
//! All integers are little-endian. One record is one frame of 64 bytes and its payload:
//!
//! | offset | size | field |
//! | --- | --- | --- |
//! | 0 | 4 | CRC32C of everything behind it, header and payload |
//! | 4 | 4 | payload length in bytes |
//! | 8 | 8 | sequence, from 1, without gaps |
//! | 16 | 8 | time, nanoseconds since the epoch, as given by the caller |
//! | 24 | 2 | kind |
//! | 26 | 2 | version |
//! | 28 | 4 | place in the commit group: bits 0–30 count from 0, bit 31 marks the last |
//! | 32 | 32 | chain: SHA-256 of (previous chain ‖ bytes 4..32 of this frame ‖ payload) |
//! | 64 | … | payload |
//!
//! The first record chains on 32 zero bytes. A segment begins with 64 bytes: magic `TWJSEG01`, format
//! `u32` = 1, four zero bytes, first sequence `u64`, the chain before it (32 bytes), four zero bytes,
//! CRC32C of the 60 bytes before. A commit group never crosses segments.
//!
//! SHA-256 was kept (rather than BLAKE3): with the CPU's SHA instructions a 250-byte record costs about
//! 0.2 µs, an auditor can check the chain with any tool, and short messages gain nothing from a tree.
//!
//! # What is a torn tail, and what is damage
//! The next group is written only after the fsync of the one before, so whatever precedes a readable
//! frame of a *later* group was durable once. A break is therefore a torn tail only if it is in the last
//! segment, beyond the witness, not followed by a frame of a later group, and looks unfinished
//! (incomplete, or failing its CRC). Everything else is damage and the journal refuses to open.

pub mod committer;
pub mod disk;
pub mod emergency;
mod error;
mod file_journal;
mod frame;
mod read;
mod recovery;
mod segment;
pub mod snapshot;
mod verify;
mod witness;

use std::path::PathBuf;

pub use committer::{
    Batch, CommitterConfig, CommitterStats, GroupCommitter, OwnedRecord, SubmitError, commit_batches,
};
pub use disk::{Disk, DiskFile, FaultPlan, MemDisk, RealDisk};
pub use error::{Damage, DamageReason, JournalError};
pub use file_journal::{FileJournal, JournalStats};
pub use frame::{FRAME_HEADER_BYTES, RecordRef};
pub use read::{Records, read_from, read_from_on, scan, scan_after, scan_on, witness_on};
pub use recovery::{Recovered, TornTail};
pub use segment::SEGMENT_HEADER_BYTES;
pub use verify::{Report, SegmentReport, verify, verify_on};
pub use witness::WitnessState;

/// Default size at which a segment is closed and the next one begun: 64 MiB, so that a check of the
/// whole journal never holds more than that in memory.
pub const SEGMENT_BYTES_MAX_DEFAULT: u64 = 64 << 20;
/// Largest segment that may be configured: 1 GiB, since a segment is read whole.
pub const SEGMENT_BYTES_MAX_LIMIT: u64 = 1 << 30;
/// Default limit of one payload: 1 MiB.
pub const RECORD_BYTES_MAX_DEFAULT: u32 = 1 << 20;
/// Default limit of one commit group with its frames: 16 MiB.
pub const GROUP_BYTES_MAX_DEFAULT: u64 = 16 << 20;
/// By default the witness is also fsynced once in so many commits.
pub const WITNESS_SYNC_EVERY_DEFAULT: u32 = 256;

/// A record on its way in. The journal gives it its sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordIn<'a> {
    /// What the payload is; the caller's table of kinds.
    pub kind: u16,
    /// The version of the payload's layout.
    pub version: u16,
    /// Time of the record in nanoseconds since the epoch; stored, never interpreted.
    pub ts: u64,
    /// The content, opaque.
    pub payload: &'a [u8],
}

/// A record read back, owning its payload. [`RecordRef`] is the borrowed form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordOut {
    /// Position in the journal, from 1, without gaps.
    pub seq: u64,
    /// What the payload is.
    pub kind: u16,
    /// The version of the payload's layout.
    pub version: u16,
    /// Time of the record in nanoseconds since the epoch.
    pub ts: u64,
    /// The chain up to and including this record.
    pub hash: [u8; 32],
    /// The content.
    pub payload: Vec<u8>,
}

/// The end of a journal: last sequence and the hash chain up to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Last sequence; 0 for an empty journal.
    pub seq: u64,
    /// Chain over everything up to `seq`; zero for an empty journal.
    pub hash: [u8; 32],
}

impl Head {
    /// The head of an empty journal.
    pub const GENESIS: Head = Head {
        seq: 0,
        hash: [0; 32],
    };

    /// The hash in lower-case hexadecimal.
    #[must_use]
    pub fn hash_hex(&self) -> String {
        error::hex(&self.hash)
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, &self.hash_hex()[..16])
    }
}

/// Settings of a journal; [`JournalConfig::new`] gives the defaults.
#[derive(Debug, Clone)]
pub struct JournalConfig {
    /// The directory; made when missing.
    pub dir: PathBuf,
    /// Size at which the next segment begins, in bytes, header included.
    pub segment_bytes_max: u64,
    /// Largest payload in bytes.
    pub record_bytes_max: u32,
    /// Largest commit group in bytes, frames included; at most a segment without its header.
    pub group_bytes_max: u64,
    /// The witness is written after every commit and fsynced once in so many (and at rotation and
    /// close). 0: only at rotation and close.
    pub witness_sync_every: u32,
    /// A head that is known from outside (SQL's `applied_seq`, a signed checkpoint): the journal must
    /// contain it or refuses to open.
    pub expected_head: Option<Head>,
}

impl JournalConfig {
    /// The defaults for a directory.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            segment_bytes_max: SEGMENT_BYTES_MAX_DEFAULT,
            record_bytes_max: RECORD_BYTES_MAX_DEFAULT,
            group_bytes_max: GROUP_BYTES_MAX_DEFAULT,
            witness_sync_every: WITNESS_SYNC_EVERY_DEFAULT,
            expected_head: None,
        }
    }

    /// Checks that the limits fit each other.
    ///
    /// # Errors
    /// [`JournalError::Config`] with the reason.
    pub fn check(&self) -> Result<(), JournalError> {
        let fail = |reason: &str| {
            Err(JournalError::Config {
                reason: reason.to_owned(),
            })
        };
        if self.segment_bytes_max > SEGMENT_BYTES_MAX_LIMIT {
            return fail("segment_bytes_max is above 1 GiB");
        }
        if self.group_bytes_max + SEGMENT_HEADER_BYTES as u64 > self.segment_bytes_max {
            return fail("group_bytes_max does not fit into a segment");
        }
        if u64::from(self.record_bytes_max) + FRAME_HEADER_BYTES as u64 > self.group_bytes_max {
            return fail("record_bytes_max does not fit into a commit group");
        }
        Ok(())
    }
}

/// What the engine needs of a journal: append, make durable, know the head.
pub trait Journal: Send {
    /// Adds records to the open commit group, all or none, and returns the last sequence given (the
    /// current last one when `records` is empty). Nothing is durable before [`Journal::commit`].
    ///
    /// # Errors
    /// [`JournalError::RecordTooLarge`] and [`JournalError::GroupTooLarge`] leave the group as it was;
    /// [`JournalError::Down`] after an earlier failure.
    fn append(&mut self, records: &[RecordIn<'_>]) -> Result<u64, JournalError>;

    /// Makes all that was appended durable (one write, one fsync) and returns the new head. With
    /// nothing appended it returns the head and touches nothing.
    ///
    /// # Errors
    /// [`JournalError::Io`] on the failure itself; from then on [`JournalError::Down`].
    fn commit(&mut self) -> Result<Head, JournalError>;

    /// The last durable head.
    fn head(&self) -> Head;

    /// Bytes, frames included, that one commit group may have.
    fn group_bytes_max(&self) -> u64 {
        u64::MAX
    }
}
