//! Answers kept by `Idempotency-Key`, so that a repeated request moves nothing twice.

use tradewind_types::{OrgId, UnixNanos};

use crate::db::to_sql;
use crate::sql;
use crate::{Db, StoreError};

/// What is known of a key when a request with it arrives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It is new, and now taken by this request.
    Taken,
    /// The first request with it is still under way.
    InFlight,
    /// It was used for a request with another fingerprint.
    OtherRequest,
    /// It is done; this was the answer.
    Done {
        /// HTTP status.
        status: u16,
        /// Body.
        body: String,
    },
}

/// Takes a key for a request, or tells what became of the first one. Keys that are over count as new.
///
/// # Errors
/// Those of the database.
pub async fn claim(
    db: &Db,
    org: &OrgId,
    owner: &str,
    key: &str,
    fingerprint: &str,
    now: UnixNanos,
    expires_at: UnixNanos,
) -> Result<Claim, StoreError> {
    let mut tx = db.begin(&format!("idempotency {owner}")).await?;
    sql::query("DELETE FROM idempotency_keys WHERE owner = $1 AND expires_at <= $2")
        .bind(owner)
        .bind(to_sql(now))
        .execute(&mut tx)
        .await?;
    let there = sql::query(
        "SELECT fingerprint, status, body FROM idempotency_keys WHERE owner = $1 AND idempotency_key = $2",
    )
    .bind(owner)
    .bind(key)
    .fetch_optional(&mut tx)
    .await?;
    if let Some(row) = there {
        let known: String = row.get("fingerprint")?;
        let (status, body): (Option<i64>, Option<String>) = (row.get("status")?, row.get("body")?);
        let status = status.and_then(|s| u16::try_from(s).ok());
        return Ok(match (known == fingerprint, status) {
            (false, _) => Claim::OtherRequest,
            (true, None) => Claim::InFlight,
            (true, Some(status)) => Claim::Done {
                status,
                body: body.unwrap_or_default(),
            },
        });
    }
    sql::query(
        "INSERT INTO idempotency_keys (owner, idempotency_key, org_id, fingerprint, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(owner)
    .bind(key)
    .bind(org.as_str())
    .bind(fingerprint)
    .bind(to_sql(now))
    .bind(to_sql(expires_at))
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(Claim::Taken)
}

/// Stores the answer of a taken key.
///
/// # Errors
/// Those of the database.
pub async fn complete(db: &Db, owner: &str, key: &str, status: u16, body: &str) -> Result<(), StoreError> {
    sql::query(
        "UPDATE idempotency_keys SET status = $3, body = $4 WHERE owner = $1 AND idempotency_key = $2",
    )
    .bind(owner)
    .bind(key)
    .bind(i64::from(status))
    .bind(body)
    .execute(db)
    .await?;
    Ok(())
}

/// Gives a taken key back after a request that changed nothing.
///
/// # Errors
/// Those of the database.
pub async fn release(db: &Db, owner: &str, key: &str) -> Result<(), StoreError> {
    sql::query("DELETE FROM idempotency_keys WHERE owner = $1 AND idempotency_key = $2 AND status IS NULL")
        .bind(owner)
        .bind(key)
        .execute(db)
        .await?;
    Ok(())
}

/// Gives all keys back that a stopped program left in flight. The journal's own key then tells a repetition apart.
///
/// # Errors
/// Those of the database.
pub async fn release_abandoned(db: &Db) -> Result<u64, StoreError> {
    let done = sql::query("DELETE FROM idempotency_keys WHERE status IS NULL")
        .execute(db)
        .await?;
    Ok(done)
}
