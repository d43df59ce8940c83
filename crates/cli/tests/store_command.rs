//! `tradewind store` as a shell sees it: copies, backups, restores and drills, from and to both databases.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::Value;
use tradewind_engine::kernel::{Actions, State};
use tradewind_engine::{Event, Kernel, KernelConfig};
use tradewind_journal::{FileJournal, Head, Journal as _, JournalConfig, RecordIn, read_from};
use tradewind_store::projection::{RecordSource, Records, Scope, SourceRecord, rebuild};
use tradewind_store::testing::{Server, block_on};
use tradewind_store::{Db, DbConfig, sql};
use tradewind_types::record::{Command as Asked, CommandEnvelope, Record};
use tradewind_types::{AccountInfo, AccountKind, Currency, Decimal, Money, UnixNanos};

/// A place for a database: a data folder, or a PostgreSQL server's URL that goes before it.
struct Place {
    data: PathBuf,
    url: Option<String>,
}

impl Place {
    fn run(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_tradewind"));
        command
            .args(args)
            .arg("--data")
            .arg(&self.data)
            .env("TRADEWIND_PASSWORD", "three boats under the bridge")
            .env_remove("TRADEWIND_CONFIG")
            .env_remove("TRADEWIND_BACKUP_KEY");
        match &self.url {
            Some(url) => command.env("DATABASE_URL", url),
            None => command.env_remove("DATABASE_URL"),
        };
        command.output().expect("it runs")
    }

    fn backup(&self, file: &Path, key: &Path) -> Value {
        json(&self.run(&with_key("backup", file, key)))
    }
}

/// `store WHAT FILE --key-file KEY --json`.
fn with_key<'a>(what: &'a str, file: &'a Path, key: &'a Path) -> Vec<&'a str> {
    let text = |path: &'a Path| path.to_str().expect("text");
    vec!["store", what, text(file), "--key-file", text(key), "--json"]
}

/// A command that needs no data folder.
fn plain(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tradewind"));
    let command = command.args(args).env_remove("DATABASE_URL");
    command.output().expect("it runs")
}

fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", errors(output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn refused(output: &Output, code: i32, why: &str) {
    let told = errors(output);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(why), "{told}");
}

/// Backs up `from`, restores into `to`, and does everything that must not work.
fn there_and_back(folder: &Path, name: &str, from: &Place, to: [&Place; 2], drill_on: Option<&str>) {
    let added = from.run(&["user", "add", "asha", "--role", "trader"]);
    assert!(added.status.success(), "{}", errors(&added));
    let key = folder.join("backup.key");
    let other = folder.join("other.key");
    for path in [&key, &other] {
        assert!(
            plain(&["store", "key", path.to_str().expect("text")])
                .status
                .success()
        );
    }
    let file = folder.join("nightly.twb");
    let taken = from.backup(&file, &key);
    assert_eq!(taken["database"], name);
    assert!(taken["rows"].as_u64().is_some_and(|rows| rows >= 4), "{taken}");
    refused(&from.run(&with_key("backup", &file, &key)), 3, "is there already");
    assert_eq!(json(&plain(&with_key("verify", &file, &key))), taken);
    refused(&plain(&with_key("verify", &file, &other)), 4, "");

    // Drills leave nothing behind and do not touch what is there.
    let mut drill = with_key("restore", &file, &key);
    drill.push("--drill");
    assert_eq!(json(&from.run(&drill)), taken);
    if let Some(url) = drill_on {
        drill.extend(["--drill-on", url]);
        assert_eq!(json(&from.run(&drill)), taken);
        assert_eq!(drills_left(url), 0);
    }

    // A damaged one is noticed and leaves an empty database.
    let mut bytes = std::fs::read(&file).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let damaged = folder.join("damaged.twb");
    std::fs::write(&damaged, &bytes).expect("written");
    refused(&plain(&with_key("verify", &damaged, &key)), 4, "");
    for (number, place) in to.iter().enumerate() {
        refused(&place.run(&with_key("restore", &damaged, &key)), 4, "");
        assert_eq!(json(&place.run(&with_key("restore", &file, &key))), taken);
        refused(&place.run(&with_key("restore", &file, &key)), 1, "");
        // What was restored is what was backed up, whatever database it is in now.
        let again = place.backup(&folder.join(format!("again-{number}.twb")), &key);
        assert_eq!(again["tables"], taken["tables"]);
    }
}

