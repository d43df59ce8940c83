//! Second factors: one app a person, and backup codes. The seed is sealed by whoever calls; codes are stored as digests.

use tradewind_types::{OrgId, UnixNanos, UserId};

use super::ending::{self, Keep};
use crate::db::{from_sql, to_sql};
use crate::sql::{Row, Tx, query};
use crate::{Db, StoreError};

/// A person's factor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactorRow {
    /// Whose.
    pub owner: UserId,
    /// Desk.
    pub org: OrgId,
    /// The sealed seed.
    pub seed: String,
    /// When enrolment began.
    pub begun_at: UnixNanos,
    /// Since when it is asked for; `None` until it is confirmed.
    pub enabled_at: Option<UnixNanos>,
    /// The last step whose code was taken; none before or at it is taken again.
    pub last_step: u64,
}

fn read(row: &Row) -> Result<FactorRow, StoreError> {
    let (owner, org): (String, String) = (row.get("owner")?, row.get("org_id")?);
    let step: i64 = row.get("last_step")?;
    Ok(FactorRow {
        owner: owner
            .parse()
            .map_err(|_| StoreError::corrupt("second_factors.owner", &owner))?,
        org: org
            .parse()
            .map_err(|_| StoreError::corrupt("second_factors.org_id", &org))?,
        seed: row.get("seed")?,
        begun_at: from_sql(row.get("begun_at")?),
        enabled_at: row.get::<Option<i64>>("enabled_at")?.map(from_sql),
        last_step: u64::try_from(step).unwrap_or(0),
    })
}

fn step_to_sql(step: u64) -> i64 {
    i64::try_from(step).unwrap_or(i64::MAX)
}

