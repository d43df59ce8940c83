//! Where the database is and how it is opened.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use crate::StoreError;

/// How to open the database.
#[derive(Debug, Clone)]
pub struct DbConfig {
    /// Where it is.
    pub place: Place,
    /// Connections: those that read an SQLite file (there is one more that writes), or all of PostgreSQL's.
    pub connections_max: u32,
    /// How long to wait for a free connection, and within one for a lock.
    pub acquire_timeout: Duration,
    /// How long one statement may take; of PostgreSQL only.
    pub statement_timeout: Duration,
}

/// Where the database is.
#[derive(Debug, Clone)]
pub enum Place {
    /// An SQLite file; made when missing.
    File(PathBuf),
    /// A PostgreSQL server.
    Postgres(Box<Postgres>),
}

/// How to reach a database of a PostgreSQL server. Its `Debug` and `Display` have no password.
#[derive(Clone)]
pub struct Postgres {
    options: PgConnectOptions,
}

impl DbConfig {
    /// The defaults for a file: 8 readers, 5 s.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self {
            place: Place::File(path.to_owned()),
            connections_max: 8,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
        }
    }

    /// The defaults for a PostgreSQL server: 100 connections, 5 s, statements of at most 30 s.
    ///
    /// `url` is `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=/path/ca.pem`; what it leaves
    /// out comes from `PGHOST`, `PGUSER` … and `~/.pgpass` as for `psql`.
    ///
    /// # Errors
    /// [`StoreError::Schema`] with what is wrong when `url` is none; it does not repeat the URL, which has a password.
    pub fn postgres(url: &str) -> Result<Self, StoreError> {
        Ok(Self {
            place: Place::Postgres(Box::new(Postgres::parse(url)?)),
            connections_max: 100,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
        })
    }

    /// A file, or the server that a `postgres://` URL names.
    ///
    /// # Errors
    /// As [`DbConfig::postgres`].
    pub fn named(name: &str) -> Result<Self, StoreError> {
        if is_postgres_url(name) {
            return Self::postgres(name);
        }
        let path = name.strip_prefix("sqlite://").unwrap_or(name);
        match path.split_once("://") {
            Some((scheme, _)) => Err(StoreError::Schema(format!(
                "databases at `{scheme}://` are not known; give a `postgres://` URL or the path of an SQLite file"
            ))),
            None => Ok(Self::file(Path::new(path))),
        }
    }
}

/// Whether a text is meant to be the URL of a PostgreSQL database.
#[must_use]
pub fn is_postgres_url(text: &str) -> bool {
    text.starts_with("postgres://") || text.starts_with("postgresql://")
}

impl Postgres {
    fn parse(url: &str) -> Result<Self, StoreError> {
        if !is_postgres_url(url) {
            let text = "the URL of the database has to begin with `postgres://`, e.g. \
                        `postgres://tradewind@db.example.com/tradewind?sslmode=verify-full`";
            return Err(StoreError::Schema(text.to_owned()));
        }
        let options = PgConnectOptions::from_str(url).map_err(|error| {
            StoreError::Schema(format!("the URL of the database cannot be read: {error}"))
        })?;
        Ok(Self {
            options: options.application_name("tradewind"),
        })
    }

    pub(crate) fn connect_options(&self, config: &DbConfig) -> PgConnectOptions {
        let milliseconds = |time: Duration| time.as_millis().to_string();
        self.options.clone().options([
            ("statement_timeout", milliseconds(config.statement_timeout)),
            ("lock_timeout", milliseconds(config.acquire_timeout)),
            // A transaction that this program forgot must not hold its locks for ever.
            ("idle_in_transaction_session_timeout", "60000".to_owned()),
        ])
    }

    /// Host, or the folder of its socket.
    #[must_use]
    pub fn host(&self) -> String {
        match self.options.get_socket() {
            Some(folder) => folder.display().to_string(),
            None => self.options.get_host().to_owned(),
        }
    }
}

impl fmt::Display for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let database = self.options.get_database().unwrap_or(self.options.get_username());
        write!(
            f,
            "postgres://{}@{}:{}/{database}",
            self.options.get_username(),
            self.host(),
            self.options.get_port()
        )
    }
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::File(path) => write!(f, "{}", path.display()),
            Place::Postgres(server) => write!(f, "{server}"),
        }
    }
}
