//! The journal through its public face, on a real disk where that matters.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use support::{Random, append, build, dir, ids, payload, segments, small_config};
use tradewind_journal::{
    FileJournal, Head, Journal, JournalConfig, JournalError, MemDisk, RealDisk, RecordIn, read_from,
    read_from_on, scan, scan_after, verify,
};

#[test]
fn records_come_back_as_they_went_in_after_reopening_on_a_real_disk() {
    let place = tempfile::tempdir().unwrap();
    let config = JournalConfig::new(place.path().join("a/b"));
    let mut random = Random(3);
    let payloads: Vec<_> = (1..=100).map(|id| payload(id, &mut random)).collect();
    let (mut journal, recovered) = FileJournal::open(config.clone()).unwrap();
    assert_eq!(recovered.head, Head::GENESIS);
    for chunk in payloads.chunks(7) {
        append(&mut journal, chunk).unwrap();
        journal.commit().unwrap();
    }
    let head = journal.head();
    drop(journal);
    let mut visited = Vec::new();
    let (journal, recovered) = FileJournal::open_with(RealDisk, config.clone(), 51, |record| {
        visited.push(record.to_owned_record())
    })
    .unwrap();
    assert_eq!(
        (journal.head(), recovered.records, recovered.torn_tail),
        (head, 100, None)
    );
    assert_eq!(visited.len(), 50);
    let read: Vec<_> = read_from(&config.dir, 51).map(Result::unwrap).collect();
    assert_eq!(read, visited);
    assert_eq!(read[0].payload, payloads[50]);
    assert_eq!(
        (read[0].seq, read[0].kind, read[0].version, read[0].ts),
        (51, 3, 1, 510)
    );
    assert_eq!(scan(&config.dir, 1, |_| {}).unwrap(), head);
    let report = verify(&config.dir, Some(head)).unwrap();
    assert!(report.ok, "{report:?}");
    assert_eq!(
        (report.records, report.head_seq, report.head_hash),
        (100, 100, head.hash_hex())
    );
}

#[test]
fn a_second_opener_is_refused_until_the_first_has_closed() {
    let place = tempfile::tempdir().unwrap();
    let config = JournalConfig::new(place.path());
    let (first, _) = FileJournal::open(config.clone()).unwrap();
    assert!(matches!(
        FileJournal::open(config.clone()),
        Err(JournalError::Locked { .. })
    ));
    drop(first);
    assert!(FileJournal::open(config).is_ok());

    let disk = MemDisk::new(1);
    let (first, _) = FileJournal::open_on(disk.clone(), small_config()).unwrap();
    assert!(matches!(
        FileJournal::open_on(disk.clone(), small_config()),
        Err(JournalError::Locked { .. })
    ));
    drop(first);
    assert!(FileJournal::open_on(disk, small_config()).is_ok());
}

#[test]
fn segments_rotate_within_their_limit_and_no_group_crosses_them() {
    let disk = MemDisk::new(2);
    let (head, group_ends) = build(&disk, 60, &mut Random(9));
    let paths = segments(&disk);
    assert!(paths.len() >= 5);
    for path in &paths {
        assert!(disk.bytes(path).unwrap().len() as u64 <= small_config().segment_bytes_max);
        let first: u64 = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        assert!(first == 1 || group_ends.contains(&(first - 1)));
    }
    assert_eq!(ids(&disk, &dir(), 1), (1..=head.seq).collect::<Vec<_>>());
}

#[test]
fn reading_may_begin_at_any_sequence() {
    let disk = MemDisk::new(2);
    let (head, _) = build(&disk, 60, &mut Random(9));
    for from in 1..=head.seq + 1 {
        let expected: Vec<u64> = (from..=head.seq).collect();
        assert_eq!(ids(&disk, &dir(), from), expected);
        let iterated: Vec<u64> = read_from_on(disk.clone(), &dir(), from)
            .map(|record| record.unwrap().seq)
            .collect();
        assert_eq!(iterated, expected);
    }
}

