//! Keys that sign access tokens. The private halves are sealed by whoever calls.

use tradewind_types::{OrgId, UnixNanos};

use crate::db::{from_sql, to_sql};
use crate::sql::{Row, Tx, query};
use crate::{Db, StoreError};

/// A key as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKeyRow {
    /// Its name in tokens.
    pub kid: String,
    /// Desk.
    pub org: OrgId,
    /// The public half, base64url.
    pub public_key: String,
    /// The private half, sealed.
    pub sealed: String,
    /// When it was made.
    pub created_at: UnixNanos,
    /// Since when it signs no more.
    pub retired_at: Option<UnixNanos>,
}

fn read(row: &Row) -> Result<SigningKeyRow, StoreError> {
    let org: String = row.get("org_id")?;
    Ok(SigningKeyRow {
        kid: row.get("kid")?,
        org: org
            .parse()
            .map_err(|_| StoreError::corrupt("signing_keys.org_id", &org))?,
        public_key: row.get("public_key")?,
        sealed: row.get("sealed")?,
        created_at: from_sql(row.get("created_at")?),
        retired_at: row.get::<Option<i64>>("retired_at")?.map(from_sql),
    })
}

/// Keys that sign, or signed until after `after`; the one that signs first, then the newest.
///
/// # Errors
/// Those of the database.
pub async fn since(db: &Db, org: &OrgId, after: UnixNanos) -> Result<Vec<SigningKeyRow>, StoreError> {
    let rows = query(
        "SELECT kid, org_id, public_key, sealed, created_at, retired_at FROM signing_keys
         WHERE org_id = $1 AND (retired_at IS NULL OR retired_at > $2)
         ORDER BY CASE WHEN retired_at IS NULL THEN 0 ELSE 1 END, created_at DESC, kid",
    )
    .bind(org.as_str())
    .bind(to_sql(after))
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

async fn insert(tx: &mut Tx, key: &SigningKeyRow) -> Result<(), StoreError> {
    query(
        "INSERT INTO signing_keys (kid, org_id, public_key, sealed, created_at, retired_at)
         VALUES ($1, $2, $3, $4, $5, NULL)",
    )
    .bind(key.kid.as_str())
    .bind(key.org.as_str())
    .bind(key.public_key.as_str())
    .bind(key.sealed.as_str())
    .bind(to_sql(key.created_at))
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores the first key; false when one signs already. Of two processes one is first.
///
/// # Errors
/// Those of the database.
pub async fn insert_first(db: &Db, key: &SigningKeyRow) -> Result<bool, StoreError> {
    let mut tx = db.begin("signing keys").await?;
    let there = query("SELECT kid FROM signing_keys WHERE org_id = $1 AND retired_at IS NULL")
        .bind(key.org.as_str())
        .fetch_optional(&mut tx)
        .await?;
    if there.is_some() {
        return Ok(false);
    }
    insert(&mut tx, key).await?;
    tx.commit().await?;
    Ok(true)
}

/// Puts a new key in the place of the one that signs; returns how many were retired.
///
/// # Errors
/// Those of the database.
pub async fn rotate(db: &Db, key: &SigningKeyRow) -> Result<u64, StoreError> {
    let mut tx = db.begin("signing keys").await?;
    let retired = query("UPDATE signing_keys SET retired_at = $2 WHERE org_id = $1 AND retired_at IS NULL")
        .bind(key.org.as_str())
        .bind(to_sql(key.created_at))
        .execute(&mut tx)
        .await?;
    insert(&mut tx, key).await?;
    tx.commit().await?;
    Ok(retired)
}

/// Deletes keys that were retired before `before`; returns how many.
///
/// # Errors
/// Those of the database.
pub async fn purge(db: &Db, before: UnixNanos) -> Result<u64, StoreError> {
    query("DELETE FROM signing_keys WHERE retired_at < $1")
        .bind(to_sql(before))
        .execute(db)
        .await
}
