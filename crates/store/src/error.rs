//! Why the database could not do what was asked.

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// All connections were busy for the whole acquire timeout. The caller may try again.
    #[error("no database connection became free in time")]
    Busy,
    /// The database cannot be reached, or a file operation failed.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] sqlx::Error),
    /// A uniqueness or reference constraint refused the row.
    #[error("a row with the same key exists ({constraint})")]
    Conflict {
        /// What the database named: a constraint or columns.
        constraint: String,
    },
    /// A stored value cannot be read back: the row was changed by other hands.
    #[error("stored {what} cannot be read: {value}")]
    Corrupt {
        /// Which column.
        what: &'static str,
        /// Its value, cut.
        value: String,
    },
    /// Any other failure of a statement.
    #[error("a statement failed: {0}")]
    Statement(#[source] sqlx::Error),
    /// The schema is not what this program expects.
    #[error("{0}")]
    Schema(String),
}

impl StoreError {
    /// For a stored text that no longer parses.
    #[must_use]
    pub fn corrupt(what: &'static str, value: &str) -> Self {
        Self::Corrupt {
            what,
            value: value.chars().take(64).collect(),
        }
    }

    /// Whether trying again later may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy | Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut => Self::Busy,
            sqlx::Error::PoolClosed | sqlx::Error::Io(_) | sqlx::Error::WorkerCrashed => {
                Self::Unavailable(error)
            }
            sqlx::Error::Database(ref inner)
                if inner.is_unique_violation() || inner.is_foreign_key_violation() =>
            {
                Self::Conflict {
                    constraint: inner.constraint().unwrap_or(inner.message()).to_owned(),
                }
            }
            // SQLITE_BUSY (5) and SQLITE_LOCKED (6): another process holds the file's write lock.
            sqlx::Error::Database(ref inner)
                if matches!(inner.code().as_deref(), Some("5" | "6" | "517")) =>
            {
                Self::Busy
            }
            other => Self::Statement(other),
        }
    }
}
