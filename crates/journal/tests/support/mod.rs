//! What the journal's tests share: a seeded random sequence, small settings, and records that say who
//! they are.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::path::{Path, PathBuf};

use tradewind_journal::{
    FileJournal, Head, Journal, JournalConfig, JournalError, MemDisk, RecordIn, scan_on,
};

pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

pub(crate) fn dir() -> PathBuf {
    PathBuf::from("/journal")
}

pub(crate) fn small_config() -> JournalConfig {
    JournalConfig {
        segment_bytes_max: 8 << 10,
        record_bytes_max: 1 << 10,
        group_bytes_max: 4 << 10,
        witness_sync_every: 3,
        ..JournalConfig::new(dir())
    }
}

/// A payload that names its record and has a length of its own.
pub(crate) fn payload(id: u64, random: &mut Random) -> Vec<u8> {
    let mut bytes = id.to_le_bytes().to_vec();
    let length = random.below(300);
    bytes.extend((0..length).map(|at| (id * 31 + at) as u8));
    bytes
}

pub(crate) fn id_of(payload: &[u8]) -> u64 {
    u64::from_le_bytes(payload[..8].try_into().unwrap())
}

pub(crate) fn append(journal: &mut impl Journal, payloads: &[Vec<u8>]) -> Result<u64, JournalError> {
    let records: Vec<RecordIn<'_>> = payloads
        .iter()
        .map(|payload| RecordIn {
            kind: 3,
            version: 1,
            ts: id_of(payload) * 10,
            payload,
        })
        .collect();
    journal.append(&records)
}

/// A journal on an in-memory disk with `groups` commit groups of one to eight records, closed.
pub(crate) fn build(disk: &MemDisk, groups: u64, random: &mut Random) -> (Head, Vec<u64>) {
    let (mut journal, _) = FileJournal::open_on(disk.clone(), small_config()).unwrap();
    let mut group_ends = Vec::new();
    for _ in 0..groups {
        let first = journal.head().seq + 1;
        let payloads: Vec<_> = (0..=random.below(8))
            .map(|at| payload(first + at, random))
            .collect();
        append(&mut journal, &payloads).unwrap();
        group_ends.push(journal.commit().unwrap().seq);
    }
    (journal.head(), group_ends)
}

pub(crate) fn ids(disk: &MemDisk, dir: &Path, from_seq: u64) -> Vec<u64> {
    let mut ids = Vec::new();
    scan_on(disk, dir, from_seq, |record| {
        assert_eq!(record.ts, id_of(record.payload) * 10);
        ids.push(id_of(record.payload));
    })
    .unwrap();
    ids
}

pub(crate) fn segments(disk: &MemDisk) -> Vec<PathBuf> {
    use tradewind_journal::Disk;
    let mut names = disk.list(&dir()).unwrap();
    names.retain(|name| name.ends_with(".seg"));
    names.sort();
    names.into_iter().map(|name| dir().join(name)).collect()
}
