//! Links by which a person sets a new password: single-use, known by a hash. They lie beside the other one-time links.

use tradewind_types::{OrgId, UnixNanos, UserId};

use super::ending;
use crate::db::to_sql;
use crate::sql::{Target, query};
use crate::{Db, StoreError};

const PURPOSE: &str = "RESET";

/// Stores a link.
///
/// # Errors
/// Those of the database.
pub async fn insert(
    db: &Db,
    org: &OrgId,
    owner: &UserId,
    token_hash: &str,
    created_at: UnixNanos,
    expires_at: UnixNanos,
) -> Result<(), StoreError> {
    query(
        "INSERT INTO one_time_links (token_hash, org_id, purpose, owner, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(token_hash)
    .bind(org.as_str())
    .bind(PURPOSE)
    .bind(owner.as_str())
    .bind(to_sql(created_at))
    .bind(to_sql(expires_at))
    .execute(db)
    .await?;
    Ok(())
}

/// Whose link it is, while it can be used.
///
/// # Errors
/// Those of the database.
pub async fn owner_of(db: &Db, token_hash: &str, now: UnixNanos) -> Result<Option<UserId>, StoreError> {
    let row = query(
        "SELECT owner FROM one_time_links
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3",
    )
    .bind(token_hash)
    .bind(PURPOSE)
    .bind(to_sql(now))
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let owner: String = row.get("owner")?;
    let parsed = owner.parse();
    parsed
        .map(Some)
        .map_err(|_| StoreError::corrupt("one_time_links.owner", &owner))
}

/// Uses a link up, sets the password, and ends all that its owner is signed in with, all or nothing; false when it is
/// unknown, used or over. All other links of its owner become void.
///
/// # Errors
/// Those of the database.
pub async fn redeem(
    db: &Db,
    owner: &UserId,
    token_hash: &str,
    password_hash: &str,
    now: UnixNanos,
) -> Result<bool, StoreError> {
    let mut tx = db.begin("password resets").await?;
    let used = query(
        "UPDATE one_time_links SET used_at = $4
         WHERE token_hash = $1 AND purpose = $2 AND owner = $3 AND used_at IS NULL AND expires_at > $4",
    )
    .bind(token_hash)
    .bind(PURPOSE)
    .bind(owner.as_str())
    .bind(to_sql(now))
    .execute(&mut tx)
    .await?;
    if used == 0 {
        return Ok(false);
    }
    query("UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1")
        .bind(owner.as_str())
        .bind(password_hash)
        .bind(to_sql(now))
        .execute(&mut tx)
        .await?;
    ending::end_sign_ins(&mut tx, owner, ending::Keep::default(), now).await?;
    tx.commit().await?;
    Ok(true)
}

/// Voids all links of a person, of every purpose: the password was changed, or the person disabled.
///
/// # Errors
/// Those of the database.
pub async fn void_all<'a>(on: impl Target<'a>, owner: &UserId, now: UnixNanos) -> Result<u64, StoreError> {
    query("UPDATE one_time_links SET used_at = $2 WHERE owner = $1 AND used_at IS NULL")
        .bind(owner.as_str())
        .bind(to_sql(now))
        .execute(on)
        .await
}
