//! The database: an SQLite file in WAL mode with one writer and many readers, or a PostgreSQL server with a pool.

use std::path::Path;

use sqlx::postgres::PgPool;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use tradewind_types::UnixNanos;

use crate::StoreError;
use crate::config::{DbConfig, Place};
use crate::postgres::Connections;
use crate::sql::{Handle, Target, Tx, Writing, lock_number, query, script};

/// Lets a transaction of PostgreSQL take its time.
const PATIENCE: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; \
                        SET LOCAL idle_in_transaction_session_timeout = 0";

/// An open database. Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct Db {
    pools: Pools,
}

/// The connections.
#[derive(Debug, Clone)]
pub(crate) enum Pools {
    /// One connection that writes, others that cannot.
    Sqlite {
        /// The one.
        writer: SqlitePool,
        /// The others.
        reader: SqlitePool,
    },
    /// Connections that do both.
    Postgres(Connections),
}

/// Which of the two databases it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Backend {
    /// Its name as people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Backend::Sqlite => "SQLite",
            Backend::Postgres => "PostgreSQL",
        }
    }
}

impl Db {
    /// Opens (or makes) the database. Does not migrate it; see [`crate::migrate`].
    ///
    /// # Errors
    /// When the file cannot be opened or the server not be reached.
    pub async fn open(config: &DbConfig) -> Result<Self, StoreError> {
        let pools = match &config.place {
            Place::File(path) => open_sqlite(config, path).await?,
            Place::Postgres(options) => {
                if let Some(exposure) = options.exposure() {
                    tracing::warn!(host = options.host(), "{exposure}");
                }
                Pools::Postgres(Connections::open(options.connect_options(config), config).await?)
            }
        };
        Ok(Self { pools })
    }

    pub(crate) fn pools(&self) -> &Pools {
        &self.pools
    }

    /// Which of the two databases it is.
    #[must_use]
    pub fn backend(&self) -> Backend {
        match self.pools {
            Pools::Sqlite { .. } => Backend::Sqlite,
            Pools::Postgres(_) => Backend::Postgres,
        }
    }

    /// The same database for fetches that write: `… RETURNING`.
    #[must_use]
    pub fn writing(&self) -> Writing<'_> {
        Writing(self)
    }

    pub(crate) fn writing_handle(&self) -> Handle<'_> {
        Target::writing(self)
    }

    /// Begins a transaction that reads, decides and writes. Of two with the same name the second begins when the first
    /// is over, so that nothing changes between its reading and its writing, provided that everybody who decides upon
    /// the same rows uses the name. (SQLite has one writer anyhow; PostgreSQL takes an advisory lock on the name.)
    ///
    /// # Errors
    /// [`StoreError::Busy`] when it could not begin in time; else those of the database.
    pub async fn begin(&self, name: &str) -> Result<Tx, StoreError> {
        match &self.pools {
            Pools::Sqlite { writer, .. } => Ok(Tx::sqlite(writer.begin_with("BEGIN IMMEDIATE").await?)),
            Pools::Postgres(connections) => {
                begin_postgres(connections, Begin::Named(lock_number(name))).await
            }
        }
    }

    /// [`Db::begin`] for work that takes its time (migrations, copies): waits for the name as long as it takes, and no
    /// statement of it is cut off.
    ///
    /// # Errors
    /// Those of the database.
    pub(crate) async fn begin_long(&self, name: &str) -> Result<Tx, StoreError> {
        match &self.pools {
            Pools::Sqlite { .. } => self.begin(name).await,
            Pools::Postgres(connections) => {
                begin_postgres(connections, Begin::Patient(lock_number(name))).await
            }
        }
    }

    /// Begins a transaction that only reads: everything in it is as of one moment.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn snapshot(&self) -> Result<Tx, StoreError> {
        match &self.pools {
            Pools::Sqlite { reader, .. } => Ok(Tx::sqlite(reader.begin().await?)),
            Pools::Postgres(connections) => begin_postgres(connections, Begin::Snapshot).await,
        }
    }

    /// [`Db::snapshot`] for work that takes its time: no statement of it is cut off.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn snapshot_long(&self) -> Result<Tx, StoreError> {
        let mut tx = self.snapshot().await?;
        if tx.is_postgres() {
            script(PATIENCE, &mut tx).await?;
        }
        Ok(tx)
    }

    /// Asks the database a trivial question.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn ping(&self) -> Result<(), StoreError> {
        query("SELECT 1").fetch_one(self).await?;
        Ok(())
    }

    /// How many connections there are now, and how many of them nobody uses; of SQLite those that read.
    #[must_use]
    pub fn connections(&self) -> (u32, u32) {
        match &self.pools {
            Pools::Sqlite { reader, .. } => {
                let idle = u32::try_from(reader.num_idle()).unwrap_or(u32::MAX);
                (reader.size(), idle)
            }
            Pools::Postgres(connections) => connections.counts(),
        }
    }

    /// Closes all connections; SQLite writes back its log.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, reader } => {
                reader.close().await;
                writer.close().await;
            }
            Pools::Postgres(connections) => connections.close().await,
        }
    }
}

/// How a transaction of PostgreSQL begins.
#[derive(Clone, Copy)]
enum Begin {
    /// With the lock of this number.
    Named(i64),
    /// The same, without timeouts.
    Patient(i64),
    /// Reading only.
    Snapshot,
}

/// Begins in a task of its own: whoever is dropped while it waits (a client that hangs up) must not leave a connection in
/// the pool that is within a transaction that nobody ends. sqlx only ends those whose beginning it saw.
async fn begin_postgres(connections: &Connections, how: Begin) -> Result<Tx, StoreError> {
    let pool: PgPool = connections.pool().clone();
    let begun = connections.reached(tokio::spawn(async move {
        let (number, patient) = match how {
            Begin::Snapshot => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                return Ok(Tx::postgres(pool.begin_with(begin).await?));
            }
            Begin::Named(number) => (number, false),
            Begin::Patient(number) => (number, true),
        };
        let mut tx = Tx::postgres(pool.begin().await?);
        if patient {
            script(PATIENCE, &mut tx).await?;
        }
        query("SELECT pg_advisory_xact_lock($1)")
            .bind(number)
            .execute(&mut tx)
            .await?;
        Ok(tx)
    }));
    match begun.await? {
        Ok(begun) => begun,
        Err(_) => Err(StoreError::Unavailable(sqlx::Error::WorkerCrashed)),
    }
}

async fn open_sqlite(config: &DbConfig, path: &Path) -> Result<Pools, StoreError> {
    let options = SqliteConnectOptions::new()
        .filename(path)
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
    let reader = pool(config.connections_max.max(1))
        .connect_with(options.pragma("query_only", "ON"))
        .await?;
    Ok(Pools::Sqlite { writer, reader })
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
    use std::time::Duration;

    #[tokio::test]
    async fn a_busy_pool_is_a_typed_error_after_the_acquire_timeout() {
        let dir = tempfile::tempdir().expect("temp dir");
        let mut config = DbConfig::file(&dir.path().join("t.db"));
        config.acquire_timeout = Duration::from_secs(1);
        let db = Db::open(&config).await.expect("open");
        let held = db.begin("held").await.expect("the only writer");
        let refused = script("CREATE TABLE x (a BIGINT)", &db).await;
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
        let refused = query("CREATE TABLE x (a BIGINT)").fetch_all(&db).await;
        assert!(refused.is_err(), "a reader wrote");
    }
}
