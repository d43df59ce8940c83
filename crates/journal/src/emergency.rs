//! The emergency file: where the kill switch writes what it did while the journal was down, so that the
//! next start can put it into the journal. It needs nothing of the journal, neither lock nor memory.
//!
//! Each entry is magic `TWEM`, `u32` length, `u32` CRC32C of length and content, content; fsynced before
//! [`append`] returns. Entries are only ever added at the end. What does not read as an entry (cut off by
//! a crash, or damaged) is stepped over to the next magic and counted.

use std::path::Path;

use crate::disk::OpenMode;
use crate::frame::u32_at;
use crate::{Disk, DiskFile, JournalError, RealDisk};

/// File name in the journal's directory.
pub const EMERGENCY_FILE: &str = "emergency";
/// Largest entry: 1 MiB.
pub const ENTRY_BYTES_MAX: usize = 1 << 20;
const MAGIC: &[u8; 4] = b"TWEM";
const HEADER_BYTES: usize = 12;

/// What the file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entries {
    /// The whole entries, oldest first.
    pub entries: Vec<Vec<u8>>,
    /// Bytes that are part of no whole entry.
    pub damaged_bytes: u64,
}

/// Adds an entry durably.
///
/// # Errors
/// The disk's refusal, or an entry above [`ENTRY_BYTES_MAX`].
pub fn append(dir: &Path, bytes: &[u8]) -> Result<(), JournalError> {
    append_on(&RealDisk, dir, bytes)
}

/// [`append`] on a given disk.
///
/// # Errors
/// As there.
pub fn append_on<D: Disk>(disk: &D, dir: &Path, bytes: &[u8]) -> Result<(), JournalError> {
    if bytes.len() > ENTRY_BYTES_MAX {
        return Err(JournalError::RecordTooLarge {
            bytes: bytes.len(),
            max: ENTRY_BYTES_MAX as u32,
        });
    }
    disk.create_dir_all(dir)
        .map_err(JournalError::io("create", dir))?;
    let path = dir.join(EMERGENCY_FILE);
    let length = (bytes.len() as u32).to_le_bytes();
    let crc = crc32c::crc32c_append(crc32c::crc32c(&length), bytes);
    let entry = [&MAGIC[..], &length[..], &crc.to_le_bytes()[..], bytes].concat();
    let written = (|| {
        let mut file = disk.open(&path, OpenMode::CreateOrWrite)?;
        let end = file.size()?;
        file.write_all_at(&entry, end)?;
        file.sync()
    })();
    written.map_err(JournalError::io("write", &path))?;
    disk.sync_dir(dir).map_err(JournalError::io("fsync", dir))
}

/// Reads the entries and leaves them. Put them into the journal, commit, then [`take`] or [`clear`].
///
/// # Errors
/// The disk's refusal.
pub fn read(dir: &Path) -> Result<Entries, JournalError> {
    read_on(&RealDisk, dir)
}

/// [`read`] on a given disk.
///
/// # Errors
/// As there.
pub fn read_on<D: Disk>(disk: &D, dir: &Path) -> Result<Entries, JournalError> {
    let path = dir.join(EMERGENCY_FILE);
    let file = match disk.open(&path, OpenMode::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Entries::default()),
        Err(error) => return Err(JournalError::io("open", &path)(error)),
    };
    let mut image = Vec::new();
    file.read_whole(&mut image)
        .map_err(JournalError::io("read", &path))?;
    Ok(split(&image))
}

/// Reads the entries and removes the file. A crash between this and the journal's commit loses them, so
/// start-up should [`read`], commit, then [`clear`].
///
/// # Errors
/// The disk's refusal.
pub fn take(dir: &Path) -> Result<Entries, JournalError> {
    let entries = read(dir)?;
    clear(dir)?;
    Ok(entries)
}

/// Removes the file, durably.
///
/// # Errors
/// The disk's refusal.
pub fn clear(dir: &Path) -> Result<(), JournalError> {
    clear_on(&RealDisk, dir)
}

/// [`clear`] on a given disk.
///
/// # Errors
/// As there.
pub fn clear_on<D: Disk>(disk: &D, dir: &Path) -> Result<(), JournalError> {
    let path = dir.join(EMERGENCY_FILE);
    match disk.remove(&path) {
        Ok(()) => disk.sync_dir(dir).map_err(JournalError::io("fsync", dir)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(JournalError::io("remove", &path)(error)),
    }
}

fn split(image: &[u8]) -> Entries {
    let mut found = Entries::default();
    let mut at = 0;
    while at < image.len() {
        if let Some(content) = entry_at(&image[at..]) {
            at += HEADER_BYTES + content.len();
            found.entries.push(content.to_vec());
        } else {
            at += 1;
            found.damaged_bytes += 1;
        }
    }
    found
}

fn entry_at(rest: &[u8]) -> Option<&[u8]> {
    if rest.len() < HEADER_BYTES || &rest[..4] != MAGIC {
        return None;
    }
    let content = rest[HEADER_BYTES..].get(..u32_at(rest, 4) as usize)?;
    let crc = crc32c::crc32c_append(crc32c::crc32c(&rest[4..8]), content);
    (crc == u32_at(rest, 8)).then_some(content)
}
