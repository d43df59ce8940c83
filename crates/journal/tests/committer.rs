//! The writer thread: order, grouping, durability before the answer, and the answers of a journal that
//! is down.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};

use support::{dir, ids, small_config};
use tradewind_journal::disk::FaultPlan;
use tradewind_journal::{
    CommitterConfig, FileJournal, GroupCommitter, Head, Journal, JournalError, MemDisk, OwnedRecord,
    RecordIn, SubmitError,
};

type Outcome = (Result<Head, Arc<JournalError>>, u64);

fn record(id: u64) -> OwnedRecord {
    OwnedRecord {
        kind: 1,
        version: 1,
        ts: id * 10,
        payload: id.to_le_bytes().to_vec(),
    }
}

fn start(disk: &MemDisk, config: CommitterConfig) -> (GroupCommitter<u64>, Receiver<Outcome>) {
    let (journal, _) = FileJournal::open_on(disk.clone(), small_config()).unwrap();
    start_with(journal, config)
}

fn start_with(
    journal: impl Journal + 'static,
    config: CommitterConfig,
) -> (GroupCommitter<u64>, Receiver<Outcome>) {
    let (done, outcomes) = sync_channel(256);
    let sink = move |outcome, id| done.send((outcome, id)).unwrap();
    (GroupCommitter::start(journal, config, sink).unwrap(), outcomes)
}

/// A journal whose commits wait for a permit, so that a test decides what gathers behind them.
struct Gated<J> {
    journal: J,
    entered: SyncSender<()>,
    permits: Receiver<()>,
}

