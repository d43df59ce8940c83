//! Numbered, reversible migrations, applied under a lock, each checked against the checksum it was applied with.
//!
//! The text of a migration is one for both databases. For PostgreSQL the runner puts two words differently (see
//! [`dialect`]), which leaves the checksums as they are.
//!
//! Rules: a released migration is never edited (its checksum would no longer match and the program refuses to
//! start); changes go expand → migrate → contract over releases; `up` and `down` are plain SQL that SQLite and
//! PostgreSQL both take; all of one call is one transaction.

use sha2::{Digest, Sha256};
use tradewind_types::UnixNanos;

use crate::db::{Backend, from_sql, to_sql};
use crate::sql::{Tx, query, script};
use crate::{Db, StoreError};

pub mod dialect;

/// The name under which migrations are serial.
const LOCK: &str = "migrations";

/// One migration.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Its number; they follow each other without gaps, from 1.
    pub version: i64,
    /// Its name.
    pub name: &'static str,
    /// SQL that applies it.
    pub up: &'static str,
    /// SQL that takes it back.
    pub down: &'static str,
}

impl Migration {
    /// SHA-256 of both directions, in hex.
    #[must_use]
    pub fn checksum(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.up.as_bytes());
        hash.update([0]);
        hash.update(self.down.as_bytes());
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

macro_rules! migration {
    ($version:literal, $file:literal) => {
        Migration {
            version: $version,
            name: $file,
            up: include_str!(concat!("../migrations/", $file, ".up.sql")),
            down: include_str!(concat!("../migrations/", $file, ".down.sql")),
        }
    };
}

/// All migrations, oldest first.
pub const MIGRATIONS: &[Migration] = &[
    migration!(1, "0001_identity"),
    migration!(2, "0002_projections"),
    migration!(3, "0003_bookkeeping"),
    migration!(4, "0004_order_terms"),
    migration!(5, "0005_calendar"),
    migration!(6, "0006_catalog"),
    migration!(7, "0007_chart"),
    migration!(8, "0008_identity_factors"),
    migration!(9, "0009_organisations"),
    migration!(10, "0010_audit_chain"),
    migration!(11, "0011_privacy"),
    migration!(12, "0012_key_terms"),
    migration!(13, "0013_linked_identities"),
    migration!(14, "0014_settings"),
    migration!(15, "0015_notifications"),
    migration!(16, "0016_claims"),
];

/// A migration with what the database says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationStatus {
    /// Its number.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// When it was applied; `None` = pending.
    pub applied_at: Option<UnixNanos>,
}

struct Applied {
    version: i64,
    name: String,
    checksum: String,
    applied_at: i64,
}

/// Begins a transaction that no other program migrates in, with the table of what was applied.
async fn begin(db: &Db) -> Result<Tx, StoreError> {
    let mut tx = db.begin_long(LOCK).await?;
    let table = "CREATE TABLE IF NOT EXISTS schema_migrations (
        version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)";
    query(table).execute(&mut tx).await?;
    Ok(tx)
}

async fn run(db: &Db, text: &str, tx: &mut Tx) -> Result<(), StoreError> {
    match db.backend() {
        Backend::Sqlite => script(text, tx).await,
        Backend::Postgres => script(&dialect::postgres(text), tx).await,
    }
}

async fn applied(tx: &mut Tx) -> Result<Vec<Applied>, StoreError> {
    let rows = query("SELECT version, name, checksum, applied_at FROM schema_migrations ORDER BY version")
        .fetch_all(tx)
        .await?;
    let read = |row: &crate::sql::Row| {
        Ok(Applied {
            version: row.at(0)?,
            name: row.at(1)?,
            checksum: row.at(2)?,
            applied_at: row.at(3)?,
        })
    };
    rows.iter().map(read).collect()
}

fn check(applied: &[Applied], known: &[Migration]) -> Result<(), StoreError> {
    for row in applied {
        let Some(migration) = known.iter().find(|m| m.version == row.version) else {
            let text = "the database was migrated by a newer program";
            return Err(StoreError::Schema(format!(
                "{text}: migration {} {}",
                row.version, row.name
            )));
        };
        if migration.checksum() != row.checksum {
            let text = "differs from the one that was applied; a released migration is never edited";
            return Err(StoreError::Schema(format!("migration {} {text}", migration.name)));
        }
    }
    Ok(())
}

/// Applies all pending migrations and returns their names. Waits for another process that is at it.
///
/// # Errors
/// When a statement fails (nothing is applied then), or the database knows migrations that this program does not.
pub async fn up(db: &Db, now: UnixNanos) -> Result<Vec<&'static str>, StoreError> {
    up_with(db, MIGRATIONS, now).await
}

async fn up_with(db: &Db, known: &[Migration], now: UnixNanos) -> Result<Vec<&'static str>, StoreError> {
    // The lock is taken at once: of two programs that start together the second finds it all done.
    let mut tx = begin(db).await?;
    check(&applied(&mut tx).await?, known)?;
    let names = apply(db, &mut tx, known, now).await?;
    tx.commit().await?;
    Ok(names)
}

/// Applies all pending migrations within a transaction, which commits them with what else it did.
///
/// # Errors
/// As [`up`].
pub(crate) async fn up_within(db: &Db, tx: &mut Tx, now: UnixNanos) -> Result<(), StoreError> {
    apply(db, tx, MIGRATIONS, now).await.map(drop)
}

