//! The database: one writer and many readers on an SQLite file in WAL mode.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use tradewind_types::UnixNanos;

use crate::StoreError;

/// How to open the database.
#[derive(Debug, Clone)]
pub struct DbConfig {
    /// The file; made when missing.
    pub path: PathBuf,
    /// Reading connections.
    pub readers_max: u32,
    /// How long to wait for a free connection.
    pub acquire_timeout: Duration,
}

impl DbConfig {
    /// The defaults for a file: 8 readers, 5 s.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            readers_max: 8,
            acquire_timeout: Duration::from_secs(5),
        }
    }
}

/// An open database. Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct Db {
    writer: SqlitePool,
    reader: SqlitePool,
}

impl Db {
    /// Opens (or makes) the database. Does not migrate it; see [`crate::migrate`].
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn open(config: &DbConfig) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::new()
            .filename(&config.path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // Identity must survive a power cut: a revoked key may not come back.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(config.acquire_timeout);
        let pool = |max: u32| {
            SqlitePoolOptions::new()
                .max_connections(max)
                .acquire_timeout(config.acquire_timeout)
                // An SQLite connection is a file handle in this process: it need not be pinged before each use.
                .test_before_acquire(false)
        };
        // The writer comes first, so that the file and its WAL mode exist before a reader looks.
        let writer = pool(1).connect_with(options.clone()).await?;
        let reader = pool(config.readers_max.max(1))
            .connect_with(options.pragma("query_only", "ON"))
            .await?;
        Ok(Self { writer, reader })
    }

    /// The one writing connection.
    #[must_use]
    pub fn writer(&self) -> &SqlitePool {
        &self.writer
    }

    /// The reading connections.
    #[must_use]
    pub fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// Asks the database a trivial question.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.reader).await?;
        Ok(())
    }

    /// Closes all connections, writing back the log.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// A time as stored.
#[must_use]
pub fn to_sql(ts: UnixNanos) -> i64 {
    i64::try_from(ts.0).unwrap_or(i64::MAX)
}

/// A stored time.
#[must_use]
pub fn from_sql(ts: i64) -> UnixNanos {
    UnixNanos(u64::try_from(ts).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_busy_pool_is_a_typed_error_after_the_acquire_timeout() {
        let dir = tempfile::tempdir().expect("temp dir");
        let mut config = DbConfig::file(&dir.path().join("t.db"));
        config.acquire_timeout = Duration::from_secs(1);
        let db = Db::open(&config).await.expect("open");
        let held = db.writer().acquire().await.expect("the only writer");
        let refused = sqlx::query("SELECT 1")
            .execute(db.writer())
            .await
            .map_err(StoreError::from);
        assert!(matches!(refused, Err(StoreError::Busy)), "{refused:?}");
        drop(held);
        db.ping().await.expect("ping");
    }

    #[tokio::test]
    async fn readers_cannot_write() {
        let dir = tempfile::tempdir().expect("temp dir");
        let db = Db::open(&DbConfig::file(&dir.path().join("t.db")))
            .await
            .expect("open");
        let refused = sqlx::query("CREATE TABLE x (a BIGINT)")
            .execute(db.reader())
            .await;
        assert!(refused.is_err(), "a reader wrote");
    }
}
