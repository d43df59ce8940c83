//! Everything from one database to the other and back, by copy and by backup; nothing is there twice or half.

mod desk;

use std::sync::Arc;

use desk::*;
use tradewind_store::backup::{self, BackupError, BackupKey};
use tradewind_store::identity::{audit, organisations};
use tradewind_store::migrate::{self, MIGRATIONS};
use tradewind_store::projection::{Scope, rebuild};
use tradewind_store::transfer::{self, CopiedTable};
use tradewind_store::{Db, DbConfig, StoreError, testing};
use tradewind_types::*;

async fn empty(config: &DbConfig) -> Db {
    let db = Db::open(config).await.expect("open");
    migrate::up(&db, UnixNanos(1)).await.expect("up");
    db
}

/// A database with a desk's history, people's rows, and texts that are hard to carry.
async fn filled(config: &DbConfig) -> Db {
    let db = empty(config).await;
    let (org, engine) = (id("desk"), id("main"));
    organisations::ensure(&db, &org, &engine, UnixNanos(1))
        .await
        .expect("desk");
    for detail in ["", "{\"a\":\"'\\\"\"}", "é 漢 🜚 \u{1}\n\t;--"] {
        let row = audit::AuditRow {
            org: org.clone(),
            ts: UnixNanos(i64::MAX as u64),
            actor: "u1".to_owned(),
            action: "test".to_owned(),
            subject: detail.to_owned(),
            outcome: "OK".to_owned(),
            ip: "::1".to_owned(),
            correlation_id: "c".to_owned(),
            detail: detail.to_owned(),
            person: String::new(),
            personal: String::new(),
        };
        audit::append(&db, &row).await.expect("noted");
    }
    let journal = MemoryJournal::default();
    journal.append(&Desk::history(21, 700).source_records());
    let scope = Scope { org, engine };
    rebuild(&db, &scope, Arc::new(journal), None)
        .await
        .expect("projected");
    db
}

fn rows(tables: &[CopiedTable]) -> u64 {
    tables.iter().map(|table| table.rows).sum()
}

fn file(dir: &tempfile::TempDir, name: &str) -> DbConfig {
    DbConfig::file(&dir.path().join(name))
}

async fn everything_is_copied_there_and_back() {
    let dir = tempfile::tempdir().expect("dir");
    let from = filled(&file(&dir, "from.db")).await;
    let middle = empty(&testing::place(dir.path()).await).await;
    let back = empty(&file(&dir, "back.db")).await;
    let there = transfer::copy(&from, &middle).await.expect("copied");
    assert!(rows(&there) > 500, "{there:?}");
    assert!(
        there.iter().filter(|table| table.rows > 0).count() > 10,
        "{there:?}"
    );
    let again = transfer::copy(&middle, &back).await.expect("copied back");
    assert_eq!(there, again);
}

async fn a_target_that_is_not_empty_or_not_at_the_same_migration_is_refused() {
    let dir = tempfile::tempdir().expect("dir");
    let from = filled(&file(&dir, "from.db")).await;
    let to = empty(&testing::place(dir.path()).await).await;
    transfer::copy(&from, &to).await.expect("copied");
    let twice = transfer::copy(&from, &to).await;
    let Err(StoreError::Schema(why)) = twice else {
        panic!("{twice:?}")
    };
    assert!(why.contains("not empty"), "{why}");
    let older = empty(&file(&dir, "older.db")).await;
    migrate::down(&older, 1).await.expect("down");
    let refused = transfer::copy(&from, &older).await;
    let Err(StoreError::Schema(why)) = refused else {
        panic!("{refused:?}")
    };
    assert!(why.contains("migration"), "{why}");
}

