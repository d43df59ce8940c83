//! Bit rot, cuts and forgeries at seeded random places: each is noticed, named, and never "repaired".

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use support::{Random, build, dir, ids, segments, small_config};
use tradewind_journal::{
    DamageReason, FileJournal, Head, Journal, JournalError, MemDisk, read_from_on, scan_after, scan_on,
    verify_on,
};

const PLACES: u64 = 1_000;

fn journal() -> (MemDisk, Head, Random) {
    let disk = MemDisk::new(11);
    let mut random = Random(0xDEAD_BEEF);
    let (head, _) = build(&disk, 60, &mut random);
    assert!(
        segments(&disk).len() >= 5,
        "the damage tests want several segments"
    );
    (disk, head, random)
}

/// Every way of reading refuses, and the file is left as it was found.
fn assert_detected(disk: &MemDisk, path: &std::path::Path, what: &str) -> JournalError {
    let damaged = disk.bytes(path);
    let Err(error) = FileJournal::open_on(disk.clone(), small_config()) else {
        panic!("{what}: opened");
    };
    assert!(
        matches!(error, JournalError::Corrupt(_) | JournalError::TailLost { .. }),
        "{what}: {error}"
    );
    assert_eq!(disk.bytes(path), damaged, "{what}: changed by a refused opening");
    let report = verify_on(disk, &dir(), None).unwrap();
    assert_eq!(report.first_break, Some(error.to_string()), "{what}");
    assert!(scan_on(disk, &dir(), 1, |_| {}).is_err(), "{what}: scanned");
    assert!(
        read_from_on(disk.clone(), &dir(), 1).any(|record| record.is_err()),
        "{what}: read"
    );
    error
}

#[test]
fn a_flipped_bit_anywhere_is_detected() {
    let (disk, _, mut random) = journal();
    let paths = segments(&disk);
    for place in 0..PLACES {
        let path = &paths[random.below(paths.len() as u64) as usize];
        let whole = disk.bytes(path).unwrap();
        let (at, bit) = (random.below(whole.len() as u64) as usize, random.below(8));
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << bit;
        disk.tamper(path, Some(bytes));
        let error = assert_detected(
            &disk,
            path,
            &format!("place {place}: bit {bit} of byte {at} of {path:?}"),
        );
        let JournalError::Corrupt(damage) = error else {
            panic!("a flipped bit is damage: {error}")
        };
        assert_eq!(dir().join(&damage.segment), *path);
        assert!(
            damage.offset as usize <= at,
            "break at {} for a flip at {at}",
            damage.offset
        );
        disk.tamper(path, Some(whole));
    }
    assert!(verify_on(&disk, &dir(), None).unwrap().ok);
}

#[test]
fn a_cut_anywhere_is_detected_at_a_record_boundary_too() {
    let (disk, head, mut random) = journal();
    let paths = segments(&disk);
    for place in 0..PLACES {
        let path = &paths[random.below(paths.len() as u64) as usize];
        let whole = disk.bytes(path).unwrap();
        let at = random.below(whole.len() as u64) as usize;
        disk.tamper(path, Some(whole[..at].to_vec()));
        assert_detected(&disk, path, &format!("place {place}: {path:?} cut at {at}"));
        disk.tamper(path, Some(whole));
    }
    let (path, mut offset) = (paths.last().unwrap(), 64);
    let whole = disk.bytes(path).unwrap();
    let mut boundaries = 0;
    while offset < whole.len() {
        disk.tamper(path, Some(whole[..offset].to_vec()));
        let error = assert_detected(&disk, path, &format!("cut at the boundary {offset}"));
        let JournalError::TailLost { witness, found } = error else {
            panic!("a clean cut is a lost tail: {error}")
        };
        assert_eq!(witness, head);
        assert!(found.seq < head.seq);
        offset += 64 + u32::from_le_bytes(whole[offset + 4..offset + 8].try_into().unwrap()) as usize;
        boundaries += 1;
    }
    assert!(boundaries > 3);
}

