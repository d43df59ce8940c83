//! `tradewind verify` on a data directory in which something is wrong: the right exit code and the first break.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use serde_json::Value;
use tradewind_engine::kernel::{Actions, State};
use tradewind_engine::{Event, Kernel, KernelConfig};
use tradewind_journal::{FileJournal, Head, Journal, JournalConfig, RecordIn, read_from};
use tradewind_store::projection::{RecordSource, Records, Scope, SourceRecord, rebuild};
use tradewind_store::{Db, DbConfig, migrate};
use tradewind_types::record::{Command as Asked, CommandEnvelope, Outcome, Record};
use tradewind_types::*;

const TRANSFERS: i64 = 30;

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a valid id")
}

fn commands() -> Vec<Asked> {
    let info = AccountInfo {
        id: id("a1"),
        org: id("main"),
        owner: id("u1"),
        name: "Paper".to_owned(),
        kind: AccountKind::Paper,
        venue: id("coinbase"),
        base_currency: Currency::USD,
    };
    let money = |n: i64| Money::new(Decimal::new(1_000 + n, 2), Currency::USD);
    let transfer = |n: i64| Asked::Transfer {
        account: id("a1"),
        money: money(n),
        key: format!("t{n}"),
        reason: "test".to_owned(),
    };
    let open = Asked::OpenAccount {
        account: info,
        deposit: money(0),
    };
    std::iter::once(open)
        .chain((1..=TRANSFERS).map(transfer))
        .collect()
}

/// A journal through the real kernel; returns the number of records.
fn write_journal(dir: &Path) -> u64 {
    let (mut journal, _) = FileJournal::open(JournalConfig::new(dir)).expect("a new journal");
    let mut kernel = Kernel::new(KernelConfig::default(), State::default());
    let mut now = UnixNanos::from_secs(1_700_000_000);
    for command in commands() {
        now = now.plus(1_000_000);
        let (actor, correlation_id) = ("u1".to_owned(), "r".to_owned());
        let mut actions = Actions::default();
        let envelope = CommandEnvelope {
            actor,
            correlation_id,
            ts: now,
            command,
        };
        kernel.process(&Event::Command(Box::new(envelope)), &mut actions);
        for record in &actions.records {
            let payload = record.encode().expect("encodes");
            let (kind, version) = (record.kind() as u16, record.version());
            journal
                .append(&[RecordIn {
                    kind,
                    version,
                    ts: now.0,
                    payload: &payload,
                }])
                .expect("appended");
        }
        journal.commit().expect("committed");
    }
    journal.head().seq
}

/// The journal's records, each outcome changed by `change`.
struct Source {
    dir: std::path::PathBuf,
    change: fn(&mut Outcome),
}

impl RecordSource for Source {
    fn read(&self, from_seq: u64) -> Records {
        let change = self.change;
        let records = read_from(&self.dir, from_seq).map(move |record| {
            let record = record.expect("whole");
            let hash = Head {
                seq: record.seq,
                hash: record.hash,
            }
            .hash_hex();
            let decoded = Record::decode(record.kind, record.version, &record.payload).expect("decodes");
            let outcome = match decoded {
                Record::Outcome(mut outcome) => {
                    change(&mut outcome);
                    Some(outcome)
                }
                Record::Command(_) | Record::Venue(_) => None,
            };
            Ok(SourceRecord {
                seq: record.seq,
                hash,
                outcome,
            })
        });
        Box::new(records.collect::<Vec<_>>().into_iter())
    }
}

fn project(data: &Path, change: fn(&mut Outcome)) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let db = Db::open(&DbConfig::file(&data.join("tradewind.db")))
            .await
            .expect("a database");
        migrate::up(&db, UnixNanos(1)).await.expect("migrated");
        let source = Arc::new(Source {
            dir: data.join("journal"),
            change,
        });
        let scope = Scope {
            org: id("main"),
            engine: id("main"),
        };
        rebuild(&db, &scope, source, None).await.expect("built");
        db.close().await;
    });
}

