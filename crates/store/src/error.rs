//! Why the database could not do what was asked.

/// An error of the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// All connections were busy for the whole acquire timeout. The caller may try again.
    #[error("no database connection became free in time")]
    Busy,
    /// A statement took longer than the statement timeout allows and was given up. What asks for less may do better.
    #[error("a statement took longer than the statement timeout allows")]
    TooSlow,
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
    /// A text has the character U+0000, which PostgreSQL does not store.
    #[error("a text has the character U+0000, which the database does not store")]
    NulCharacter,
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
        matches!(self, Self::Busy | Self::TooSlow | Self::Unavailable(_))
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::PoolTimedOut => {
                // All connections were in use for the whole acquire timeout: what an alert is for.
                metrics::counter!("tradewind_store_exhausted_total").increment(1);
                Self::Busy
            }
            sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::WorkerCrashed => Self::Unavailable(error),
            sqlx::Error::Database(ref inner)
                if inner.is_unique_violation() || inner.is_foreign_key_violation() =>
            {
                Self::Conflict {
                    constraint: inner.constraint().unwrap_or(inner.message()).to_owned(),
                }
            }
            sqlx::Error::Database(ref inner) => match of_code(inner.code().as_deref().unwrap_or_default()) {
                Code::Busy => Self::Busy,
                Code::TooSlow => {
                    metrics::counter!("tradewind_store_statement_timeouts_total").increment(1);
                    Self::TooSlow
                }
                Code::Unavailable => Self::Unavailable(error),
                Code::Other => Self::Statement(error),
            },
            other => Self::Statement(other),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Code {
    Busy,
    TooSlow,
    Unavailable,
    Other,
}

/// What a code of SQLite (numbers) or PostgreSQL (five characters, its manual's appendix A) means.
fn of_code(code: &str) -> Code {
    // PostgreSQL's codes of digits alone have five of them, SQLite's at most four.
    if let (true, Ok(number)) = (code.len() < 5, code.parse::<u32>()) {
        return of_sqlite(number);
    }
    match code {
        // Serialization failure, deadlock, lock not available, too many connections.
        "40001" | "40P01" | "55P03" | "53300" => Code::Busy,
        // Cancelled by the statement timeout.
        "57014" => Code::TooSlow,
        // Shut down by an administrator, crashed, cannot connect now, idle too long, read only (a standby).
        "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25006" => Code::Unavailable,
        // Connection exceptions, insufficient resources, system errors.
        code if code.len() == 5 && ["08", "53", "58"].iter().any(|class| code.starts_with(class)) => {
            Code::Unavailable
        }
        _ => Code::Other,
    }
}

/// What a result code of SQLite means. Extended codes have the primary one in their low byte (<https://sqlite.org/rescode.html>).
fn of_sqlite(code: u32) -> Code {
    match code & 0xff {
        // SQLITE_BUSY, SQLITE_LOCKED: another process holds the file's write lock.
        5 | 6 => Code::Busy,
        // SQLITE_IOERR, SQLITE_FULL, SQLITE_CANTOPEN.
        10 | 13 | 14 => Code::Unavailable,
        _ => Code::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extended_codes_of_sqlite_mean_what_their_primary_code_means() {
        // BUSY, LOCKED, BUSY_RECOVERY, BUSY_SNAPSHOT, BUSY_TIMEOUT, LOCKED_SHAREDCACHE.
        for code in ["5", "6", "261", "517", "773", "262"] {
            assert_eq!(of_code(code), Code::Busy, "{code}");
        }
        // IOERR_WRITE, IOERR_FSYNC, IOERR_READ, FULL, CANTOPEN, CANTOPEN_NOTEMPDIR; PostgreSQL's disk full.
        for code in ["778", "1034", "266", "13", "14", "270", "53100", "08006"] {
            assert_eq!(of_code(code), Code::Unavailable, "{code}");
        }
        // CONSTRAINT_UNIQUE, ERROR; PostgreSQL's division by zero and unique violation.
        for code in ["2067", "1", "22012", "23505", ""] {
            assert_eq!(of_code(code), Code::Other, "{code}");
        }
    }
}
