//! The frame of one record: encoding, sealing (chain and checksum) and checked decoding. The layout is
//! in the crate's documentation and pinned by golden bytes in `tests/format.rs`.

use sha2::{Digest, Sha256};

use crate::error::{DamageReason, hex};
use crate::{Head, RecordIn, RecordOut};

/// Bytes of a frame before its payload.
pub const FRAME_HEADER_BYTES: usize = 64;
/// Marks the last record of a commit group.
pub(crate) const GROUP_LAST: u32 = 1 << 31;

const LENGTH_AT: usize = 4;
const SEQ_AT: usize = 8;
const TS_AT: usize = 16;
const KIND_AT: usize = 24;
const VERSION_AT: usize = 26;
const GROUP_AT: usize = 28;
const HASH_AT: usize = 32;

/// A record that borrows from the segment in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordRef<'a> {
    /// Position in the journal, from 1, without gaps.
    pub seq: u64,
    /// What the payload is.
    pub kind: u16,
    /// The version of the payload's layout.
    pub version: u16,
    /// Time of the record in nanoseconds since the epoch.
    pub ts: u64,
    /// The chain up to and including this record.
    pub hash: &'a [u8; 32],
    /// The content.
    pub payload: &'a [u8],
    pub(crate) group: u32,
}

impl RecordRef<'_> {
    /// Copies the record out.
    #[must_use]
    pub fn to_owned_record(&self) -> RecordOut {
        RecordOut {
            seq: self.seq,
            kind: self.kind,
            version: self.version,
            ts: self.ts,
            hash: *self.hash,
            payload: self.payload.to_vec(),
        }
    }

    /// The head of a journal that ends with this record.
    #[must_use]
    pub fn head(&self) -> Head {
        Head {
            seq: self.seq,
            hash: *self.hash,
        }
    }

    pub(crate) fn frame_bytes(&self) -> usize {
        FRAME_HEADER_BYTES + self.payload.len()
    }

    pub(crate) fn group_index(&self) -> u32 {
        self.group & !GROUP_LAST
    }

    pub(crate) fn is_group_last(&self) -> bool {
        self.group & GROUP_LAST != 0
    }
}

/// Appends a frame without chain and checksum; [`seal_group`] adds them.
pub(crate) fn push_unsealed(out: &mut Vec<u8>, seq: u64, group_index: u32, record: &RecordIn<'_>) {
    // The caller has checked the payload against `record_bytes_max`, a u32.
    let length = record.payload.len() as u32;
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&seq.to_le_bytes());
    out.extend_from_slice(&record.ts.to_le_bytes());
    out.extend_from_slice(&record.kind.to_le_bytes());
    out.extend_from_slice(&record.version.to_le_bytes());
    out.extend_from_slice(&group_index.to_le_bytes());
    out.extend_from_slice(&[0; 32]);
    out.extend_from_slice(record.payload);
}

/// Marks the last frame of `group` and gives every frame its chain and checksum. Returns the new head.
pub(crate) fn seal_group(group: &mut [u8], before: Head) -> Head {
    let mut head = before;
    let mut rest = group;
    while !rest.is_empty() {
        let bytes = FRAME_HEADER_BYTES + u32_at(rest, LENGTH_AT) as usize;
        let (frame, behind) = rest.split_at_mut(bytes);
        if behind.is_empty() {
            let place = u32_at(frame, GROUP_AT) | GROUP_LAST;
            frame[GROUP_AT..HASH_AT].copy_from_slice(&place.to_le_bytes());
        }
        let hash = chain(&head.hash, frame);
        frame[HASH_AT..FRAME_HEADER_BYTES].copy_from_slice(&hash);
        let crc = crc32c::crc32c(&frame[LENGTH_AT..]);
        frame[..LENGTH_AT].copy_from_slice(&crc.to_le_bytes());
        head = Head {
            seq: u64_at(frame, SEQ_AT),
            hash,
        };
        rest = behind;
    }
    head
}

/// SHA-256 over the chain so far, the header's fields and the payload.
fn chain(previous: &[u8; 32], frame: &[u8]) -> [u8; 32] {
    // One piece instead of two: fewer passes through the hasher's block buffer.
    let mut front = [0; 32 + HASH_AT - LENGTH_AT];
    front[..32].copy_from_slice(previous);
    front[32..].copy_from_slice(&frame[LENGTH_AT..HASH_AT]);
    Sha256::new()
        .chain_update(front)
        .chain_update(&frame[FRAME_HEADER_BYTES..])
        .finalize()
        .into()
}