/// Databases of drills on a server.
fn drills_left(url: &str) -> i64 {
    let mut left = -1;
    block_on(async {
        let db = Db::open(&DbConfig::postgres(url).expect("a URL"))
            .await
            .expect("open");
        let count = sql::query("SELECT COUNT(*) FROM pg_database WHERE datname LIKE 'tradewind\\_drill%'")
            .fetch_one(&db)
            .await;
        left = count.expect("counted").at(0).expect("a number");
        db.close().await;
    });
    left
}

fn databases(server: &Server, names: &[&str]) {
    block_on(async {
        let config = DbConfig::postgres(&server.url("postgres")).expect("a URL");
        let db = Db::open(&config).await.expect("open");
        for name in names {
            sql::script(&format!("CREATE DATABASE {name}"), &db)
                .await
                .expect(name);
        }
        db.close().await;
    });
}

fn file(folder: &Path, name: &str) -> Place {
    Place {
        data: folder.join(name),
        url: None,
    }
}

fn on(server: &Server, folder: &Path, name: &str) -> Place {
    Place {
        data: folder.join(name),
        url: Some(server.url(name)),
    }
}

#[test]
fn an_sqlite_database_is_backed_up_drilled_and_restored() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let to = [&file(folder, "one"), &file(folder, "two")];
    there_and_back(folder, "SQLite", &file(folder, "from"), to, None);
}

#[test]
fn a_postgresql_database_is_backed_up_drilled_and_restored_into_either() {
    let Some(server) = Server::start_or_skip() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    databases(&server, &["source", "target", "returned"]);
    let from = on(&server, folder, "source");
    let to = [&on(&server, folder, "target"), &file(folder, "file")];
    there_and_back(folder, "PostgreSQL", &from, to, Some(&server.url("postgres")));

    // And copied by command: from the server to a file and back to the server.
    let (source, returned) = (server.url("source"), server.url("returned"));
    let between = folder.join("between.db").display().to_string();
    let copy = |from: &str, to: &str| {
        let args = ["store", "copy", "--from", from, "--to", to, "--json"];
        json(&plain(&args))
    };
    let there = copy(&source, &between);
    assert_eq!(copy(&between, &returned), there);
    let args = ["store", "copy", "--from", &between, "--to", &returned];
    refused(&plain(&args), 1, "");
}

fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("a valid id")
}

/// Writes a desk's journal through the real kernel, in segments of some 30 transfers.
struct Writer {
    journal: FileJournal,
    kernel: Kernel,
    now: UnixNanos,
    transfers: u64,
}

impl Writer {
    fn begin(dir: &Path) -> Self {
        let mut config = JournalConfig::new(dir);
        (config.segment_bytes_max, config.group_bytes_max) = (20 << 10, 16 << 10);
        config.record_bytes_max = 8 << 10;
        let mut writer = Self {
            journal: FileJournal::open(config).expect("a new journal").0,
            kernel: Kernel::new(KernelConfig::default(), State::default()),
            now: UnixNanos::from_secs(1_795_338_000),
            transfers: 0,
        };
        let account = AccountInfo {
            id: id("a1"),
            org: id("main"),
            owner: id("u1"),
            name: "Paper".to_owned(),
            kind: AccountKind::Paper,
            venue: id("coinbase"),
            base_currency: Currency::USD,
        };
        let deposit = Money::new(Decimal::from(1_000), Currency::USD);
        writer.write(Asked::OpenAccount { account, deposit });
        writer
    }

    fn transfer(&mut self) {
        self.transfers += 1;
        self.write(Asked::Transfer {
            account: id("a1"),
            money: Money::new(Decimal::new(1_001, 2), Currency::USD),
            key: format!("t{}", self.transfers),
            reason: "test".to_owned(),
        });
    }

    fn write(&mut self, command: Asked) {
        self.now = self.now.plus(1_000_000);
        let envelope = CommandEnvelope {
            actor: "u1".to_owned(),
            correlation_id: "r".to_owned(),
            ts: self.now,
            command,
        };
        let mut actions = Actions::default();
        self.kernel
            .process(&Event::Command(Box::new(envelope)), &mut actions);
        for record in &actions.records {
            let payload = record.encode().expect("encodes");
            let record = RecordIn {
                kind: record.kind() as u16,
                version: record.version(),
                ts: self.now.0,
                payload: &payload,
            };
            self.journal.append(&[record]).expect("appended");
        }
        self.journal.commit().expect("committed");
    }
}

