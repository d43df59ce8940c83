//! Counting and deleting what is older than its period.

use tradewind_types::UnixNanos;

use crate::db::{from_sql, to_sql};
use crate::sql::query;
use crate::{Db, StoreError};

/// A kind of rows with a period of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Fills and postings: books and records.
    Fills,
    /// Events of orders.
    Orders,
    /// Entries of the ledger.
    LedgerEntries,
    /// Signals of strategies: what advice there is.
    Signals,
    /// Sessions, since their end.
    Sessions,
    /// Token families with their tokens, since their end.
    TokenFamilies,
    /// One-time links, since their end.
    Links,
    /// Answers that are repeated for an `Idempotency-Key`.
    IdempotencyKeys,
    /// Counts of failed sign-ins.
    LoginAttempts,
}

impl Kept {
    /// All kinds.
    pub const ALL: &'static [Self] = &[
        Self::Fills,
        Self::Orders,
        Self::LedgerEntries,
        Self::Signals,
        Self::Sessions,
        Self::TokenFamilies,
        Self::Links,
        Self::IdempotencyKeys,
        Self::LoginAttempts,
    ];

    /// Counts what is older than $1, and finds the oldest.
    fn count(self) -> &'static str {
        match self {
            Self::Fills => "SELECT COUNT(*) AS n, (SELECT MIN(ts_event) FROM p_fills) AS oldest FROM p_fills WHERE ts_event < $1",
            Self::Orders => {
                "SELECT COUNT(*) AS n, (SELECT MIN(ts_event) FROM p_order_events) AS oldest FROM p_order_events
                 WHERE ts_event < $1"
            }
            Self::LedgerEntries => {
                "SELECT COUNT(*) AS n, (SELECT MIN(ts) FROM p_ledger_entries) AS oldest FROM p_ledger_entries
                 WHERE ts < $1"
            }
            Self::Signals => {
                "SELECT COUNT(*) AS n, (SELECT MIN(ts) FROM p_signals) AS oldest FROM p_signals WHERE ts < $1"
            }
            Self::Sessions => {
                "SELECT COUNT(*) AS n, (SELECT MIN(expires_at) FROM sessions) AS oldest FROM sessions
                 WHERE expires_at < $1 OR revoked_at < $1"
            }
            Self::TokenFamilies => {
                "SELECT COUNT(*) AS n, (SELECT MIN(expires_at) FROM token_families) AS oldest FROM token_families
                 WHERE expires_at < $1 OR revoked_at < $1"
            }
            Self::Links => {
                "SELECT COUNT(*) AS n, (SELECT MIN(expires_at) FROM one_time_links) AS oldest FROM one_time_links
                 WHERE expires_at < $1"
            }
            Self::IdempotencyKeys => {
                "SELECT COUNT(*) AS n, (SELECT MIN(expires_at) FROM idempotency_keys) AS oldest FROM idempotency_keys
                 WHERE expires_at < $1"
            }
            Self::LoginAttempts => {
                "SELECT COUNT(*) AS n, (SELECT MIN(window_started_at) FROM login_attempts) AS oldest FROM login_attempts
                 WHERE window_started_at < $1 AND locked_until < $1"
            }
        }
    }

    /// Deletes what is older than $1, but for what is of people who are held; the last statement says how much it is. None
    /// for what follows from the journal, which is not shortened.
    fn delete(self) -> &'static [&'static str] {
        match self {
            Self::Fills | Self::Orders | Self::LedgerEntries | Self::Signals => &[],
            Self::Sessions => &["DELETE FROM sessions WHERE (expires_at < $1 OR revoked_at < $1)
                     AND owner NOT IN (SELECT person FROM deletion_requests WHERE state = 'HELD')"],
            Self::TokenFamilies => &[
                "DELETE FROM refresh_tokens WHERE family IN
                     (SELECT id FROM token_families WHERE (expires_at < $1 OR revoked_at < $1)
                          AND owner NOT IN (SELECT person FROM deletion_requests WHERE state = 'HELD'))",
                "DELETE FROM token_families WHERE (expires_at < $1 OR revoked_at < $1)
                     AND owner NOT IN (SELECT person FROM deletion_requests WHERE state = 'HELD')",
            ],
            Self::Links => &[
                "DELETE FROM one_time_links WHERE expires_at < $1 AND (owner IS NULL
                     OR owner NOT IN (SELECT person FROM deletion_requests WHERE state = 'HELD'))",
            ],
            Self::IdempotencyKeys => &["DELETE FROM idempotency_keys WHERE expires_at < $1
                     AND owner NOT IN (SELECT person FROM deletion_requests WHERE state = 'HELD')"],
            // By the hash of a name, not by whom: they say nothing of a person.
            Self::LoginAttempts => {
                &["DELETE FROM login_attempts WHERE window_started_at < $1 AND locked_until < $1"]
            }
        }
    }

    /// Whether [`delete`] deletes it.
    #[must_use]
    pub fn is_deleted(self) -> bool {
        !self.delete().is_empty()
    }
}

/// How much is older than `before`, and from when the oldest is.
///
/// # Errors
/// Those of the database.
pub async fn count(db: &Db, kept: Kept, before: UnixNanos) -> Result<(u64, Option<UnixNanos>), StoreError> {
    let row = query(kept.count()).bind(to_sql(before)).fetch_one(db).await?;
    let count: i64 = row.get("n")?;
    Ok((
        count.unsigned_abs(),
        row.get::<Option<i64>>("oldest")?.map(from_sql),
    ))
}

/// Deletes what is older than `before`; how much that was. Nothing of what follows from the journal, nor of people who are
/// held.
///
/// # Errors
/// Those of the database.
pub async fn delete(db: &Db, kept: Kept, before: UnixNanos) -> Result<u64, StoreError> {
    let mut tx = db.begin("retention").await?;
    let mut deleted = 0;
    for statement in kept.delete() {
        deleted = query(statement).bind(to_sql(before)).execute(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(deleted)
}
