//! What people want to be told of.

use tradewind_types::{OrgId, UnixNanos, UserId};

use crate::db::to_sql;
use crate::sql::{self, Row};
use crate::{Db, StoreError};

/// What somebody has chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// As JSON.
    pub content: String,
    /// 1 when it was chosen first; each change adds 1.
    pub version: u32,
}

fn read(row: &Row) -> Result<Chosen, StoreError> {
    let version: i64 = row.get("version")?;
    Ok(Chosen {
        content: row.get("content")?,
        version: u32::try_from(version)
            .map_err(|_| StoreError::corrupt("notification_settings.version", &version.to_string()))?,
    })
}

/// What somebody has chosen; none who never chose.
///
/// # Errors
/// Those of the database.
pub async fn of(db: &Db, owner: &UserId) -> Result<Option<Chosen>, StoreError> {
    let row = sql::query("SELECT content, version FROM notification_settings WHERE owner = $1")
        .bind(owner.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Chooses anew, when what was chosen before still has the version that the choice is based on (0: never); without one in
/// any case. The version then; none when it was another.
///
/// # Errors
/// Those of the database.
pub async fn put(
    db: &Db,
    (org, owner): (&OrgId, &UserId),
    content: &str,
    based_on: Option<u32>,
    now: UnixNanos,
) -> Result<Option<u32>, StoreError> {
    let mut tx = db.begin(&format!("notifications {owner}")).await?;
    let before = sql::query("SELECT content, version FROM notification_settings WHERE owner = $1")
        .bind(owner.as_str())
        .fetch_optional(&mut tx)
        .await?;
    let version = before
        .as_ref()
        .map(read)
        .transpose()?
        .map_or(0, |chosen| chosen.version);
    if based_on.is_some_and(|based_on| based_on != version) {
        return Ok(None);
    }
    let next = version.saturating_add(1);
    sql::query(
        "INSERT INTO notification_settings (owner, org_id, content, version, updated_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (owner) DO UPDATE SET content = excluded.content, version = excluded.version, updated_at = excluded.updated_at",
    )
    .bind(owner.as_str())
    .bind(org.as_str())
    .bind(content)
    .bind(i64::from(next))
    .bind(to_sql(now))
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(Some(next))
}
