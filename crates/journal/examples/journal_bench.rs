//! Measures the journal on the disk of the given directory (default: a temporary one under the current
//! directory): acknowledged records a second through [`GroupCommitter`] and the time to reopen a journal
//! of a million records with everything checked.
//!
//! `cargo run --release -p tradewind-journal --example journal_bench [dir] [records]`

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tradewind_journal::{
    CommitterConfig, FileJournal, GroupCommitter, Journal, JournalConfig, OwnedRecord, RecordIn, scan,
};

const PAYLOAD_BYTES: usize = 250;
const GROUP: usize = 64;
const COMMITS: usize = 500;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let base = PathBuf::from(arguments.next().unwrap_or_else(|| ".".to_owned()));
    let records: u64 = arguments.next().map_or(Ok(1_000_000), |text| text.parse())?;
    let dir = base.join(format!("journal-bench-{}", std::process::id()));
    let outcome = measure(&dir, records);
    std::fs::remove_dir_all(&dir)?;
    outcome
}

fn measure(dir: &std::path::Path, records: u64) -> Result<(), Box<dyn std::error::Error>> {
    groups(&dir.join("groups"))?;
    committer(&dir.join("committer"))?;
    reopen(&dir.join("reopen"), records)
}

fn groups(dir: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    let (mut journal, _) = FileJournal::open(JournalConfig::new(dir))?;
    let payload = [7; PAYLOAD_BYTES];
    let record = RecordIn {
        kind: 1,
        version: 1,
        ts: 1,
        payload: &payload,
    };
    let group = [record; GROUP];
    let started = Instant::now();
    for _ in 0..COMMITS {
        journal.append(&group)?;
        journal.commit()?;
    }
    let took = started.elapsed();
    println!(
        "groups of {GROUP}: {COMMITS} commits in {took:.2?}: {:.0} commits/s, {:.0} records/s, fsync {:.2?} each",
        COMMITS as f64 / took.as_secs_f64(),
        (COMMITS * GROUP) as f64 / took.as_secs_f64(),
        journal.stats().fsync / COMMITS as u32,
    );
    Ok(())
}

fn committer(dir: &std::path::Path) -> Result<(), Box<dyn std::error::Error>> {
    let (journal, _) = FileJournal::open(JournalConfig::new(dir))?;
    let acknowledged = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&acknowledged);
    let config = CommitterConfig {
        group_batches_max: GROUP,
        ..CommitterConfig::default()
    };
    let committer = GroupCommitter::start(journal, config, move |outcome, ()| {
        if outcome.is_ok() {
            count.fetch_add(1, Ordering::Relaxed);
        }
    })?;
    let record = OwnedRecord {
        kind: 1,
        version: 1,
        ts: 1,
        payload: vec![7; PAYLOAD_BYTES],
    };
    let started = Instant::now();
    for _ in 0..COMMITS * GROUP {
        committer.submit(vec![record.clone()], ())?;
    }
    committer.close();
    let took = started.elapsed();
    let records = acknowledged.load(Ordering::Relaxed);
    println!(
        "committer, one record a batch, at most {GROUP} a group: {records} acknowledged in {took:.2?}: {:.0}/s",
        records as f64 / took.as_secs_f64()
    );
    Ok(())
}

fn reopen(dir: &std::path::Path, records: u64) -> Result<(), Box<dyn std::error::Error>> {
    let (mut journal, _) = FileJournal::open(JournalConfig::new(dir))?;
    let payload = [7; PAYLOAD_BYTES];
    let record = RecordIn {
        kind: 1,
        version: 1,
        ts: 1,
        payload: &payload,
    };
    let group = vec![record; 10_000];
    while journal.head().seq < records {
        journal.append(&group)?;
        journal.commit()?;
    }
    drop(journal);
    for _ in 0..3 {
        let started = Instant::now();
        let (journal, recovered) = FileJournal::open(JournalConfig::new(dir))?;
        println!(
            "reopen: {} records checked in {:.0?}",
            recovered.records,
            started.elapsed()
        );
        drop(journal);
    }
    let started = Instant::now();
    let mut bytes = 0;
    scan(dir, 1, |record| bytes += record.payload.len())?;
    println!("scan: {bytes} payload bytes visited in {:.0?}", started.elapsed());
    Ok(())
}
