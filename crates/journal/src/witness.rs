//! The witness: a small file beside the segments that says how far the journal had come, so that a lost
//! tail is noticed even when the cut is clean.
//!
//! It is written after every commit without an fsync of its own (that would double the cost of a
//! commit) and now and then with one. Two pairs of slots, each on its own page and with its own
//! checksum, take turns: the quick pair and the fsynced pair. Whatever a power cut tears, one fsynced
//! slot stays whole; the highest readable slot counts. The witness never runs ahead of the journal, so
//! losing its latest writes loses no record.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::OpenMode;
use crate::frame::{u32_at, u64_at};
use crate::{Disk, DiskFile, Head, JournalError};

/// File name of the witness.
pub(crate) const WITNESS_FILE: &str = "head";
const MAGIC: &[u8; 8] = b"TWHEAD01";
const SLOT_BYTES: usize = 64;
const SLOT_PITCH_BYTES: u64 = 4096;
const SLOTS: u64 = 4;
const CRC_AT: usize = 60;

/// What the witness file said at opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WitnessState {
    /// There is none: a new journal, or somebody removed it. A lost tail can then be noticed only
    /// through `expected_head`.
    Missing,
    /// No slot is readable; the same caution holds.
    Damaged,
    /// The highest readable slot, and how many written slots were not readable.
    Known {
        /// The head that was committed.
        head: Head,
        /// Slots that failed their checksum.
        damaged_slots: u8,
    },
}

impl WitnessState {
    /// The witnessed head, if any is known.
    #[must_use]
    pub fn head(&self) -> Option<Head> {
        match self {
            Self::Known { head, .. } => Some(*head),
            Self::Missing | Self::Damaged => None,
        }
    }
}

/// Reads the witness of a journal.
pub(crate) fn read<D: Disk>(disk: &D, dir: &Path) -> Result<WitnessState, JournalError> {
    let path = dir.join(WITNESS_FILE);
    let file = match disk.open(&path, OpenMode::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(WitnessState::Missing),
        Err(error) => return Err(JournalError::io("open", &path)(error)),
    };
    let (mut best, mut damaged_slots) = (None::<Head>, 0);
    for slot in 0..SLOTS {
        match read_slot(&file, slot).map_err(JournalError::io("read", &path))? {
            Slot::Unused => {}
            Slot::Damaged => damaged_slots += 1,
            Slot::Head(head) => best = Some(best.filter(|best| best.seq >= head.seq).unwrap_or(head)),
        }
    }
    Ok(match best {
        Some(head) => WitnessState::Known { head, damaged_slots },
        None => WitnessState::Damaged,
    })
}

enum Slot {
    Unused,
    Damaged,
    Head(Head),
}

fn read_slot<F: DiskFile>(file: &F, slot: u64) -> io::Result<Slot> {
    let mut bytes = [0; SLOT_BYTES];
    let mut done = 0;
    while done < SLOT_BYTES {
        match file.read_at(&mut bytes[done..], slot * SLOT_PITCH_BYTES + done as u64) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if bytes == [0; SLOT_BYTES] {
        return Ok(Slot::Unused);
    }
    if &bytes[..8] != MAGIC || u32_at(&bytes, CRC_AT) != crc32c::crc32c(&bytes[..CRC_AT]) {
        return Ok(Slot::Damaged);
    }
    let hash = *bytes[16..].first_chunk().expect("a slot has 64 bytes");
    Ok(Slot::Head(Head {
        seq: u64_at(&bytes, 8),
        hash,
    }))
}

fn slot_bytes(head: Head) -> [u8; SLOT_BYTES] {
    let mut out = [0; SLOT_BYTES];
    out[..8].copy_from_slice(MAGIC);
    out[8..16].copy_from_slice(&head.seq.to_le_bytes());
    out[16..48].copy_from_slice(&head.hash);
    let crc = crc32c::crc32c(&out[..CRC_AT]);
    out[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
    out
}

/// The writing side, owned by the journal.
pub(crate) struct Witness<F> {
    file: F,
    path: PathBuf,
    quick_turn: u64,
    synced_turn: u64,
}

impl<F: DiskFile> Witness<F> {
    pub(crate) fn open<D: Disk<File = F>>(disk: &D, dir: &Path) -> Result<Self, JournalError> {
        let path = dir.join(WITNESS_FILE);
        let file = disk
            .open(&path, OpenMode::CreateOrWrite)
            .map_err(JournalError::io("create", &path))?;
        // The fsynced slot that is not the best must be written first, or a cut could tear the only
        // good one.
        let heads = [read_slot(&file, 2), read_slot(&file, 3)];
        let seq = |slot: &io::Result<Slot>| match slot {
            Ok(Slot::Head(head)) => Some(head.seq),
            _ => None,
        };
        let synced_turn = u64::from(seq(&heads[0]) > seq(&heads[1]));
        Ok(Self {
            file,
            path,
            quick_turn: 0,
            synced_turn,
        })
    }

    /// Notes a head; the operating system writes it when it likes.
    pub(crate) fn note(&mut self, head: Head) -> Result<(), JournalError> {
        let slot = self.quick_turn % 2;
        self.quick_turn += 1;
        self.write(slot, head)
    }

    /// Notes a head durably.
    pub(crate) fn note_synced(&mut self, head: Head) -> Result<(), JournalError> {
        let slot = 2 + self.synced_turn % 2;
        self.write(slot, head)?;
        self.file.sync().map_err(JournalError::io("fsync", &self.path))?;
        self.synced_turn += 1;
        Ok(())
    }

    fn write(&mut self, slot: u64, head: Head) -> Result<(), JournalError> {
        let written = self.file.write_all_at(&slot_bytes(head), slot * SLOT_PITCH_BYTES);
        written.map_err(JournalError::io("write", &self.path))
    }
}
