//! The bytes on disk, pinned: a change of the format changes these and must come with a new number.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use support::dir;
use tradewind_journal::{FileJournal, Journal, JournalConfig, MemDisk, RecordIn};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn written() -> MemDisk {
    let disk = MemDisk::new(1);
    let (mut journal, _) = FileJournal::open_on(disk.clone(), JournalConfig::new(dir())).unwrap();
    let first = RecordIn {
        kind: 0x0102,
        version: 3,
        ts: 0x1122_3344_5566_7788,
        payload: b"tradewind",
    };
    let second = RecordIn {
        kind: 7,
        version: 1,
        ts: 5,
        payload: b"",
    };
    journal.append(&[first, second]).unwrap();
    journal.commit().unwrap();
    disk
}

#[test]
fn the_segment_header_and_frames_have_these_bytes() {
    let bytes = written().bytes(&dir().join("00000000000000000001.seg")).unwrap();
    let golden = include_str!("golden/segment.hex")
        .split_whitespace()
        .collect::<String>();
    assert_eq!(hex(&bytes), golden);
}

#[test]
fn the_witness_has_these_bytes() {
    let bytes = written().bytes(&dir().join("head")).unwrap();
    let golden = include_str!("golden/witness.hex")
        .split_whitespace()
        .collect::<String>();
    assert_eq!(hex(&bytes[..64]), golden);
}

/// The fields read by hand, so that the golden bytes are known to mean what the documentation says.
#[test]
fn the_frame_is_laid_out_as_documented() {
    use sha2::{Digest, Sha256};
    let bytes = written().bytes(&dir().join("00000000000000000001.seg")).unwrap();
    assert_eq!(&bytes[..8], b"TWJSEG01");
    assert_eq!(bytes.len(), 64 + 64 + 9 + 64);
    let first = &bytes[64..64 + 73];
    assert_eq!(first[..4], crc32c::crc32c(&first[4..]).to_le_bytes());
    assert_eq!(first[4..8], 9_u32.to_le_bytes());
    assert_eq!(first[8..16], 1_u64.to_le_bytes());
    assert_eq!(first[16..24], 0x1122_3344_5566_7788_u64.to_le_bytes());
    assert_eq!(first[24..28], [2, 1, 3, 0]);
    assert_eq!(first[28..32], 0_u32.to_le_bytes());
    let chain = Sha256::new()
        .chain_update([0; 32])
        .chain_update(&first[4..32])
        .chain_update(b"tradewind");
    assert_eq!(first[32..64], chain.finalize()[..]);
    let second = &bytes[64 + 73..];
    assert_eq!(second[28..32], (1_u32 | 1 << 31).to_le_bytes());
    let chain = Sha256::new()
        .chain_update(&first[32..64])
        .chain_update(&second[4..32]);
    assert_eq!(second[32..64], chain.finalize()[..]);
}