#[test]
fn a_torn_place_anywhere_is_detected() {
    let (disk, _, mut random) = journal();
    let paths = segments(&disk);
    for place in 0..PLACES {
        let path = &paths[random.below(paths.len() as u64) as usize];
        let whole = disk.bytes(path).unwrap();
        let at = random.below(whole.len() as u64) as usize;
        let end = (at + 1 + random.below(600) as usize).min(whole.len());
        let mut bytes = whole.clone();
        let fill = random.below(256) as u8;
        bytes[at..end].fill(fill);
        if bytes == whole {
            continue;
        }
        disk.tamper(path, Some(bytes));
        assert_detected(
            &disk,
            path,
            &format!("place {place}: {path:?} torn at {at}..{end}"),
        );
        disk.tamper(path, Some(whole));
    }
}

#[test]
fn a_segment_that_is_gone_is_detected_wherever_it_was() {
    let (disk, head, _) = journal();
    let paths = segments(&disk);
    for path in &paths {
        let whole = disk.bytes(path).unwrap();
        disk.tamper(path, None);
        assert_detected(&disk, path, &format!("{path:?} removed"));
        disk.tamper(path, Some(whole));
    }
    for path in &paths {
        disk.tamper(path, None);
    }
    let error = FileJournal::open_on(disk, small_config()).err().unwrap();
    assert!(
        matches!(error, JournalError::TailLost { witness, found } if witness == head && found == Head::GENESIS),
        "{error}"
    );
}

#[test]
fn damage_before_a_later_group_is_no_torn_tail_even_without_a_witness() {
    let (disk, head, _) = journal();
    disk.tamper(&dir().join("head"), None);
    let path = segments(&disk).pop().unwrap();
    let mut bytes = disk.bytes(&path).unwrap();
    bytes[64 + 70] ^= 1;
    disk.tamper(&path, Some(bytes));
    let error = FileJournal::open_on(disk, small_config()).err().unwrap();
    let JournalError::Corrupt(damage) = error else {
        panic!("{error}")
    };
    assert!(matches!(damage.reason, DamageReason::Crc { .. }), "{damage}");
    assert!(damage.seq < head.seq);
}

#[test]
fn a_head_known_from_outside_replaces_a_lost_witness() {
    let (disk, head, _) = journal();
    disk.tamper(&dir().join("head"), None);
    let path = segments(&disk).pop().unwrap();
    disk.tamper(&path, None);
    let mut config = small_config();
    config.expected_head = Some(head);
    let error = FileJournal::open_on(disk.clone(), config.clone()).err().unwrap();
    assert!(matches!(error, JournalError::TailLost { .. }), "{error}");
    assert!(!verify_on(&disk, &dir(), Some(head)).unwrap().ok);
    assert!(verify_on(&disk, &dir(), None).unwrap().ok);
}

#[test]
fn a_journal_with_another_history_is_refused() {
    let (disk, _, _) = journal();
    let other = Head {
        seq: 7,
        hash: [9; 32],
    };
    let mut config = small_config();
    config.expected_head = Some(other);
    let error = FileJournal::open_on(disk.clone(), config).err().unwrap();
    assert!(
        matches!(error, JournalError::HistoryChanged { witness, .. } if witness == other),
        "{error}"
    );
    let error = scan_after(&disk, &dir(), other, |_| {}).unwrap_err();
    assert!(matches!(error, JournalError::HistoryChanged { .. }), "{error}");
}

#[test]
fn a_damaged_witness_loses_no_record_and_is_reported() {
    let (disk, head, mut random) = journal();
    let path = dir().join("head");
    let whole = disk.bytes(&path).unwrap();
    for _ in 0..200 {
        let mut bytes = whole.clone();
        let at = random.below(4) * 4096 + random.below(64);
        bytes[at as usize] ^= 1 << random.below(8);
        disk.tamper(&path, Some(bytes));
        let (journal, recovered) = FileJournal::open_on(disk.clone(), small_config()).unwrap();
        assert_eq!(journal.head(), head);
        assert!(
            matches!(
                recovered.witness,
                tradewind_journal::WitnessState::Known { damaged_slots: 1, .. }
            ),
            "{:?}",
            recovered.witness
        );
    }
    assert_eq!(ids(&disk, &dir(), 1).len() as u64, head.seq);
}
