//! Acknowledged, durable records per second: many callers, group commit, real fsync in a temporary folder.

use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use tradewind_journal::{CommitterConfig, FileJournal, GroupCommitter, JournalConfig, OwnedRecord};

use super::Figure;
use crate::args::BenchArgs;
use crate::failure::Failure;

/// Callers that each wait for their record before the next.
const CALLERS: usize = 64;
const RUN: Duration = Duration::from_millis(800);

pub(super) fn commits(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let mut runs = Vec::new();
    for run in 0..args.runs.max(1) {
        let name = format!("tradewind-bench-journal-{}-{run}", std::process::id());
        let dir = std::env::temp_dir().join(name);
        let result = one_run(&dir);
        // What is left behind is a folder in the system's temporary directory.
        let _ = std::fs::remove_dir_all(&dir);
        runs.push(result?);
    }
    let note = format!("{CALLERS} callers, 250-byte records, fsync per group");
    Ok(vec![Figure::of("journal.commits", "records/s", runs, &note)])
}

fn one_run(dir: &std::path::Path) -> Result<f64, Failure> {
    let (journal, _) = FileJournal::open(JournalConfig::new(dir)).context("opening a journal")?;
    let (done, acknowledged) = sync_channel::<()>(CALLERS);
    let sink = move |result: Result<_, _>, _: ()| {
        if result.is_ok() {
            // The receiver lives until the run is over.
            let _ = done.send(());
        }
    };
    let committer =
        GroupCommitter::start(journal, CommitterConfig::default(), sink).context("starting the writer")?;
    let record = || {
        vec![OwnedRecord {
            kind: 1,
            version: 1,
            ts: 0,
            payload: vec![7; 250],
        }]
    };
    let submit = || {
        committer
            .submit(record(), ())
            .map_err(|_| Failure::failed("the journal's writer ended"))
    };
    let started = Instant::now();
    for _ in 0..CALLERS {
        submit()?;
    }
    let mut count = 0u64;
    while started.elapsed() < RUN {
        acknowledged
            .recv_timeout(Duration::from_secs(10))
            .context("waiting for a commit")?;
        count += 1;
        submit()?;
    }
    let rate = count as f64 / started.elapsed().as_secs_f64();
    drop(committer.close());
    Ok(rate)
}
