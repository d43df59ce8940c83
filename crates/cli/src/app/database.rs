//! Where the database of an installation is: a file in the data folder, or the PostgreSQL server that `DATABASE_URL` or
//! `[store]` of the configuration names.

use std::fmt;
use std::time::Duration;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use tradewind_store::{Db, DbConfig, Place, migrate};
use tradewind_types::Clock;

use super::DataDir;
use crate::failure::Failure;

/// The environment variable that names the server, before the configuration.
pub(crate) const DATABASE_URL: &str = "DATABASE_URL";
/// Most connections that may be asked for: what one PostgreSQL server bears without a pooler in front.
const CONNECTIONS_MAX: u32 = 1_000;

/// `[store]` of the configuration.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreConfig {
    /// `postgres://…`; without it the file `tradewind.db` in the data folder.
    url: Option<Url>,
    /// Connections of the pool; PostgreSQL 100, of an SQLite file 8 that read.
    connections: Option<u32>,
    /// How long to wait for a connection or a lock, s; 5.
    acquire_timeout_s: Option<u64>,
    /// How long one statement may take in PostgreSQL, s; 8.
    statement_timeout_s: Option<u64>,
}

/// A URL that may have a password in it, hence is never printed.
#[derive(Clone, Deserialize)]
struct Url(String);

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("postgres://…")
    }
}

/// Written it says only that there is one.
impl Serialize for Url {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("postgres://…")
    }
}

impl StoreConfig {
    /// What is wrong with it, if anything is.
    pub(crate) fn check(&self) -> Result<(), String> {
        if let Some(Url(url)) = &self.url {
            DbConfig::postgres(url).map_err(|error| format!("store.url: {error}"))?;
        }
        if self.connections.is_some_and(|n| n == 0 || n > CONNECTIONS_MAX) {
            return Err(format!(
                "store.connections must be between 1 and {CONNECTIONS_MAX}"
            ));
        }
        let times = [
            ("acquire_timeout_s", self.acquire_timeout_s),
            ("statement_timeout_s", self.statement_timeout_s),
        ];
        for (key, value) in times {
            if value.is_some_and(|s| s == 0 || s > 3_600) {
                return Err(format!("store.{key} must be between 1 and 3600"));
            }
        }
        Ok(())
    }
}

impl DataDir {
    /// How to open the database that belongs to this folder.
    pub(crate) fn store(&self, config: &StoreConfig) -> Result<DbConfig, Failure> {
        let set = std::env::var(DATABASE_URL).ok().filter(|url| !url.is_empty());
        let named = match (&set, &config.url) {
            (Some(url), _) => DbConfig::postgres(url).map_err(|error| format!("{DATABASE_URL}: {error}")),
            (None, Some(Url(url))) => DbConfig::postgres(url).map_err(|error| format!("store.url: {error}")),
            (None, None) => Ok(DbConfig::file(&self.database())),
        };
        let mut named = named.map_err(Failure::Input)?;
        named.connections_max = config.connections.unwrap_or(named.connections_max);
        let seconds = |given: Option<u64>, default| given.map_or(default, Duration::from_secs);
        named.acquire_timeout = seconds(config.acquire_timeout_s, named.acquire_timeout);
        named.statement_timeout = seconds(config.statement_timeout_s, named.statement_timeout);
        Ok(named)
    }

    /// Opens the database of an existing or new data directory, migrated to the newest schema.
    pub(crate) async fn open_database(&self, clock: &dyn Clock) -> Result<Db, Failure> {
        self.open_database_as(&StoreConfig::default(), clock).await
    }

    /// [`DataDir::open_database`] as the configuration wants it.
    pub(crate) async fn open_database_as(
        &self,
        config: &StoreConfig,
        clock: &dyn Clock,
    ) -> Result<Db, Failure> {
        let config = self.store(config)?;
        let db = open(&config).await?;
        migrate::up(&db, clock.now())
            .await
            .context("the database cannot be migrated")?;
        Ok(db)
    }

    /// Opens the database as it is, if there is one. A server always counts as one.
    pub(crate) async fn open_existing(&self) -> Result<Option<Db>, Failure> {
        let config = self.store(&StoreConfig::default())?;
        match &config.place {
            Place::File(path) if !path.is_file() => Ok(None),
            _ => open(&config).await.map(Some),
        }
    }
}

/// Opens a database; the failure says which.
pub(crate) async fn open(config: &DbConfig) -> Result<Db, Failure> {
    let db = Db::open(config).await;
    Ok(db.with_context(|| format!("the database {} cannot be opened", config.place))?)
}
