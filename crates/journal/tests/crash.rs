//! Power cuts, failing disks and killed writers: what was acknowledged is there, once and in order, and
//! nothing comes back in part.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use proptest::prelude::*;
use support::{Random, append, dir, ids, payload, segments, small_config};
use tradewind_journal::disk::FaultPlan;
use tradewind_journal::{FileJournal, Journal, JournalError, MemDisk, RecordIn, verify_on};

/// What a run of the writer got acknowledged before the disk failed.
struct Run {
    acknowledged: u64,
    /// Last record of each group that was tried, the one that failed included.
    group_ends: Vec<u64>,
}

/// Writes groups until the disk fails or `groups` are through.
fn write_until_failure(disk: &MemDisk, groups: u64, random: &mut Random) -> Result<Run, JournalError> {
    let (mut journal, recovered) = FileJournal::open_on(disk.clone(), small_config())?;
    let mut run = Run {
        acknowledged: recovered.head.seq,
        group_ends: vec![recovered.head.seq],
    };
    for _ in 0..groups {
        let first = run.acknowledged + 1;
        let payloads: Vec<_> = (0..=random.below(8))
            .map(|at| payload(first + at, random))
            .collect();
        run.group_ends.push(append(&mut journal, &payloads).unwrap());
        match journal.commit() {
            Ok(head) => run.acknowledged = head.seq,
            Err(error) => {
                assert!(matches!(error, JournalError::Io { .. }), "{error}");
                let down = append(&mut journal, &payloads).unwrap_err();
                assert!(matches!(down, JournalError::Down { .. }), "{down}");
                assert!(matches!(journal.commit(), Err(JournalError::Down { .. })));
                break;
            }
        }
    }
    Ok(run)
}