#[test]
fn reading_after_a_head_gives_exactly_what_follows() {
    let disk = MemDisk::new(2);
    let (head, _) = build(&disk, 60, &mut Random(9));
    let heads: Vec<Head> = read_from_on(disk.clone(), &dir(), 1)
        .map(|record| {
            record
                .map(|record| Head {
                    seq: record.seq,
                    hash: record.hash,
                })
                .unwrap()
        })
        .collect();
    for after in std::iter::once(Head::GENESIS).chain(heads) {
        let mut seqs = Vec::new();
        assert_eq!(
            scan_after(&disk, &dir(), after, |record| seqs.push(record.seq)).unwrap(),
            head
        );
        assert_eq!(seqs, (after.seq + 1..=head.seq).collect::<Vec<_>>());
    }
    let beyond = Head {
        seq: head.seq + 1,
        hash: [1; 32],
    };
    let error = scan_after(&disk, &dir(), beyond, |_| {}).unwrap_err();
    assert!(matches!(error, JournalError::TailLost { .. }), "{error}");
}

#[test]
fn nothing_is_readable_before_its_commit() {
    let disk = MemDisk::new(2);
    let (mut journal, _) = FileJournal::open_on(disk.clone(), small_config()).unwrap();
    assert_eq!(append(&mut journal, &[payload(1, &mut Random(1))]).unwrap(), 1);
    assert_eq!(journal.head(), Head::GENESIS);
    assert_eq!(ids(&disk, &dir(), 1), Vec::<u64>::new());
    journal.commit().unwrap();
    assert_eq!(ids(&disk, &dir(), 1), vec![1]);
}

#[test]
fn a_commit_of_nothing_touches_nothing() {
    let disk = MemDisk::new(2);
    let (mut journal, _) = FileJournal::open_on(disk.clone(), small_config()).unwrap();
    let before = disk.operations();
    assert_eq!(journal.append(&[]).unwrap(), 0);
    assert_eq!(journal.commit().unwrap(), Head::GENESIS);
    assert_eq!(disk.operations(), before);
}

#[test]
fn one_commit_is_one_write_one_fsync_and_one_note_to_the_witness() {
    let disk = MemDisk::new(2);
    let config = JournalConfig {
        witness_sync_every: 0,
        ..small_config()
    };
    let (mut journal, _) = FileJournal::open_on(disk.clone(), config).unwrap();
    let payloads: Vec<_> = (1..=8).map(|id| payload(id, &mut Random(id))).collect();
    append(&mut journal, &payloads).unwrap();
    let before = disk.operations();
    journal.commit().unwrap();
    assert_eq!(disk.operations() - before, 3);
}

#[test]
fn records_above_the_limits_are_refused_and_leave_the_group_as_it_was() {
    let disk = MemDisk::new(2);
    let (mut journal, _) = FileJournal::open_on(disk.clone(), small_config()).unwrap();
    let fits = RecordIn {
        kind: 1,
        version: 1,
        ts: 10,
        payload: &1_u64.to_le_bytes(),
    };
    let large = RecordIn {
        payload: &[0; 1025],
        ..fits
    };
    let error = journal.append(&[fits, large]).unwrap_err();
    assert!(
        matches!(
            error,
            JournalError::RecordTooLarge {
                bytes: 1025,
                max: 1024
            }
        ),
        "{error}"
    );
    let half = RecordIn {
        payload: &[0; 1024],
        ..fits
    };
    let error = journal.append(&[half; 4]).unwrap_err();
    assert!(
        matches!(error, JournalError::GroupTooLarge { max: 4096, .. }),
        "{error}"
    );
    journal.append(&[fits]).unwrap();
    assert_eq!(journal.commit().unwrap().seq, 1);
    assert_eq!(ids(&disk, &dir(), 1), vec![1]);
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let base = small_config();
    let wrong = [
        JournalConfig {
            group_bytes_max: base.segment_bytes_max,
            ..base.clone()
        },
        JournalConfig {
            record_bytes_max: 4096,
            ..base.clone()
        },
        JournalConfig {
            segment_bytes_max: 2 << 30,
            ..base
        },
    ];
    for config in wrong {
        let outcome = FileJournal::open_on(MemDisk::new(1), config);
        assert!(matches!(outcome, Err(JournalError::Config { .. })));
    }
}

#[test]
fn a_reader_may_read_while_the_writer_works() {
    let disk = MemDisk::new(2);
    let (mut journal, _) = FileJournal::open_on(disk.clone(), small_config()).unwrap();
    let mut random = Random(4);
    for id in 1..=120 {
        append(&mut journal, &[payload(id, &mut random)]).unwrap();
        journal.commit().unwrap();
        assert_eq!(ids(&disk, &dir(), id), vec![id]);
    }
}
