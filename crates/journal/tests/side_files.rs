//! Snapshots and the emergency file: whole or skipped, never half believed.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use proptest::prelude::*;
use support::{Random, dir};
use tradewind_journal::disk::FaultPlan;
use tradewind_journal::{MemDisk, emergency, snapshot};

fn name(seq: u64) -> std::path::PathBuf {
    dir().join(format!("{seq:020}.snap"))
}

#[test]
fn the_newest_snapshot_comes_back_and_two_are_kept_on_a_real_disk() {
    let place = tempfile::tempdir().unwrap();
    assert_eq!(snapshot::latest(place.path()), None);
    for seq in [10, 20, 30] {
        snapshot::write(
            place.path(),
            seq,
            [seq as u8; 32],
            format!("state {seq}").as_bytes(),
        )
        .unwrap();
    }
    let latest = snapshot::latest(place.path()).unwrap();
    assert_eq!(
        (latest.seq, latest.hash, latest.bytes.as_slice()),
        (30, [30; 32], b"state 30".as_slice())
    );
    let mut names: Vec<_> = std::fs::read_dir(place.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(
        names,
        vec![name(20).file_name().unwrap(), name(30).file_name().unwrap()]
    );
}

#[test]
fn a_damaged_snapshot_is_skipped_wherever_it_is_damaged() {
    let disk = MemDisk::new(1);
    snapshot::write_on(&disk, &dir(), 10, [1; 32], b"the older state").unwrap();
    snapshot::write_on(&disk, &dir(), 20, [2; 32], b"the newer state").unwrap();
    let whole = disk.bytes(&name(20)).unwrap();
    let mut random = Random(7);
    for at in 0..whole.len() {
        let mut bytes = whole.clone();
        bytes[at] ^= 1 << random.below(8);
        for damaged in [bytes, whole[..at].to_vec()] {
            disk.tamper(&name(20), Some(damaged));
            let loaded = snapshot::load(&disk, &dir(), u64::MAX).unwrap();
            assert_eq!(loaded.snapshot.unwrap().bytes, b"the older state");
            assert_eq!(loaded.damaged.len(), 1);
        }
    }
    disk.tamper(&name(20), Some(whole));
    assert_eq!(
        snapshot::load(&disk, &dir(), u64::MAX)
            .unwrap()
            .snapshot
            .unwrap()
            .seq,
        20
    );
    assert_eq!(
        snapshot::load(&disk, &dir(), 19).unwrap().snapshot.unwrap().seq,
        10
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_power_cut_while_writing_leaves_the_snapshot_before_or_the_new_one(
        seed in 1_u64..u64::MAX,
        cut in 1_u64..12,
    ) {
        let disk = MemDisk::new(seed);
        for seq in [10, 20] {
            snapshot::write_on(&disk, &dir(), seq, [1; 32], &[seq as u8; 2000]).unwrap();
        }
        disk.set_faults(FaultPlan { power_cut_at: Some(disk.operations() + cut), ..FaultPlan::default() });
        let written = snapshot::write_on(&disk, &dir(), 30, [1; 32], &[30; 2000]);
        disk.power_cycle();
        let loaded = snapshot::load(&disk, &dir(), u64::MAX).unwrap();
        let found = loaded.snapshot.unwrap();
        prop_assert_eq!(loaded.damaged, vec![]);
        prop_assert!(found.seq == 30 || (written.is_err() && found.seq == 20));
        prop_assert_eq!(found.bytes, vec![found.seq as u8; 2000]);
    }

    #[test]
    fn an_acknowledged_emergency_entry_survives_any_power_cut(
        seed in 1_u64..u64::MAX,
        cuts in prop::collection::vec(1_u64..16, 1..4),
    ) {
        let disk = MemDisk::new(seed);
        let mut acknowledged = Vec::new();
        let mut id = 0_u64;
        for cut in cuts {
            disk.set_faults(FaultPlan { power_cut_at: Some(disk.operations() + cut), ..FaultPlan::default() });
            loop {
                id += 1;
                let entry = vec![id as u8; 600];
                if emergency::append_on(&disk, &dir(), &entry).is_err() {
                    break;
                }
                acknowledged.push(entry);
            }
            disk.power_cycle();
        }
        let found = emergency::read_on(&disk, &dir()).unwrap_or_default().entries;
        let kept: Vec<_> = found.iter().filter(|entry| acknowledged.contains(entry)).cloned().collect();
        prop_assert_eq!(kept, acknowledged);
    }
}

#[test]
fn emergency_entries_are_taken_once_in_order() {
    let place = tempfile::tempdir().unwrap();
    assert_eq!(
        emergency::take(place.path()).unwrap(),
        emergency::Entries::default()
    );
    for entry in [b"cancel all".as_slice(), b"", b"account 7"] {
        emergency::append(place.path(), entry).unwrap();
    }
    assert_eq!(emergency::read(place.path()).unwrap().entries.len(), 3);
    let taken = emergency::take(place.path()).unwrap();
    assert_eq!(
        taken.entries,
        vec![b"cancel all".to_vec(), Vec::new(), b"account 7".to_vec()]
    );
    assert_eq!(taken.damaged_bytes, 0);
    assert_eq!(
        emergency::take(place.path()).unwrap(),
        emergency::Entries::default()
    );
}

#[test]
fn a_damaged_emergency_entry_hides_no_other() {
    let disk = MemDisk::new(1);
    for entry in [b"first".as_slice(), b"second", b"third"] {
        emergency::append_on(&disk, &dir(), entry).unwrap();
    }
    let path = dir().join(emergency::EMERGENCY_FILE);
    let mut bytes = disk.bytes(&path).unwrap();
    bytes[17 + 13] ^= 4;
    disk.tamper(&path, Some(bytes));
    let found = emergency::read_on(&disk, &dir()).unwrap();
    assert_eq!(found.entries, vec![b"first".to_vec(), b"third".to_vec()]);
    assert_eq!(found.damaged_bytes, 18);
}
