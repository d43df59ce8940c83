//! The audit log: who did what, when, from where, in which request. Rows are only ever added.

use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use tradewind_types::{OrgId, UnixNanos};

use crate::db::{from_sql, to_sql};
use crate::{Db, StoreError};

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Desk.
    pub org: OrgId,
    /// When.
    pub ts: UnixNanos,
    /// Pseudonymous id of the person or key; `anonymous` before signing in.
    pub actor: String,
    /// What, e.g. `session.create`.
    pub action: String,
    /// To what, e.g. a user id.
    pub subject: String,
    /// `OK`, `DENIED` or an error code.
    pub outcome: String,
    /// From where.
    pub ip: String,
    /// The request's id.
    pub correlation_id: String,
    /// Before and after, as JSON without personal data or secrets.
    pub detail: String,
}

/// Appends a row and returns its number.
///
/// # Errors
/// Those of the database.
pub async fn append(db: &Db, row: &AuditRow) -> Result<i64, StoreError> {
    let inserted = sqlx::query(
        "INSERT INTO audit (seq, org_id, ts, actor, action, subject, outcome, ip, correlation_id, detail)
         VALUES ((SELECT COALESCE(MAX(seq), 0) + 1 FROM audit), $1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING seq",
    )
    .bind(row.org.as_str())
    .bind(to_sql(row.ts))
    .bind(&row.actor)
    .bind(&row.action)
    .bind(&row.subject)
    .bind(&row.outcome)
    .bind(&row.ip)
    .bind(&row.correlation_id)
    .bind(&row.detail)
    .fetch_one(db.writer())
    .await?;
    Ok(inserted.try_get("seq")?)
}

fn read(row: &SqliteRow) -> Result<(i64, AuditRow), StoreError> {
    let org: String = row.try_get("org_id")?;
    let audit = AuditRow {
        org: org
            .parse()
            .map_err(|_| StoreError::corrupt("audit.org_id", &org))?,
        ts: from_sql(row.try_get("ts")?),
        actor: row.try_get("actor")?,
        action: row.try_get("action")?,
        subject: row.try_get("subject")?,
        outcome: row.try_get("outcome")?,
        ip: row.try_get("ip")?,
        correlation_id: row.try_get("correlation_id")?,
        detail: row.try_get("detail")?,
    };
    Ok((row.try_get("seq")?, audit))
}

/// Rows with numbers above `after`, oldest first, at most `limit`.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &Db, after: i64, limit: u32) -> Result<Vec<(i64, AuditRow)>, StoreError> {
    let rows = sqlx::query("SELECT * FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2")
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(db.reader())
        .await?;
    rows.iter().map(read).collect()
}