async fn a_backup_is_restored_into_either_database() {
    let dir = tempfile::tempdir().expect("dir");
    let key = BackupKey::from_bytes([9; 32]);
    let from = filled(&testing::place(dir.path()).await).await;
    let mut bytes = Vec::new();
    let taken = backup::backup(&from, &mut bytes, &key, UnixNanos(5), &|_, _| true)
        .await
        .expect("taken");
    assert!(taken.rows() > 500);
    assert!(
        !bytes.windows(6).any(|part| part == b"CASH_A"),
        "something stands in it as plain text"
    );
    assert_eq!(backup::verify(bytes.as_slice(), &key).expect("intact"), taken);

    let other = tempfile::tempdir().expect("dir");
    for config in [file(&dir, "restored.db"), testing::place(other.path()).await] {
        let to = Db::open(&config).await.expect("open");
        let restored = backup::restore(bytes.as_slice(), &key, &to, UnixNanos(6)).await;
        assert_eq!(restored.expect("restored"), taken);
        let mut again = Vec::new();
        let second = backup::backup(&to, &mut again, &key, UnixNanos(7), &|_, _| true)
            .await
            .expect("taken");
        assert_eq!(second.tables, taken.tables);
        let twice = backup::restore(bytes.as_slice(), &key, &to, UnixNanos(8)).await;
        assert!(
            matches!(twice, Err(BackupError::Store(StoreError::Schema(_)))),
            "{twice:?}"
        );
    }
}

async fn a_damaged_backup_leaves_the_database_empty() {
    let dir = tempfile::tempdir().expect("dir");
    let key = BackupKey::from_bytes([9; 32]);
    let from = filled(&file(&dir, "from.db")).await;
    let mut bytes = Vec::new();
    backup::backup(&from, &mut bytes, &key, UnixNanos(5), &|_, _| true)
        .await
        .expect("taken");
    let to = Db::open(&testing::place(dir.path()).await).await.expect("open");
    for at in [12, bytes.len() / 2, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[at] ^= 4;
        let verified = backup::verify(damaged.as_slice(), &key);
        assert!(
            matches!(verified, Err(BackupError::Broken(_))),
            "{at}: {verified:?}"
        );
        let restored = backup::restore(damaged.as_slice(), &key, &to, UnixNanos(6)).await;
        assert!(
            matches!(restored, Err(BackupError::Broken(_))),
            "{at}: {restored:?}"
        );
    }
    // Nothing of it is there: it can still be filled.
    backup::restore(bytes.as_slice(), &key, &to, UnixNanos(7))
        .await
        .expect("restored");
}

async fn a_backup_of_an_older_schema_is_restored_and_brought_up() {
    let dir = tempfile::tempdir().expect("dir");
    let key = BackupKey::from_bytes([9; 32]);
    let from = filled(&testing::place(dir.path()).await).await;
    migrate::down(&from, MIGRATIONS.len() - 7)
        .await
        .expect("down to what was released first");
    let mut bytes = Vec::new();
    let taken = backup::backup(&from, &mut bytes, &key, UnixNanos(5), &|_, _| true)
        .await
        .expect("taken");
    assert_eq!(taken.header.migrations.len(), 7);
    let to = Db::open(&file(&dir, "to.db")).await.expect("open");
    let restored = backup::restore(bytes.as_slice(), &key, &to, UnixNanos(6)).await;
    assert_eq!(restored.expect("restored").tables, taken.tables);
    let status = migrate::status(&to).await.expect("status");
    assert!(
        status.iter().all(|m| m.applied_at.is_some()),
        "it was not brought up"
    );
}

