//! Keys that sign checkpoints and anchors. The private half is sealed by whoever calls.

use tradewind_types::UnixNanos;

use crate::db::to_sql;
use crate::sql::{Row, query};
use crate::{Db, StoreError};

/// A key as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditKeyRow {
    /// Its name.
    pub id: String,
    /// The public half, base64url.
    pub public_key: String,
    /// The private half, sealed.
    pub sealed: String,
}

fn read(row: &Row) -> Result<AuditKeyRow, StoreError> {
    Ok(AuditKeyRow {
        id: row.get("id")?,
        public_key: row.get("public_key")?,
        sealed: row.get("sealed")?,
    })
}

/// The key that signs.
///
/// # Errors
/// Those of the database.
pub async fn current(db: &Db) -> Result<Option<AuditKeyRow>, StoreError> {
    let row = query(
        "SELECT id, public_key, sealed FROM audit_keys WHERE sealed IS NOT NULL ORDER BY created_at, id LIMIT 1",
    )
    .fetch_optional(db)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Stores the first key; false when there is one already. Of two processes one is first.
///
/// # Errors
/// Those of the database.
pub async fn insert_first(db: &Db, key: &AuditKeyRow, now: UnixNanos) -> Result<bool, StoreError> {
    let mut tx = db.begin("audit keys").await?;
    let there = query("SELECT id FROM audit_keys LIMIT 1")
        .fetch_optional(&mut tx)
        .await?;
    if there.is_some() {
        return Ok(false);
    }
    query("INSERT INTO audit_keys (id, public_key, sealed, created_at) VALUES ($1, $2, $3, $4)")
        .bind(key.id.as_str())
        .bind(key.public_key.as_str())
        .bind(key.sealed.as_str())
        .bind(to_sql(now))
        .execute(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(true)
}
