//! One-time links: the first-run set-up and signing in from the terminal. Only the token's hash is stored.

use tradewind_types::{OrgId, UnixNanos, UserId};

use crate::db::to_sql;
use crate::sql;
use crate::{Db, StoreError};

/// What a link is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Making the first administrator.
    Setup,
    /// Signing in as its owner.
    SignIn,
}

impl Purpose {
    fn text(self) -> &'static str {
        match self {
            Purpose::Setup => "SETUP",
            Purpose::SignIn => "SIGN_IN",
        }
    }
}

/// Stores a link.
///
/// # Errors
/// Those of the database.
pub async fn insert(
    db: &Db,
    org: &OrgId,
    purpose: Purpose,
    owner: Option<&UserId>,
    token_hash: &str,
    created_at: UnixNanos,
    expires_at: UnixNanos,
) -> Result<(), StoreError> {
    sql::query(
        "INSERT INTO one_time_links (token_hash, org_id, purpose, owner, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(token_hash)
    .bind(org.as_str())
    .bind(purpose.text())
    .bind(owner.map(UserId::as_str))
    .bind(to_sql(created_at))
    .bind(to_sql(expires_at))
    .execute(db)
    .await?;
    Ok(())
}

/// Whether a link could be used now.
///
/// # Errors
/// Those of the database.
pub async fn is_valid(
    db: &Db,
    purpose: Purpose,
    token_hash: &str,
    now: UnixNanos,
) -> Result<bool, StoreError> {
    let row = sql::query(
        "SELECT 1 FROM one_time_links WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3",
    )
    .bind(token_hash)
    .bind(purpose.text())
    .bind(to_sql(now))
    .fetch_optional(db)
    .await?;
    Ok(row.is_some())
}

/// Uses a link up. `None` when it is unknown, used or over; else its owner.
///
/// # Errors
/// Those of the database.
pub async fn redeem(
    db: &Db,
    purpose: Purpose,
    token_hash: &str,
    now: UnixNanos,
) -> Result<Option<Option<UserId>>, StoreError> {
    let row = sql::query(
        "UPDATE one_time_links SET used_at = $3
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 RETURNING owner",
    )
    .bind(token_hash)
    .bind(purpose.text())
    .bind(to_sql(now))
    .fetch_optional(db.writing())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let owner: Option<String> = row.get("owner")?;
    let parse = |id: String| {
        id.parse()
            .map_err(|_| StoreError::corrupt("one_time_links.owner", &id))
    };
    Ok(Some(owner.map(parse).transpose()?))
}

/// Voids all unused links of a purpose: only the newest printed one holds.
///
/// # Errors
/// Those of the database.
pub async fn void(db: &Db, purpose: Purpose, now: UnixNanos) -> Result<u64, StoreError> {
    let done = sql::query("UPDATE one_time_links SET used_at = $2 WHERE purpose = $1 AND used_at IS NULL")
        .bind(purpose.text())
        .bind(to_sql(now))
        .execute(db)
        .await?;
    Ok(done)
}

/// Whose link it is, without using it up. `None` when it is unknown, used or over.
///
/// # Errors
/// Those of the database.
pub async fn owner_of(
    db: &Db,
    purpose: Purpose,
    token_hash: &str,
    now: UnixNanos,
) -> Result<Option<Option<UserId>>, StoreError> {
    let row = crate::sql::query(
        "SELECT owner FROM one_time_links
         WHERE token_hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3",
    )
    .bind(token_hash)
    .bind(purpose.text())
    .bind(to_sql(now))
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let owner: Option<String> = row.get("owner")?;
    let parse = |id: String| {
        id.parse()
            .map_err(|_| StoreError::corrupt("one_time_links.owner", &id))
    };
    Ok(Some(owner.map(parse).transpose()?))
}
