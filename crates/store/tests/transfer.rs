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
    let taken = backup::backup(&from, &mut bytes, &key, UnixNanos(5))
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
        let second = backup::backup(&to, &mut again, &key, UnixNanos(7))
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
    backup::backup(&from, &mut bytes, &key, UnixNanos(5))
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
    let taken = backup::backup(&from, &mut bytes, &key, UnixNanos(5))
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

tradewind_store::on_both_databases!(
    everything_is_copied_there_and_back,
    a_target_that_is_not_empty_or_not_at_the_same_migration_is_refused,
    a_backup_is_restored_into_either_database,
    a_damaged_backup_leaves_the_database_empty,
    a_backup_of_an_older_schema_is_restored_and_brought_up,
);
