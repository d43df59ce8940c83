//! The audit log: who did what, when, from where, in which request. Rows are only ever added.

use tradewind_types::{OrgId, UnixNanos};

use crate::db::{from_sql, to_sql};
use crate::sql::{self, Row};
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
    // The next number is the greatest one's successor: two at once must not read the same.
    let mut tx = db.begin("audit").await?;
    let inserted = sql::query(
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
    .fetch_one(&mut tx)
    .await?;
    tx.commit().await?;
    inserted.get("seq")
}

fn read(row: &Row) -> Result<(i64, AuditRow), StoreError> {
    let org: String = row.get("org_id")?;
    let audit = AuditRow {
        org: org
            .parse()
            .map_err(|_| StoreError::corrupt("audit.org_id", &org))?,
        ts: from_sql(row.get("ts")?),
        actor: row.get("actor")?,
        action: row.get("action")?,
        subject: row.get("subject")?,
        outcome: row.get("outcome")?,
        ip: row.get("ip")?,
        correlation_id: row.get("correlation_id")?,
        detail: row.get("detail")?,
    };
    Ok((row.get("seq")?, audit))
}

/// Rows with numbers above `after`, oldest first, at most `limit`.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &Db, after: i64, limit: u32) -> Result<Vec<(i64, AuditRow)>, StoreError> {
    let rows = sql::query("SELECT * FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2")
        .bind(after)
        .bind(i64::from(limit))
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}