/// A whole data directory: a journal and its projections.
fn data() -> (tempfile::TempDir, u64) {
    let dir = tempfile::tempdir().expect("a folder");
    let records = write_journal(&dir.path().join("journal"));
    project(dir.path(), |_| {});
    (dir, records)
}

fn verify(data: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradewind"));
    command
        .arg("verify")
        .arg("--data")
        .arg(data)
        .args(more)
        .output()
        .expect("runs")
}

/// Exit code 4 and what it says.
fn broken(data: &Path) -> String {
    let output = verify(data, &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        output.status.code(),
        Some(4),
        "{said}{}",
        String::from_utf8_lossy(&output.stdout)
    );
    said
}

fn segment(data: &Path) -> std::path::PathBuf {
    data.join("journal/00000000000000000001.seg")
}

#[test]
fn a_whole_data_directory_passes_and_dumps_one_line_per_record() {
    let (dir, records) = data();
    let output = verify(dir.path(), &["--json"]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(
        (&report["ok"], &report["projections"]["applied_seq"]),
        (&true.into(), &records.into())
    );
    let dump = verify(dir.path(), &["--dump"]);
    let text = String::from_utf8(dump.stdout).expect("text");
    assert_eq!(text.lines().count() as u64, records);
    let last: Value = serde_json::from_str(text.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&last["seq"], &last["kind"]), (&records.into(), &"Ledger".into()));
    assert_eq!(last["record"]["postings"][0]["amount"], "10.3");
}

#[test]
fn a_flipped_bit_is_named_with_segment_and_place() {
    let (dir, _) = data();
    let mut bytes = std::fs::read(segment(dir.path())).expect("the segment");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(segment(dir.path()), bytes).expect("changed");
    let said = broken(dir.path());
    assert!(said.contains("00000000000000000001.seg at byte"), "{said}");
}

#[test]
fn a_lost_tail_is_noticed_by_what_sql_has_witnessed_even_without_the_journals_own_witness() {
    let (dir, records) = data();
    // The journal as it was before the last transfer, restored from an old backup, say.
    let bytes = std::fs::read(segment(dir.path())).expect("the segment");
    let offset = |seq: u64| {
        let before = read_from(&dir.path().join("journal"), 1)
            .map(|r| r.expect("whole"))
            .filter(|r| r.seq < seq);
        let frames = before.map(|r| tradewind_journal::FRAME_HEADER_BYTES + r.payload.len());
        tradewind_journal::SEGMENT_HEADER_BYTES + frames.sum::<usize>()
    };
    let cut = offset(records - 1);
    std::fs::write(segment(dir.path()), &bytes[..cut]).expect("cut");
    std::fs::remove_file(dir.path().join("journal/head")).expect("the witness");
    let said = broken(dir.path());
    assert!(said.contains("lost its tail"), "{said}");
}

#[test]
fn projections_that_differ_are_named_by_row_and_column_and_a_rebuild_mends_them() {
    let (dir, records) = data();
    project(dir.path(), |outcome| {
        if let Outcome::Ledger(entry) = outcome {
            entry.actor = "someone else".to_owned();
        }
    });
    let said = broken(dir.path());
    assert!(
        said.contains("p_ledger_entries differs") && said.contains("actor `someone else` / `u1`"),
        "{said}"
    );
    let mended = verify(dir.path(), &["--rebuild"]);
    assert!(
        mended.status.success(),
        "{}",
        String::from_utf8_lossy(&mended.stderr)
    );
    assert!(String::from_utf8_lossy(&mended.stderr).contains(&format!("up to record {records}")));
}

#[test]
fn a_directory_without_a_journal_is_a_failure_with_a_hint_not_a_passed_check() {
    let dir = tempfile::tempdir().expect("a folder");
    let output = verify(dir.path(), &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("hint:"));
}

#[test]
fn a_rebuild_is_refused_while_an_instance_has_the_journal() {
    let (dir, _) = data();
    let _held = FileJournal::open(JournalConfig::new(dir.path().join("journal"))).expect("opened");
    let output = verify(dir.path(), &["--rebuild"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(verify(dir.path(), &[]).status.success(), "looking on is allowed");
}