impl<J: Journal> Journal for Gated<J> {
    fn append(&mut self, records: &[RecordIn<'_>]) -> Result<u64, JournalError> {
        self.journal.append(records)
    }

    fn commit(&mut self) -> Result<Head, JournalError> {
        self.entered.send(()).unwrap();
        self.permits.recv().unwrap();
        self.journal.commit()
    }

    fn head(&self) -> Head {
        self.journal.head()
    }

    fn group_bytes_max(&self) -> u64 {
        self.journal.group_bytes_max()
    }
}

fn gate(disk: &MemDisk) -> (Gated<FileJournal<MemDisk>>, Receiver<()>, SyncSender<()>) {
    let (journal, _) = FileJournal::open_on(disk.clone(), small_config()).unwrap();
    let (entered, on_enter) = sync_channel(256);
    let (permit, permits) = sync_channel(256);
    (
        Gated {
            journal,
            entered,
            permits,
        },
        on_enter,
        permit,
    )
}

#[test]
fn batches_are_answered_in_order_once_they_are_durable() {
    let disk = MemDisk::new(1);
    let (journal, _) = FileJournal::open_on(disk.clone(), small_config()).unwrap();
    let answered = Arc::new(Mutex::new(Vec::new()));
    let (seen, reader) = (Arc::clone(&answered), disk.clone());
    let committer = GroupCommitter::start(journal, CommitterConfig::default(), move |outcome, id: u64| {
        let head: Head = outcome.unwrap();
        assert!(head.seq >= id);
        // What is answered can be read by somebody else already.
        assert_eq!(ids(&reader, &dir(), id)[0], id);
        seen.lock().unwrap().push(id);
    })
    .unwrap();
    for id in 1..=200 {
        committer.submit(vec![record(id)], id).unwrap();
    }
    let journal = committer.close().unwrap();
    assert_eq!(*answered.lock().unwrap(), (1..=200).collect::<Vec<_>>());
    assert_eq!(journal.head().seq, 200);
    disk.power_cycle();
    assert_eq!(ids(&disk, &dir(), 1), (1..=200).collect::<Vec<_>>());
}

#[test]
fn all_that_waits_becomes_one_group() {
    let disk = MemDisk::new(1);
    let (gated, on_enter, permit) = gate(&disk);
    let (committer, outcomes) = start_with(gated, CommitterConfig::default());
    committer.submit(vec![record(1)], 1).unwrap();
    on_enter.recv().unwrap();
    for id in 2..=40 {
        committer.submit(vec![record(id)], id).unwrap();
    }
    permit.send(()).unwrap();
    permit.send(()).unwrap();
    let heads: Vec<u64> = outcomes
        .iter()
        .take(40)
        .map(|(outcome, _)| outcome.unwrap().seq)
        .collect();
    assert_eq!(heads[0], 1);
    assert!(heads[1..].iter().all(|seq| *seq == 40), "{heads:?}");
    let stats = committer.stats();
    assert_eq!(
        (stats.groups, stats.batches, stats.records, stats.failed_batches),
        (2, 40, 40, 0)
    );
}

#[test]
fn a_group_stays_within_its_limits_and_nothing_is_left_behind() {
    let disk = MemDisk::new(1);
    let (gated, on_enter, permit) = gate(&disk);
    let config = CommitterConfig {
        group_batches_max: 10,
        group_bytes_max: 72 * 4,
        ..CommitterConfig::default()
    };
    let (committer, outcomes) = start_with(gated, config);
    committer.submit(vec![record(1)], 1).unwrap();
    on_enter.recv().unwrap();
    for id in 2..=9 {
        committer.submit(vec![record(id)], id).unwrap();
    }
    for _ in 0..3 {
        permit.send(()).unwrap();
    }
    let heads: Vec<u64> = outcomes
        .iter()
        .take(9)
        .map(|(outcome, _)| outcome.unwrap().seq)
        .collect();
    assert_eq!(heads, vec![1, 5, 5, 5, 5, 9, 9, 9, 9]);
}

#[test]
fn a_batch_without_records_costs_no_fsync_but_waits_for_those_before_it() {
    let disk = MemDisk::new(1);
    let (gated, on_enter, permit) = gate(&disk);
    let (committer, outcomes) = start_with(gated, CommitterConfig::default());
    let before = disk.operations();
    committer.submit(Vec::new(), 100).unwrap();
    assert!(matches!(outcomes.recv().unwrap(), (Ok(Head::GENESIS), 100)));
    assert_eq!((disk.operations(), committer.stats().groups), (before, 0));

    committer.submit(vec![record(1)], 1).unwrap();
    on_enter.recv().unwrap();
    committer.submit(Vec::new(), 101).unwrap();
    assert!(
        outcomes.try_recv().is_err(),
        "answered before the record in front was durable"
    );
    permit.send(()).unwrap();
    let order: Vec<u64> = outcomes
        .iter()
        .take(2)
        .map(|(outcome, id)| outcome.map(|_| id).unwrap())
        .collect();
    assert_eq!(order, vec![1, 101]);
}

#[test]
fn once_the_journal_is_down_every_batch_is_answered_with_the_reason() {
    let disk = MemDisk::new(1);
    let (committer, outcomes) = start(&disk, CommitterConfig::default());
    committer.submit(vec![record(1)], 1).unwrap();
    assert!(outcomes.recv().unwrap().0.is_ok());
    disk.set_faults(FaultPlan {
        space_bytes: Some(0),
        ..FaultPlan::default()
    });
    committer.submit(vec![record(2)], 2).unwrap();
    let (outcome, _) = outcomes.recv().unwrap();
    assert!(matches!(*outcome.unwrap_err(), JournalError::Io { .. }));
    disk.set_faults(FaultPlan::default());
    for batch in [vec![record(3)], Vec::new()] {
        committer.submit(batch, 3).unwrap();
        let (outcome, _) = outcomes.recv().unwrap();
        assert!(matches!(*outcome.unwrap_err(), JournalError::Down { .. }));
    }
    assert_eq!(committer.stats().failed_batches, 3);
    drop(committer);
    let (journal, _) = FileJournal::open_on(disk, small_config()).unwrap();
    assert_eq!(journal.head().seq, 1);
}

#[test]
fn behind_a_refused_batch_nothing_is_written_that_could_rest_on_it() {
    let disk = MemDisk::new(1);
    let (committer, outcomes) = start(&disk, CommitterConfig::default());
    let large = OwnedRecord {
        payload: vec![0; 2000],
        ..record(9)
    };
    committer.submit(vec![record(1)], 1).unwrap();
    committer.submit(vec![record(8), large], 2).unwrap();
    committer.submit(vec![record(2)], 3).unwrap();
    let answers: Vec<bool> = outcomes
        .iter()
        .take(3)
        .map(|(outcome, _)| outcome.is_ok())
        .collect();
    assert_eq!(answers, vec![true, false, false]);
    drop(committer);
    assert_eq!(ids(&disk, &dir(), 1), vec![1]);
}

#[test]
fn a_full_queue_gives_the_batch_back() {
    let disk = MemDisk::new(1);
    let (gated, on_enter, permit) = gate(&disk);
    let config = CommitterConfig {
        queue_batches_max: 1,
        ..CommitterConfig::default()
    };
    let (committer, outcomes) = start_with(gated, config);
    committer.submit(vec![record(1)], 1).unwrap();
    on_enter.recv().unwrap();
    committer.try_submit(vec![record(2)], 2).unwrap();
    let Err(SubmitError::Full(records, 3)) = committer.try_submit(vec![record(3)], 3) else {
        panic!("a queue of one took two");
    };
    assert_eq!(records, vec![record(3)]);
    permit.send(()).unwrap();
    permit.send(()).unwrap();
    assert_eq!(
        outcomes.iter().take(2).map(|(_, id)| id).collect::<Vec<_>>(),
        vec![1, 2]
    );
}