/// Reads the frame at the start of `bytes` and checks length and checksum.
pub(crate) fn decode(bytes: &[u8], payload_max: u64) -> Result<RecordRef<'_>, DamageReason> {
    let have = bytes.len() as u64;
    if bytes.len() < FRAME_HEADER_BYTES {
        return Err(DamageReason::Incomplete {
            need: FRAME_HEADER_BYTES as u64,
            have,
        });
    }
    let length = u64::from(u32_at(bytes, LENGTH_AT));
    if length > payload_max {
        return Err(DamageReason::Length {
            max: payload_max,
            actual: length,
        });
    }
    let need = FRAME_HEADER_BYTES as u64 + length;
    if need > have {
        return Err(DamageReason::Incomplete { need, have });
    }
    let frame = &bytes[..need as usize];
    let expected = u32_at(frame, 0);
    let actual = crc32c::crc32c(&frame[LENGTH_AT..]);
    if expected != actual {
        return Err(DamageReason::Crc { expected, actual });
    }
    Ok(parse(frame))
}

/// Reads a frame that was checked before.
pub(crate) fn parse_checked(bytes: &[u8]) -> RecordRef<'_> {
    let bytes_needed = FRAME_HEADER_BYTES + u32_at(bytes, LENGTH_AT) as usize;
    parse(&bytes[..bytes_needed])
}

fn parse(frame: &[u8]) -> RecordRef<'_> {
    RecordRef {
        seq: u64_at(frame, SEQ_AT),
        kind: u16_at(frame, KIND_AT),
        version: u16_at(frame, VERSION_AT),
        ts: u64_at(frame, TS_AT),
        hash: frame[HASH_AT..]
            .first_chunk()
            .expect("the caller passes a whole header"),
        payload: &frame[FRAME_HEADER_BYTES..],
        group: u32_at(frame, GROUP_AT),
    }
}

/// Checks that a decoded frame continues the journal after `before`, at `group_index` of its group.
pub(crate) fn check_links(
    frame: &[u8],
    record: &RecordRef<'_>,
    before: &Head,
    group_index: u32,
) -> Result<(), DamageReason> {
    let expected = before.seq + 1;
    if record.seq != expected {
        return Err(DamageReason::Sequence {
            expected,
            actual: record.seq,
        });
    }
    if record.group_index() != group_index {
        return Err(DamageReason::Group {
            expected: group_index,
            actual: record.group_index(),
        });
    }
    let hash = chain(&before.hash, frame);
    if hash != *record.hash {
        return Err(DamageReason::Chain {
            expected: hex(&hash),
            actual: hex(record.hash),
        });
    }
    Ok(())
}

/// The first sequence of a commit group of which a whole frame is found anywhere in `bytes`, if that is
/// above `group_seq`: the proof that everything up to there had been durable.
///
/// `break_seq` is the sequence that is broken just before `bytes`.
pub(crate) fn later_group_in(bytes: &[u8], group_seq: u64, break_seq: u64, payload_max: u64) -> Option<u64> {
    // No more records can follow than fit, which rules out almost every other place at once.
    let fit = (bytes.len() / FRAME_HEADER_BYTES) as u64 + 1;
    let seq_max = break_seq.saturating_add(fit);
    let last = bytes.len().checked_sub(FRAME_HEADER_BYTES)?;
    (0..=last).find_map(|at| {
        let rest = &bytes[at..];
        let seq = u64_at(rest, SEQ_AT);
        if seq <= group_seq || seq > seq_max {
            return None;
        }
        let record = decode(rest, payload_max).ok()?;
        let first = record.seq.checked_sub(u64::from(record.group_index()))?;
        (first > group_seq).then_some(first)
    })
}

pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(
        *bytes[at..]
            .first_chunk()
            .expect("the caller passes a whole header"),
    )
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(
        *bytes[at..]
            .first_chunk()
            .expect("the caller passes a whole header"),
    )
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(
        *bytes[at..]
            .first_chunk()
            .expect("the caller passes a whole header"),
    )
}
