//! Reading the log.

use tradewind_types::{OrgId, UnixNanos};

use super::{AuditRow, Entry, read};
use crate::db::to_sql;
use crate::sql::query;
use crate::{Db, StoreError};

/// Which rows; what is absent does not matter.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// By whom.
    pub actor: Option<String>,
    /// What: exactly this.
    pub action: Option<String>,
    /// Not before.
    pub from: Option<UnixNanos>,
    /// Before.
    pub to: Option<UnixNanos>,
}

/// Rows with numbers above `after`, oldest first, at most `limit`.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &Db, after: i64, limit: u32) -> Result<Vec<(i64, AuditRow)>, StoreError> {
    let rows = query("SELECT * FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2")
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(db)
        .await?;
    rows.iter()
        .map(|row| read(row).map(|entry| (entry.seq, entry.row)))
        .collect()
}

/// Rows of an organisation, or of all, with numbers above `after`, oldest first, at most `limit`.
///
/// # Errors
/// Those of the database.
pub async fn after(db: &Db, org: Option<&OrgId>, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
    // An empty text stands for all: a parameter that may be NULL has no type.
    let text = "SELECT * FROM audit WHERE ($1 = '' OR org_id = $1) AND seq > $2 ORDER BY seq LIMIT $3";
    let rows = query(text)
        .bind(org.map_or("", OrgId::as_str))
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

/// An organisation's rows below number `before`, newest first, at most `limit`.
///
/// # Errors
/// Those of the database.
pub async fn page(
    db: &Db,
    org: &OrgId,
    filter: &Filter,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<Entry>, StoreError> {
    // An empty text and the ends of time stand for what is absent: a parameter that may be NULL has no type.
    let rows = query(
        "SELECT seq, org_id, ts, actor, action, subject, outcome, ip, correlation_id, detail, person, personal, hash
         FROM audit
         WHERE org_id = $1 AND seq < $2 AND ($3 = '' OR actor = $3) AND ($4 = '' OR action = $4)
           AND ts >= $5 AND ts < $6
         ORDER BY seq DESC LIMIT $7",
    )
    .bind(org.as_str())
    .bind(before.unwrap_or(i64::MAX))
    .bind(filter.actor.as_deref().unwrap_or_default())
    .bind(filter.action.as_deref().unwrap_or_default())
    .bind(filter.from.map_or(0, to_sql))
    .bind(filter.to.map_or(i64::MAX, to_sql))
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// One row of an organisation by its number.
///
/// # Errors
/// Those of the database.
pub async fn get(db: &Db, org: &OrgId, seq: i64) -> Result<Option<Entry>, StoreError> {
    let row = query("SELECT * FROM audit WHERE seq = $1 AND org_id = $2")
        .bind(seq)
        .bind(org.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Rows that a person did or that are about them, above number `after`, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn of_person(db: &Db, person: &str, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
    let rows = query(
        "SELECT * FROM audit WHERE seq > $1 AND (actor = $2 OR subject = $2 OR person = $2) ORDER BY seq LIMIT $3",
    )
    .bind(after)
    .bind(person)
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}
