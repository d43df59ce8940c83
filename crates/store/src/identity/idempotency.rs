//! Answers kept by `Idempotency-Key`, so that a repeated request moves nothing twice.

use tradewind_types::{EngineId, OrgId, UnixNanos};

use crate::db::to_sql;
use crate::sql::{self, Tx};
use crate::{Db, StoreError};

/// A request that wants a key.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Whose organisation.
    pub org: &'a OrgId,
    /// Whose key.
    pub owner: &'a str,
    /// The key.
    pub key: &'a str,
    /// What makes two requests the same.
    pub fingerprint: &'a str,
    /// Unique to this request: what it takes nobody else gives back or completes.
    pub claim: &'a str,
    /// Of the program that takes it.
    pub engine: &'a EngineId,
    /// Now.
    pub now: UnixNanos,
    /// Until when the key is kept.
    pub expires_at: UnixNanos,
}

/// Why a key was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    /// Nothing was written.
    #[error(transparent)]
    Failed(#[from] StoreError),
    /// The answer to the commit was lost: the key may be taken, and is to be released.
    #[error("it is unknown whether the key was taken: {0}")]
    Unsure(#[source] StoreError),
}

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
/// [`ClaimError`].
pub async fn claim(db: &Db, wanted: &Wanted<'_>) -> Result<Claim, ClaimError> {
    let mut tx = db.begin(&format!("idempotency {}", wanted.owner)).await?;
    let claim = claim_on(&mut tx, wanted).await?;
    if claim == Claim::Taken {
        tx.commit().await.map_err(ClaimError::Unsure)?;
    }
    Ok(claim)
}

async fn claim_on(tx: &mut Tx, wanted: &Wanted<'_>) -> Result<Claim, StoreError> {
    let Wanted {
        owner,
        key,
        fingerprint,
        ..
    } = *wanted;
    sql::query("DELETE FROM idempotency_keys WHERE owner = $1 AND expires_at <= $2")
        .bind(owner)
        .bind(to_sql(wanted.now))
        .execute(&mut *tx)
        .await?;
    let there = sql::query(
        "SELECT fingerprint, status, body FROM idempotency_keys WHERE owner = $1 AND idempotency_key = $2",
    )
    .bind(owner)
    .bind(key)
    .fetch_optional(&mut *tx)
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
        "INSERT INTO idempotency_keys (owner, idempotency_key, org_id, fingerprint, created_at, expires_at, claim_id,
             engine_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(owner)
    .bind(key)
    .bind(wanted.org.as_str())
    .bind(fingerprint)
    .bind(to_sql(wanted.now))
    .bind(to_sql(wanted.expires_at))
    .bind(wanted.claim)
    .bind(wanted.engine.as_str())
    .execute(&mut *tx)
    .await?;
    Ok(Claim::Taken)
}

/// Stores the answer of a key taken by a claim; false when the claim does not have it any more. Doing it twice does no harm.
///
/// # Errors
/// Those of the database.
pub async fn complete(
    db: &Db,
    owner: &str,
    key: &str,
    claim: &str,
    (status, body): (u16, &str),
) -> Result<bool, StoreError> {
    let done = sql::query(
        "UPDATE idempotency_keys SET status = $4, body = $5
         WHERE owner = $1 AND idempotency_key = $2 AND claim_id = $3",
    )
    .bind(owner)
    .bind(key)
    .bind(claim)
    .bind(i64::from(status))
    .bind(body)
    .execute(db)
    .await?;
    Ok(done == 1)
}

/// Gives a key taken by a claim back after a request that changed nothing; false when the claim does not have it.
///
/// # Errors
/// Those of the database.
pub async fn release(db: &Db, owner: &str, key: &str, claim: &str) -> Result<bool, StoreError> {
    let done = sql::query(
        "DELETE FROM idempotency_keys
         WHERE owner = $1 AND idempotency_key = $2 AND claim_id = $3 AND status IS NULL",
    )
    .bind(owner)
    .bind(key)
    .bind(claim)
    .execute(db)
    .await?;
    Ok(done == 1)
}

/// Gives all keys back that a stopped program of an engine left in flight, and those of before programs were told apart.
/// The journal's own key then tells a repetition apart.
///
/// # Errors
/// Those of the database.
pub async fn release_abandoned(db: &Db, engine: &EngineId) -> Result<u64, StoreError> {
    let done = sql::query("DELETE FROM idempotency_keys WHERE status IS NULL AND engine_id IN ($1, '')")
        .bind(engine.as_str())
        .execute(db)
        .await?;
    Ok(done)
}