/// Reopens and checks against what was acknowledged and tried.
fn check_survivors(disk: &MemDisk, acknowledged: u64, group_ends: &[u64]) -> u64 {
    let (journal, recovered) = FileJournal::open_on(disk.clone(), small_config())
        .unwrap_or_else(|error| panic!("refused after {acknowledged} acknowledged: {error}"));
    let found = journal.head().seq;
    assert_eq!(recovered.head.seq, found);
    assert!(
        found >= acknowledged,
        "acknowledged {acknowledged}, found {found}"
    );
    assert!(
        group_ends.contains(&found),
        "{found} is inside a group of {group_ends:?}"
    );
    assert_eq!(ids(disk, &dir(), 1), (1..=found).collect::<Vec<_>>());
    found
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Several power cuts in a row, each at any operation of the disk (recovery's own included).
    #[test]
    fn after_any_power_cuts_every_acknowledged_record_is_there_once_and_in_order(
        seed in 1_u64..u64::MAX,
        cuts in prop::collection::vec(1_u64..90, 1..5),
    ) {
        let disk = MemDisk::new(seed);
        let mut random = Random(seed);
        let (mut acknowledged, mut group_ends) = (0, vec![0]);
        for cut in cuts {
            let power_cut_at = Some(disk.operations() + cut);
            disk.set_faults(FaultPlan { power_cut_at, ..FaultPlan::default() });
            match write_until_failure(&disk, 40, &mut random) {
                Ok(run) => {
                    acknowledged = run.acknowledged;
                    group_ends.extend(run.group_ends);
                }
                Err(error) => prop_assert!(matches!(error, JournalError::Io { .. }), "{}", error),
            }
            disk.power_cycle();
        }
        check_survivors(&disk, acknowledged, &group_ends);
    }

    /// One EIO anywhere, then a reopening in the same uptime, then a power cut: a failed fsync whose
    /// pages still look well must not fool the reopened journal.
    #[test]
    fn a_failed_fsync_is_never_believed_after_reopening(seed in 1_u64..u64::MAX, fault in 1_u64..90) {
        let disk = MemDisk::new(seed);
        let mut random = Random(seed);
        disk.set_faults(FaultPlan { io_error_at: Some(fault), ..FaultPlan::default() });
        let run = match write_until_failure(&disk, 40, &mut random) {
            Ok(run) => run,
            Err(error) => {
                prop_assert!(matches!(error, JournalError::Io { .. }), "{}", error);
                Run { acknowledged: 0, group_ends: vec![0] }
            }
        };
        let reopened = check_survivors(&disk, run.acknowledged, &run.group_ends);
        disk.power_cycle();
        let after_power_cut = check_survivors(&disk, reopened, &run.group_ends);
        prop_assert_eq!(reopened, after_power_cut);
    }

    #[test]
    fn a_full_disk_takes_the_journal_down_and_loses_nothing(seed in 1_u64..u64::MAX, space in 0_u64..40_000) {
        let disk = MemDisk::new(seed);
        let mut random = Random(seed);
        disk.set_faults(FaultPlan { space_bytes: Some(space), ..FaultPlan::default() });
        let (acknowledged, group_ends) = match write_until_failure(&disk, 60, &mut random) {
            Ok(run) => (run.acknowledged, run.group_ends),
            Err(error) => {
                prop_assert!(matches!(error, JournalError::Io { .. }), "{}", error);
                (0, vec![0])
            }
        };
        disk.set_faults(FaultPlan::default());
        check_survivors(&disk, acknowledged, &group_ends);
    }

    #[test]
    fn a_killed_writer_loses_nothing_that_was_acknowledged(seed in 1_u64..u64::MAX, groups in 0_u64..40) {
        let disk = MemDisk::new(seed);
        let run = write_until_failure(&disk, groups, &mut Random(seed)).unwrap();
        disk.kill();
        let found = check_survivors(&disk, run.acknowledged, &run.group_ends);
        prop_assert_eq!(found, run.acknowledged);
    }
}

/// The header of a segment is fsynced alone. When that fails, whoever opens the journal again in the same uptime sees a
/// header that is not on the disk, and must not write groups behind it.
#[test]
fn what_is_written_behind_a_header_whose_fsync_failed_survives_a_power_cut() {
    let mut failed = 0;
    for segments_before in [0_u64, 1, 3] {
        for fault in 1..=12 {
            let disk = MemDisk::new(fault);
            let mut random = Random(fault);
            let mut acknowledged = 0;
            let mut there = 0;
            while there < segments_before {
                acknowledged = write_until_failure(&disk, 4, &mut random).unwrap().acknowledged;
                there = segments(&disk).len() as u64;
            }
            disk.set_faults(FaultPlan {
                io_error_at: Some(disk.operations() + fault),
                ..FaultPlan::default()
            });
            match write_until_failure(&disk, 40, &mut random) {
                Ok(run) => acknowledged = run.acknowledged,
                Err(_) => failed += 1,
            }
            disk.kill();
            let run = write_until_failure(&disk, 3, &mut random).unwrap();
            assert!(run.acknowledged >= acknowledged, "{segments_before} {fault}");
            disk.power_cycle();
            let (_, recovered) = FileJournal::open_on(disk, small_config())
                .unwrap_or_else(|error| panic!("{segments_before} segments, fault {fault}: {error}"));
            assert_eq!(recovered.head.seq, run.acknowledged, "{segments_before} {fault}");
        }
    }
    assert!(failed > 0, "no opening failed");
}

#[test]
fn a_failed_write_of_the_witness_loses_no_record_and_keeps_the_journal_up() {
    let disk = MemDisk::new(1);
    let (mut journal, _) = FileJournal::open_on(disk.clone(), small_config()).unwrap();
    let record = RecordIn {
        kind: 1,
        version: 1,
        ts: 10,
        payload: &1_u64.to_le_bytes(),
    };
    journal.append(&[record]).unwrap();
    // The commit writes, fsyncs, then writes the witness: its third operation.
    disk.set_faults(FaultPlan {
        io_error_at: Some(disk.operations() + 3),
        ..FaultPlan::default()
    });
    assert_eq!(journal.commit().unwrap().seq, 1);
    assert_eq!(journal.stats().witness_failures, 1);
    let record = RecordIn {
        ts: 20,
        payload: &2_u64.to_le_bytes(),
        ..record
    };
    journal.append(&[record]).unwrap();
    assert_eq!(journal.commit().unwrap().seq, 2);
    disk.power_cycle();
    assert_eq!(check_survivors(&disk, 2, &[2]), 2);
}

#[test]
fn an_unfinished_group_is_cut_off_whole_and_reported() {
    let disk = MemDisk::new(5);
    let mut random = Random(5);
    let (mut journal, _) = FileJournal::open_on(disk.clone(), small_config()).unwrap();
    append(&mut journal, &[payload(1, &mut random)]).unwrap();
    journal.commit().unwrap();
    let payloads: Vec<_> = (2..=5).map(|id| payload(id, &mut random)).collect();
    disk.set_faults(FaultPlan {
        space_bytes: Some(400),
        ..FaultPlan::default()
    });
    append(&mut journal, &payloads).unwrap();
    assert!(matches!(journal.commit(), Err(JournalError::Io { .. })));
    drop(journal);
    disk.set_faults(FaultPlan::default());

    let report = verify_on(&disk, &dir(), None).unwrap();
    assert!(report.ok && report.torn_tail.is_some(), "{report:?}");
    let before = disk.bytes(&segments(&disk)[0]).unwrap().len() as u64;
    let (journal, recovered) = FileJournal::open_on(disk.clone(), small_config()).unwrap();
    let torn = recovered.torn_tail.unwrap();
    assert_eq!(recovered.head.seq, 1);
    assert_eq!(
        (torn.segment.as_str(), torn.offset + torn.bytes),
        ("00000000000000000001.seg", before)
    );
    assert_eq!(torn.bytes, 400);
    assert_eq!(disk.bytes(&segments(&disk)[0]).unwrap().len() as u64, torn.offset);
    drop(journal);
    let (_, recovered) = FileJournal::open_on(disk, small_config()).unwrap();
    assert_eq!(recovered.torn_tail, None);
}