/// A person's factor, confirmed or not.
///
/// # Errors
/// Those of the database.
pub async fn of_owner(db: &Db, owner: &UserId) -> Result<Option<FactorRow>, StoreError> {
    let row = query(
        "SELECT owner, org_id, seed, begun_at, enabled_at, last_step FROM second_factors WHERE owner = $1",
    )
    .bind(owner.as_str())
    .fetch_optional(db)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Whether a person's factor is confirmed.
///
/// # Errors
/// Those of the database.
pub async fn is_on(db: &Db, owner: &UserId) -> Result<bool, StoreError> {
    let row = query("SELECT owner FROM second_factors WHERE owner = $1 AND enabled_at IS NOT NULL")
        .bind(owner.as_str())
        .fetch_optional(db)
        .await?;
    Ok(row.is_some())
}

/// Everybody whose factor is confirmed.
///
/// # Errors
/// Those of the database.
pub async fn owners(db: &Db) -> Result<Vec<String>, StoreError> {
    let rows = query("SELECT owner FROM second_factors WHERE enabled_at IS NOT NULL ORDER BY owner")
        .fetch_all(db)
        .await?;
    rows.iter().map(|row| row.get("owner")).collect()
}

/// Begins an enrolment, in place of one that was not confirmed; false when a factor is on.
///
/// # Errors
/// Those of the database.
pub async fn begin(
    db: &Db,
    org: &OrgId,
    owner: &UserId,
    seed: &str,
    now: UnixNanos,
) -> Result<bool, StoreError> {
    let changed = query(
        "INSERT INTO second_factors (owner, org_id, seed, begun_at, enabled_at, last_step)
         VALUES ($1, $2, $3, $4, NULL, 0)
         ON CONFLICT (owner) DO UPDATE SET seed = excluded.seed, begun_at = excluded.begun_at
         WHERE second_factors.enabled_at IS NULL",
    )
    .bind(owner.as_str())
    .bind(org.as_str())
    .bind(seed)
    .bind(to_sql(now))
    .execute(db)
    .await?;
    Ok(changed == 1)
}

/// Turns a begun factor on, with the step of the code that confirmed it and fresh backup codes, and ends what its owner is
/// signed in with but for what is kept; false when it is on, or is not the one whose seed was confirmed.
///
/// # Errors
/// Those of the database.
pub async fn enable(
    db: &Db,
    factor: &FactorRow,
    step: u64,
    digests: &[String],
    keep: Keep<'_>,
    now: UnixNanos,
) -> Result<bool, StoreError> {
    let owner = &factor.owner;
    let mut tx = db.begin("second factors").await?;
    let changed = query(
        "UPDATE second_factors SET enabled_at = $2, last_step = $3
         WHERE owner = $1 AND enabled_at IS NULL AND seed = $4",
    )
    .bind(owner.as_str())
    .bind(to_sql(now))
    .bind(step_to_sql(step))
    .bind(factor.seed.as_str())
    .execute(&mut tx)
    .await?;
    if changed == 0 {
        return Ok(false);
    }
    put_codes(&mut tx, owner, digests).await?;
    ending::end_sign_ins(&mut tx, owner, keep, now).await?;
    tx.commit().await?;
    Ok(true)
}

async fn put_codes(tx: &mut Tx, owner: &UserId, digests: &[String]) -> Result<(), StoreError> {
    query("DELETE FROM backup_codes WHERE owner = $1")
        .bind(owner.as_str())
        .execute(&mut *tx)
        .await?;
    for digest in digests {
        query("INSERT INTO backup_codes (owner, digest, used_at) VALUES ($1, $2, NULL)")
            .bind(owner.as_str())
            .bind(digest.as_str())
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}

/// Uses a step up; false when it, or a later one, was used before. Of two at once one wins.
///
/// # Errors
/// Those of the database.
pub async fn use_step(db: &Db, owner: &UserId, step: u64) -> Result<bool, StoreError> {
    let changed = query(
        "UPDATE second_factors SET last_step = $2 WHERE owner = $1 AND last_step < $2 AND enabled_at IS NOT NULL",
    )
    .bind(owner.as_str())
    .bind(step_to_sql(step))
    .execute(db)
    .await?;
    Ok(changed == 1)
}

/// Uses a backup code up; false when there is none such or it was used before.
///
/// # Errors
/// Those of the database.
pub async fn use_backup(db: &Db, owner: &UserId, digest: &str, now: UnixNanos) -> Result<bool, StoreError> {
    let changed =
        query("UPDATE backup_codes SET used_at = $3 WHERE owner = $1 AND digest = $2 AND used_at IS NULL")
            .bind(owner.as_str())
            .bind(digest)
            .bind(to_sql(now))
            .execute(db)
            .await?;
    Ok(changed == 1)
}

/// Replaces the backup codes, used ones and all.
///
/// # Errors
/// Those of the database.
pub async fn replace_backup(db: &Db, owner: &UserId, digests: &[String]) -> Result<(), StoreError> {
    let mut tx = db.begin("second factors").await?;
    put_codes(&mut tx, owner, digests).await?;
    tx.commit().await
}

/// How many backup codes are left.
///
/// # Errors
/// Those of the database.
pub async fn backup_left(db: &Db, owner: &UserId) -> Result<u64, StoreError> {
    let row = query("SELECT COUNT(*) AS left_over FROM backup_codes WHERE owner = $1 AND used_at IS NULL")
        .bind(owner.as_str())
        .fetch_one(db)
        .await?;
    let left: i64 = row.get("left_over")?;
    Ok(u64::try_from(left).unwrap_or(0))
}

/// Takes a factor away with its backup codes, and ends what its owner is signed in with but for what is kept; false when
/// there is none, and nothing ends.
///
/// # Errors
/// Those of the database.
pub async fn remove(db: &Db, owner: &UserId, keep: Keep<'_>, now: UnixNanos) -> Result<bool, StoreError> {
    let mut tx = db.begin("second factors").await?;
    query("DELETE FROM backup_codes WHERE owner = $1")
        .bind(owner.as_str())
        .execute(&mut tx)
        .await?;
    let removed = query("DELETE FROM second_factors WHERE owner = $1")
        .bind(owner.as_str())
        .execute(&mut tx)
        .await?;
    if removed == 0 {
        return Ok(false);
    }
    ending::end_sign_ins(&mut tx, owner, keep, now).await?;
    tx.commit().await?;
    Ok(true)
}
