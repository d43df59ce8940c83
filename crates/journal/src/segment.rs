//! Segment files: their names and their header, which carries the chain so that each segment can be
//! checked by itself and the seams between them too.

use std::path::Path;

use crate::error::DamageReason;
use crate::frame::{u32_at, u64_at};
use crate::{Disk, Head, JournalError};

/// Bytes of a segment before its first frame.
pub const SEGMENT_HEADER_BYTES: usize = 64;
const MAGIC: &[u8; 8] = b"TWJSEG01";
const FORMAT: u32 = 1;
const CRC_AT: usize = 60;

/// File name of the segment that begins with `first_seq`; names sort as sequences do.
pub(crate) fn name(first_seq: u64) -> String {
    format!("{first_seq:020}.seg")
}

/// The header of a segment that continues after `before`.
pub(crate) fn header(before: Head) -> [u8; SEGMENT_HEADER_BYTES] {
    let mut out = [0; SEGMENT_HEADER_BYTES];
    out[..8].copy_from_slice(MAGIC);
    out[8..12].copy_from_slice(&FORMAT.to_le_bytes());
    out[16..24].copy_from_slice(&(before.seq + 1).to_le_bytes());
    out[24..56].copy_from_slice(&before.hash);
    let crc = crc32c::crc32c(&out[..CRC_AT]);
    out[CRC_AT..].copy_from_slice(&crc.to_le_bytes());
    out
}

/// The head before the segment, read from its header.
pub(crate) fn parse_header(bytes: &[u8]) -> Result<Head, DamageReason> {
    let fail = |what: String| DamageReason::SegmentHeader { what };
    if bytes.len() < SEGMENT_HEADER_BYTES {
        return Err(fail(format!("{} of {SEGMENT_HEADER_BYTES} bytes", bytes.len())));
    }
    let (expected, actual) = (u32_at(bytes, CRC_AT), crc32c::crc32c(&bytes[..CRC_AT]));
    if expected != actual {
        return Err(fail(format!(
            "checksum: expected {expected:08x}, computed {actual:08x}"
        )));
    }
    if &bytes[..8] != MAGIC {
        return Err(fail("not a journal segment".to_owned()));
    }
    let format = u32_at(bytes, 8);
    if format != FORMAT {
        return Err(fail(format!("format {format}, this program reads {FORMAT}")));
    }
    let before = u64_at(bytes, 16)
        .checked_sub(1)
        .ok_or_else(|| fail("first sequence is 0".to_owned()))?;
    let hash = *bytes[24..].first_chunk().expect("the length was checked above");
    Ok(Head { seq: before, hash })
}

/// First sequences of the segments in a directory, ascending. A missing directory has none.
pub(crate) fn list<D: Disk>(disk: &D, dir: &Path) -> Result<Vec<u64>, JournalError> {
    let names = match disk.list(dir) {
        Ok(names) => names,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(JournalError::io("list", dir)(error)),
    };
    let mut segments: Vec<u64> = names
        .iter()
        .filter_map(|name| name.strip_suffix(".seg"))
        .filter(|stem| stem.len() == 20)
        .filter_map(|stem| stem.parse().ok())
        .collect();
    segments.sort_unstable();
    Ok(segments)
}
