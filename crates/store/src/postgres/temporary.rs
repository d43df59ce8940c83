//! A database of a PostgreSQL server that is made for a purpose and dropped after it.

use crate::sql::assembled;
use crate::{Db, DbConfig, Place, StoreError};

/// Such a database; it stays when it is not [removed](TemporaryDatabase::remove).
#[derive(Debug)]
#[must_use = "it has to be removed"]
pub struct TemporaryDatabase {
    name: String,
    db: Db,
}

impl Db {
    /// Makes an empty database on the same PostgreSQL server; `config` is how this one was opened. Its name begins with
    /// `prefix`, which has to be small letters and underscores, and goes on at random: one that a crash left behind is in
    /// nobody's way, though programs in containers all have the same process id.
    ///
    /// # Errors
    /// [`StoreError::Schema`] when this is no PostgreSQL server; those of the database, for one when its user may not make
    /// databases.
    pub async fn temporary(&self, prefix: &str, config: &DbConfig) -> Result<TemporaryDatabase, StoreError> {
        let Place::Postgres(server) = &config.place else {
            let text = "temporary databases are made on PostgreSQL servers only";
            return Err(StoreError::Schema(text.to_owned()));
        };
        let mut suffix = [0_u8; 8];
        #[allow(clippy::disallowed_methods, reason = "two names must never be the same")]
        getrandom::fill(&mut suffix).map_err(|e| StoreError::Schema(format!("no random numbers: {e}")))?;
        let name = format!("{prefix}_{:016x}", u64::from_le_bytes(suffix));
        if !name
            .bytes()
            .all(|b| b == b'_' || b.is_ascii_lowercase() || b.is_ascii_digit())
        {
            return Err(StoreError::Schema(format!("`{name}` is no name for a database")));
        }
        assembled(format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
        ))
        .once()
        .execute(self)
        .await?;
        let mut there = config.clone();
        there.place = Place::Postgres(Box::new(server.database(&name)));
        match Db::open(&there).await {
            Ok(db) => Ok(TemporaryDatabase { name, db }),
            Err(error) => {
                drop_database(self, &name).await?;
                Err(error)
            }
        }
    }
}

impl TemporaryDatabase {
    /// The database.
    #[must_use]
    pub fn db(&self) -> &Db {
        &self.db
    }

    /// Closes and drops it; `server` is what it was made with.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn remove(self, server: &Db) -> Result<(), StoreError> {
        self.db.close().await;
        drop_database(server, &self.name).await
    }
}

/// With whoever is still connected to it: a connection of ours that is being closed would keep it otherwise.
async fn drop_database(server: &Db, name: &str) -> Result<(), StoreError> {
    let drop = assembled(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    drop.once().execute(server).await.map(|_| ())
}