struct Source(PathBuf);

impl RecordSource for Source {
    fn read(&self, from_seq: u64) -> Records {
        let records = read_from(&self.0, from_seq).map(|record| {
            let record = record.expect("whole");
            let head = Head {
                seq: record.seq,
                hash: record.hash,
            };
            let outcome = match Record::decode(record.kind, record.version, &record.payload).expect("decodes")
            {
                Record::Outcome(outcome) => Some(outcome),
                Record::Command(_) | Record::Venue(_) => None,
            };
            Ok(SourceRecord {
                seq: record.seq,
                hash: head.hash_hex(),
                outcome,
            })
        });
        Box::new(records.collect::<Vec<_>>().into_iter())
    }
}

fn project(data: &Path) {
    block_on(async {
        let db = Db::open(&DbConfig::file(&data.join("tradewind.db")))
            .await
            .expect("a database");
        let (org, engine) = (id("main"), id("main"));
        let source = Arc::new(Source(data.join("journal")));
        rebuild(&db, &Scope { org, engine }, source, None)
            .await
            .expect("built");
        db.close().await;
    });
}

fn segments(journal: &Path) -> usize {
    let entries = std::fs::read_dir(journal).expect("read");
    let names = entries.map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned());
    names.filter(|name| name.ends_with(".seg")).count()
}

/// Raised however the test ends, or the writer would go on for ever.
struct Raised<'a>(&'a AtomicBool);

impl Drop for Raised<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_journal_that_grows_from_segment_to_segment_is_backed_up_restored_and_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let from = file(folder, "from");
    let added = from.run(&["user", "add", "asha", "--role", "trader"]);
    assert!(added.status.success(), "{}", errors(&added));
    let key = folder.join("backup.key");
    assert!(
        plain(&["store", "key", key.to_str().expect("text")])
            .status
            .success()
    );
    let journal = from.data.join("journal");
    let mut writer = Writer::begin(&journal);
    (0..100).for_each(|_| writer.transfer());
    let projected = writer.journal.head().seq;
    project(&from.data);

    let (stop, durable) = (AtomicBool::new(false), AtomicU64::new(projected));
    let back_up = || {
        let (mut rounds, mut rotated) = (0, 0);
        while rotated < 3 {
            rounds += 1;
            assert!(rounds < 50, "the journal does not grow");
            let (before, at_least) = (segments(&journal), durable.load(Ordering::Acquire));
            let backup = folder.join(format!("{rounds}.twb"));
            let taken = from.backup(&backup, &key);
            rotated += usize::from(segments(&journal) > before);
            assert_eq!(json(&plain(&with_key("verify", &backup, &key))), taken);
            let mut drill = with_key("restore", &backup, &key);
            drill.push("--drill");
            assert_eq!(json(&from.run(&drill)), taken);
            let to = file(folder, &format!("restored-{rounds}"));
            assert_eq!(json(&to.run(&with_key("restore", &backup, &key))), taken);
            let report = json(&to.run(&["verify", "--json"]));
            assert_eq!(report["ok"], true, "{report}");
            assert_eq!(report["projections"]["applied_seq"], projected, "{report}");
            let head = report["journal"]["head_seq"].as_u64().expect("a number");
            assert!(
                head >= at_least,
                "{head} of {at_least} that were durable before it began"
            );
            // It is written on: what was half written at its end goes.
            let (mut restored, _) =
                FileJournal::open(JournalConfig::new(to.data.join("journal"))).expect("opened");
            assert_eq!(restored.head().seq, head);
            let record = RecordIn {
                kind: 1,
                version: 1,
                ts: 0,
                payload: b"more",
            };
            restored.append(&[record]).expect("appended");
            assert_eq!(restored.commit().expect("committed").seq, head + 1);
        }
    };
    std::thread::scope(|scope| {
        let raised = Raised(&stop);
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                writer.transfer();
                durable.store(writer.journal.head().seq, Ordering::Release);
            }
        });
        back_up();
        drop(raised);
    });
    assert!(durable.into_inner() > projected);
}
