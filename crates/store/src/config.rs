//! Where the database is and how it is opened.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::StoreError;

/// Below the 10 s after which a request is given up, so that whoever asks learns what took so long.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(8);

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
            statement_timeout: STATEMENT_TIMEOUT,
        }
    }

    /// The defaults for a PostgreSQL server: 100 connections, 5 s, statements of at most 8 s.
    ///
    /// `url` is `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=/path/ca.pem`; what it leaves
    /// out comes from `PGHOST`, `PGUSER`, `PGSSLMODE` … and `~/.pgpass` as for `psql`.
    ///
    /// # Errors
    /// [`StoreError::Schema`] with what is wrong when `url` is none, or names another machine without saying whether the
    /// connection is to be encrypted; it does not repeat the URL, which has a password.
    pub fn postgres(url: &str) -> Result<Self, StoreError> {
        Ok(Self {
            place: Place::Postgres(Box::new(Postgres::parse(url)?)),
            connections_max: 100,
            acquire_timeout: Duration::from_secs(5),
            statement_timeout: STATEMENT_TIMEOUT,
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
        let server = Self {
            options: options.application_name("tradewind"),
        };
        let unsaid = matches!(
            server.options.get_ssl_mode(),
            PgSslMode::Prefer | PgSslMode::Allow
        );
        if unsaid && !server.is_here() {
            return Err(StoreError::Schema(format!(
                "the database is on another machine ({}) and its URL does not say that the connection has to be encrypted: add \
                 `?sslmode=verify-full&sslrootcert=/path/ca.pem`, or `?sslmode=disable` where nobody else is on the network \
                 between them",
                server.host()
            )));
        }
        Ok(server)
    }

    /// Whether the server is on this machine: a socket, or an address of the loopback.
    fn is_here(&self) -> bool {
        let host = self.options.get_host().trim_matches(['[', ']']);
        let loopback = host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
        self.options.get_socket().is_some() || host.starts_with('/') || host == "localhost" || loopback
    }

    /// What somebody on the network between this program and the server could do, if anything.
    #[must_use]
    pub fn exposure(&self) -> Option<&'static str> {
        if self.is_here() {
            return None;
        }
        match self.options.get_ssl_mode() {
            PgSslMode::VerifyFull => None,
            PgSslMode::Require | PgSslMode::VerifyCa => Some(
                "the connection to the database is encrypted, but who answers is not identified; use sslmode=verify-full",
            ),
            PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer => Some(
                "the connection to the database is not encrypted: everybody on the network between can read and change it",
            ),
        }
    }

    /// Another database of the same server.
    pub(crate) fn database(&self, name: &str) -> Self {
        Self {
            options: self.options.clone().database(name),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn server(url: &str) -> Result<Box<Postgres>, StoreError> {
        match DbConfig::postgres(url)?.place {
            Place::Postgres(server) => Ok(server),
            Place::File(path) => panic!("a file: {}", path.display()),
        }
    }

    #[test]
    fn a_server_on_another_machine_has_to_be_encrypted_or_said_not_to_be() {
        for host in ["db.example.com", "10.0.0.7", "[fd00::1]"] {
            for query in ["", "?sslmode=prefer", "?sslmode=allow"] {
                let refused = server(&format!("postgres://me:secret@{host}/t{query}")).expect_err("unsaid");
                let text = refused.to_string();
                assert!(text.contains("sslmode=verify-full"), "{text}");
                assert!(!text.contains("secret"), "{text}");
            }
            let exposure = |mode: &str| {
                let url = format!("postgres://me@{host}/t?sslmode={mode}");
                server(&url).expect("said").exposure()
            };
            assert!(exposure("disable").is_some_and(|text| text.contains("not encrypted")));
            for mode in ["require", "verify-ca"] {
                assert!(exposure(mode).is_some_and(|text| text.contains("not identified")));
            }
            assert_eq!(exposure("verify-full"), None);
        }
    }

    #[test]
    fn a_server_on_this_machine_needs_none() {
        for url in [
            "postgres://me@localhost/t",
            "postgres://me@127.0.0.1:5433/t",
            "postgres://me@[::1]/t",
            "postgres://me@%2Fvar%2Frun%2Fpostgresql/t",
            "postgres://me@x/t?host=/var/run/postgresql",
            "postgres://me@localhost/t?sslmode=disable",
        ] {
            assert_eq!(server(url).expect(url).exposure(), None, "{url}");
        }
    }
}