/// Applies what is pending of `known`.
async fn apply(
    db: &Db,
    tx: &mut Tx,
    known: &[Migration],
    now: UnixNanos,
) -> Result<Vec<&'static str>, StoreError> {
    let done = applied(tx).await?;
    let mut names = Vec::new();
    for migration in known
        .iter()
        .filter(|m| done.iter().all(|d| d.version != m.version))
    {
        run(db, migration.up, tx).await?;
        query("INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, $4)")
            .bind(migration.version)
            .bind(migration.name)
            .bind(migration.checksum())
            .bind(to_sql(now))
            .execute(&mut *tx)
            .await?;
        names.push(migration.name);
    }
    Ok(names)
}

/// Applies the first `count` migrations as far as they are pending: an older schema, for a backup of that time.
///
/// # Errors
/// As [`up`].
pub async fn up_to(db: &Db, count: usize, now: UnixNanos) -> Result<Vec<&'static str>, StoreError> {
    let mut tx = begin(db).await?;
    // A database that is further on is none of an unknown program: it is checked against all that are known.
    check(&applied(&mut tx).await?, MIGRATIONS)?;
    let part = MIGRATIONS.get(..count).unwrap_or(MIGRATIONS);
    let names = apply(db, &mut tx, part, now).await?;
    tx.commit().await?;
    Ok(names)
}

/// The checksums of the applied migrations, oldest first.
pub(crate) async fn checksums(tx: &mut Tx) -> Result<Vec<String>, StoreError> {
    Ok(applied(tx).await?.into_iter().map(|row| row.checksum).collect())
}

/// Takes the newest `count` applied migrations back and returns their names. Their data is gone.
///
/// # Errors
/// When a statement fails; nothing is changed then.
pub async fn down(db: &Db, count: usize) -> Result<Vec<&'static str>, StoreError> {
    let mut tx = begin(db).await?;
    let done = applied(&mut tx).await?;
    check(&done, MIGRATIONS)?;
    let mut names = Vec::new();
    for row in done.iter().rev().take(count) {
        // `check` has just found every applied version in the list.
        let Some(migration) = MIGRATIONS.iter().find(|m| m.version == row.version) else {
            continue;
        };
        run(db, migration.down, &mut tx).await?;
        query("DELETE FROM schema_migrations WHERE version = $1")
            .bind(migration.version)
            .execute(&mut tx)
            .await?;
        names.push(migration.name);
    }
    tx.commit().await?;
    Ok(names)
}

/// Every migration this program knows, applied or pending.
///
/// # Errors
/// When the database does not answer, or was migrated by a newer program.
pub async fn status(db: &Db) -> Result<Vec<MigrationStatus>, StoreError> {
    let mut tx = begin(db).await?;
    let done = applied(&mut tx).await?;
    tx.commit().await?;
    check(&done, MIGRATIONS)?;
    let describe = |m: &Migration| MigrationStatus {
        version: m.version,
        name: m.name.to_owned(),
        applied_at: done
            .iter()
            .find(|d| d.version == m.version)
            .map(|d| from_sql(d.applied_at)),
    };
    Ok(MIGRATIONS.iter().map(describe).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migrations_are_numbered_without_gaps_as_their_files_are() {
        for (number, migration) in (1..).zip(MIGRATIONS) {
            assert_eq!(migration.version, number);
            assert!(
                migration.name.starts_with(&format!("{number:04}_")),
                "{}",
                migration.name
            );
        }
    }

    async fn open(dir: &tempfile::TempDir) -> Db {
        Db::open(&crate::testing::place(dir.path()).await)
            .await
            .expect("open")
    }

    async fn an_edited_migration_is_refused() {
        let dir = tempfile::tempdir().expect("temp dir");
        let db = open(&dir).await;
        let first = Migration {
            version: 1,
            name: "0001_a",
            up: "CREATE TABLE a (x BIGINT);",
            down: "DROP TABLE a;",
        };
        up_with(&db, &[first], UnixNanos(1)).await.expect("applied");
        let edited = Migration {
            up: "CREATE TABLE a (y BIGINT);",
            ..first
        };
        let refused = up_with(&db, &[edited], UnixNanos(2)).await;
        assert!(matches!(refused, Err(StoreError::Schema(_))), "{refused:?}");
    }

    async fn a_failing_migration_leaves_nothing_behind() {
        let dir = tempfile::tempdir().expect("temp dir");
        let db = open(&dir).await;
        let good = Migration {
            version: 1,
            name: "0001_a",
            up: "CREATE TABLE a (x BIGINT);",
            down: "DROP TABLE a;",
        };
        let bad = Migration {
            version: 2,
            name: "0002_b",
            up: "CREATE TABLE b (x BIGINT); NONSENSE;",
            down: "",
        };
        assert!(up_with(&db, &[good, bad], UnixNanos(1)).await.is_err());
        let names = up_with(&db, &[good], UnixNanos(2))
            .await
            .expect("applied from scratch");
        assert_eq!(names, ["0001_a"], "the first half of the failed call was kept");
    }

    crate::on_both_databases!(
        an_edited_migration_is_refused,
        a_failing_migration_leaves_nothing_behind
    );
}
