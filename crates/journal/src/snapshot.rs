//! Snapshots: the caller's state at one sequence, so that recovery need not fold the journal from its
//! beginning. They are disposable: a damaged one is skipped, a missing one costs time and nothing else.
//!
//! A snapshot is written under a temporary name, fsynced, renamed, and its directory fsynced, so a name
//! that ends in `.snap` is whole unless the disk damaged it, which its checksum shows. The last two are
//! kept. Layout (little-endian): magic `TWSNAP01`, sequence `u64`, chain at that sequence (32 bytes),
//! length `u64`, four zero bytes, CRC32C `u32` of the 60 bytes before and the content; then the content.

use std::path::Path;

use crate::disk::OpenMode;
use crate::frame::{u32_at, u64_at};
use crate::{Disk, DiskFile, Head, JournalError, RealDisk};

/// Snapshots that stay; older ones are removed after a new one is durable.
pub const SNAPSHOTS_KEPT: usize = 2;
const MAGIC: &[u8; 8] = b"TWSNAP01";
const HEADER_BYTES: usize = 64;
const CRC_AT: usize = 60;

/// A state at a sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The last sequence folded into it.
    pub seq: u64,
    /// The journal's chain there; [`crate::scan_after`] compares it.
    pub hash: [u8; 32],
    /// The state, opaque.
    pub bytes: Vec<u8>,
}

impl Snapshot {
    /// Where the journal goes on.
    #[must_use]
    pub fn head(&self) -> Head {
        Head {
            seq: self.seq,
            hash: self.hash,
        }
    }
}

/// The newest usable snapshot and those that were skipped on the way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The newest whole one.
    pub snapshot: Option<Snapshot>,
    /// File name and reason of each damaged one that is newer.
    pub damaged: Vec<(String, String)>,
}

/// Writes a snapshot durably and removes all but the last two.
///
/// # Errors
/// The disk's refusal; earlier snapshots are then untouched.
pub fn write(dir: &Path, seq: u64, hash: [u8; 32], bytes: &[u8]) -> Result<(), JournalError> {
    write_on(&RealDisk, dir, seq, hash, bytes)
}

/// [`write`] on a given disk.
///
/// # Errors
/// As there.
pub fn write_on<D: Disk>(
    disk: &D,
    dir: &Path,
    seq: u64,
    hash: [u8; 32],
    bytes: &[u8],
) -> Result<(), JournalError> {
    disk.create_dir_all(dir)
        .map_err(JournalError::io("create", dir))?;
    let target = dir.join(name(seq));
    let temporary = dir.join("snapshot.tmp");
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..16].copy_from_slice(&seq.to_le_bytes());
    header[16..48].copy_from_slice(&hash);
    header[48..56].copy_from_slice(&(bytes.len() as u64).to_le_bytes());
    let crc = crc32c::crc32c_append(crc32c::crc32c(&header[..CRC_AT]), bytes);
    header[CRC_AT..].copy_from_slice(&crc.to_le_bytes());

    let written = (|| {
        let mut file = disk.open(&temporary, OpenMode::CreateOrWrite)?;
        file.set_len(0)?;
        file.write_all_at(&header, 0)?;
        file.write_all_at(bytes, HEADER_BYTES as u64)?;
        file.sync()
    })();
    written.map_err(JournalError::io("write", &temporary))?;
    disk.rename(&temporary, &target)
        .map_err(JournalError::io("rename", &target))?;
    disk.sync_dir(dir).map_err(JournalError::io("fsync", dir))?;
    for old in list(disk, dir)?.into_iter().skip(SNAPSHOTS_KEPT) {
        let path = dir.join(name(old));
        disk.remove(&path).map_err(JournalError::io("remove", &path))?;
    }
    Ok(())
}

/// The newest whole snapshot; damaged ones are skipped with a warning in the log. [`load`] returns
/// their names.
#[must_use]
pub fn latest(dir: &Path) -> Option<Snapshot> {
    match load(&RealDisk, dir, u64::MAX) {
        Ok(loaded) => loaded.snapshot,
        Err(error) => {
            tracing::warn!(%error, "journal: snapshots cannot be listed");
            None
        }
    }
}

/// The newest whole snapshot at or below `seq_max` (the journal's head, so that a snapshot of records
/// that were lost is not believed), and what was skipped.
///
/// # Errors
/// Only when the directory cannot be listed.
pub fn load<D: Disk>(disk: &D, dir: &Path, seq_max: u64) -> Result<Loaded, JournalError> {
    let mut loaded = Loaded::default();
    for seq in list(disk, dir)?.into_iter().filter(|seq| *seq <= seq_max) {
        let name = name(seq);
        match read(disk, &dir.join(&name), seq) {
            Ok(snapshot) => {
                loaded.snapshot = Some(snapshot);
                break;
            }
            Err(reason) => {
                tracing::warn!(name, reason, "journal: a damaged snapshot was skipped");
                loaded.damaged.push((name, reason));
            }
        }
    }
    Ok(loaded)
}

fn name(seq: u64) -> String {
    format!("{seq:020}.snap")
}

/// Sequences of the snapshots, newest first.
fn list<D: Disk>(disk: &D, dir: &Path) -> Result<Vec<u64>, JournalError> {
    let names = match disk.list(dir) {
        Ok(names) => names,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(JournalError::io("list", dir)(error)),
    };
    let mut all: Vec<u64> = names
        .iter()
        .filter_map(|name| name.strip_suffix(".snap"))
        .filter(|stem| stem.len() == 20)
        .filter_map(|stem| stem.parse().ok())
        .collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    Ok(all)
}

fn read<D: Disk>(disk: &D, path: &Path, seq: u64) -> Result<Snapshot, String> {
    let mut bytes = Vec::new();
    let file = disk
        .open(path, OpenMode::Read)
        .map_err(|error| error.to_string())?;
    file.read_whole(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() < HEADER_BYTES || &bytes[..8] != MAGIC {
        return Err("not a whole snapshot".to_owned());
    }
    let content = bytes.split_off(HEADER_BYTES);
    let length = u64_at(&bytes, 48);
    if length != content.len() as u64 {
        return Err(format!("{} of {length} bytes", content.len()));
    }
    let expected = u32_at(&bytes, CRC_AT);
    let actual = crc32c::crc32c_append(crc32c::crc32c(&bytes[..CRC_AT]), &content);
    if expected != actual {
        return Err(format!(
            "checksum: expected {expected:08x}, computed {actual:08x}"
        ));
    }
    if u64_at(&bytes, 8) != seq {
        return Err(format!("holds sequence {}", u64_at(&bytes, 8)));
    }
    let hash = *bytes[16..].first_chunk().expect("the header has 64 bytes");
    Ok(Snapshot {
        seq,
        hash,
        bytes: content,
    })
}