/// A folder with what a journal has.
fn journal_folder(dir: &tempfile::TempDir) -> std::path::PathBuf {
    let journal = dir.path().join("journal");
    std::fs::create_dir(&journal).expect("made");
    std::fs::write(journal.join("head"), [1; 128]).expect("written");
    std::fs::write(journal.join("00000000000000000001.seg"), [2; 4_096]).expect("written");
    std::fs::write(journal.join("lock"), "").expect("written");
    journal
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("read");
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

async fn a_backup_with_its_journal_is_checked_drilled_and_put_back() {
    let (dir, to) = (
        tempfile::tempdir().expect("dir"),
        tempfile::tempdir().expect("dir"),
    );
    let key = BackupKey::from_bytes([9; 32]);
    let from = filled(&testing::place(dir.path()).await).await;
    let (journal, path) = (journal_folder(&dir), to.path().join("one.twb"));
    let told = std::sync::Mutex::new(Vec::new());
    let watch = |done: u64, total: u64| {
        told.lock().expect("told").push((done, total));
        true
    };
    let taken = backup::take(&from, Some(&journal), &path, &key, UnixNanos(5), &watch).await;
    let taken = taken.expect("taken");
    assert_eq!(taken.journal.map(|of| of.files), Some(2));
    let tables = taken.contents.tables.len() as u64;
    let told = told.into_inner().expect("told");
    assert_eq!(told.last(), Some(&(tables, tables)));
    assert!(told.windows(2).all(|pair| pair[0].0 <= pair[1].0), "{told:?}");
    assert_eq!(names(to.path()), ["one.twb", "one.twj"]);
    let again = backup::take(&from, None, &path, &key, UnixNanos(5), &|_, _| true).await;
    assert!(
        matches!(again, Err(BackupError::Io(_))),
        "what is there is not written over"
    );

    assert_eq!(backup::check(&path, &key, &|_, _| true).expect("whole"), taken);
    let looked = std::sync::atomic::AtomicBool::new(false);
    let look = |folder: &std::path::Path| {
        looked.store(
            names(folder) == ["00000000000000000001.seg", "head"],
            std::sync::atomic::Ordering::Relaxed,
        );
        Ok(())
    };
    let drilled = backup::drill(&path, &key, UnixNanos(6), to.path(), &look, &|_, _| true).await;
    assert_eq!(drilled.expect("drilled"), taken);
    assert!(looked.into_inner(), "the journal was not shown");
    let wrong = |_: &std::path::Path| Err("it is torn".to_owned());
    let refused = backup::drill(&path, &key, UnixNanos(6), to.path(), &wrong, &|_, _| true).await;
    assert!(matches!(refused, Err(BackupError::Broken(why)) if why.contains("it is torn")));
    assert_eq!(names(to.path()), ["one.twb", "one.twj"], "a trial left something");

    let back = Db::open(&file(&to, "back.db")).await.expect("open");
    let folder = to.path().join("journal");
    let put = backup::put_back(&path, &key, (&back, &folder), UnixNanos(7), &|_, _| true).await;
    assert_eq!(put.expect("put back"), taken);
    let same = |name: &str| std::fs::read(journal.join(name)).ok() == std::fs::read(folder.join(name)).ok();
    assert!(same("head") && same("00000000000000000001.seg"));
    let other = Db::open(&file(&to, "other.db")).await.expect("open");
    let full = backup::put_back(&path, &key, (&other, &folder), UnixNanos(8), &|_, _| true).await;
    assert!(
        matches!(full, Err(BackupError::Io(_))),
        "a journal that is there is not written over"
    );
}

/// Copies both files of a backup.
fn copied(from: &std::path::Path, to: &std::path::Path) {
    std::fs::copy(from, to).expect("copied");
    std::fs::copy(backup::journal_of(from), backup::journal_of(to)).expect("copied");
}

async fn a_backup_without_its_journal_or_with_another_ones_is_not_whole() {
    let (dir, to) = (
        tempfile::tempdir().expect("dir"),
        tempfile::tempdir().expect("dir"),
    );
    let key = BackupKey::from_bytes([9; 32]);
    let from = filled(&testing::place(dir.path()).await).await;
    let journal = journal_folder(&dir);
    let at = |name: &str| to.path().join(name);
    // The same journal twice: nothing but the sets tells them apart.
    for name in ["one.twb", "two.twb"] {
        backup::take(&from, Some(&journal), &at(name), &key, UnixNanos(5), &|_, _| true)
            .await
            .expect("taken");
    }
    backup::take(&from, None, &at("none.twb"), &key, UnixNanos(5), &|_, _| true)
        .await
        .expect("taken");
    copied(&at("one.twb"), &at("alone.twb"));
    std::fs::remove_file(at("alone.twj")).expect("removed");
    copied(&at("one.twb"), &at("mixed.twb"));
    std::fs::copy(at("two.twj"), at("mixed.twj")).expect("copied");
    std::fs::copy(at("none.twb"), at("added.twb")).expect("copied");
    std::fs::copy(at("two.twj"), at("added.twj")).expect("copied");
    let scratch = tempfile::tempdir().expect("dir");
    for (name, why) in [
        ("alone", "alone.twj is missing"),
        ("mixed", "mixed.twj beside it is the journal of another"),
        ("added", "added.twj beside it is the journal of another"),
    ] {
        let path = at(&format!("{name}.twb"));
        let told = |error: BackupError| match error {
            BackupError::Broken(told) => assert!(told.contains(why), "{told}"),
            other => panic!("{name}: {other}"),
        };
        told(backup::check(&path, &key, &|_, _| true).expect_err(name));
        let look = |_: &std::path::Path| Ok(());
        let drilled = backup::drill(&path, &key, UnixNanos(6), scratch.path(), &look, &|_, _| true).await;
        told(drilled.expect_err(name));
        let back = Db::open(&file(&to, &format!("{name}.db"))).await.expect("open");
        let folder = at(name);
        let put = backup::put_back(&path, &key, (&back, &folder), UnixNanos(7), &|_, _| true).await;
        told(put.expect_err(name));
        assert!(!folder.exists(), "{name}: the journal stayed");
        // Nothing of it is there: the whole one can still be put back.
        backup::put_back(&at("two.twb"), &key, (&back, &folder), UnixNanos(8), &|_, _| true)
            .await
            .expect("put back");
    }
    assert_eq!(names(scratch.path()), [""; 0]);
    backup::check(&at("none.twb"), &key, &|_, _| true).expect("whole without a journal");
}

async fn what_is_stopped_or_fails_leaves_nothing() {
    let (dir, to) = (
        tempfile::tempdir().expect("dir"),
        tempfile::tempdir().expect("dir"),
    );
    let key = BackupKey::from_bytes([9; 32]);
    let from = filled(&testing::place(dir.path()).await).await;
    let (journal, path) = (journal_folder(&dir), to.path().join("one.twb"));
    let asked = std::sync::atomic::AtomicU64::new(0);
    let ask = |most: u64| {
        asked.store(0, std::sync::atomic::Ordering::Relaxed);
        let asked = &asked;
        move |_: u64, _: u64| asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < most
    };
    // At every place where it looks, from the first to the last.
    for most in 0.. {
        let watch = ask(most);
        match backup::take(&from, Some(&journal), &path, &key, UnixNanos(5), &watch).await {
            Err(BackupError::Stopped) => assert_eq!(names(to.path()), [""; 0], "after {most} looks"),
            done => {
                done.expect("taken");
                assert!(most > 8, "it looked {most} times");
                break;
            }
        }
    }
    let stopped = backup::check(&path, &key, &ask(1));
    assert!(matches!(stopped, Err(BackupError::Stopped)), "{stopped:?}");
    let look = |_: &std::path::Path| Ok(());
    let stopped = backup::drill(&path, &key, UnixNanos(6), to.path(), &look, &ask(1)).await;
    assert!(matches!(stopped, Err(BackupError::Stopped)), "{stopped:?}");
    std::fs::write(to.path().join("two.twj"), "somebody's").expect("written");
    let two = to.path().join("two.twb");
    let refused = backup::take(&from, Some(&journal), &two, &key, UnixNanos(5), &|_, _| true).await;
    assert!(matches!(refused, Err(BackupError::Io(_))), "{refused:?}");
    assert_eq!(names(to.path()), ["one.twb", "one.twj", "two.twj"]);
}

tradewind_store::on_both_databases!(
    everything_is_copied_there_and_back,
    a_target_that_is_not_empty_or_not_at_the_same_migration_is_refused,
    a_backup_is_restored_into_either_database,
    a_damaged_backup_leaves_the_database_empty,
    a_backup_of_an_older_schema_is_restored_and_brought_up,
    a_backup_with_its_journal_is_checked_drilled_and_put_back,
    a_backup_without_its_journal_or_with_another_ones_is_not_whole,
    what_is_stopped_or_fails_leaves_nothing,
);
