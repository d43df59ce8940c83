//! The audit log: who did what, when, from where, in which request. Rows are only ever added, each chained to the one
//! before ([`chain`]); [`walk`] looks the chain over, [`cut`] takes away its beginning when its time is over.
//!
//! What is absent: keys. Whoever appends has sealed personal parts before, and signs what is to be signed.

pub mod adopt;
pub mod anchors;
pub mod chain;
pub mod keys;
pub mod list;
pub mod walk;

pub use chain::{ChainHash, Head};
pub use list::{Filter, get, list, page};

use tradewind_types::{OrgId, UnixNanos};

use crate::db::{from_sql, to_sql};
use crate::sql::{Row, Tx, query};
use crate::{Db, StoreError};

/// Serialises everything that changes the log, so that its chain never forks.
const LOCK: &str = "audit";

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
    /// From where: the address, sealed with the actor's key, or with that of `person` where the actor is nobody; empty when
    /// there is none.
    pub ip: String,
    /// The request's id.
    pub correlation_id: String,
    /// Before and after, as JSON without personal data or secrets.
    pub detail: String,
    /// Whom it concerns: with their key `personal` is sealed, and the address where the actor is nobody; may be empty.
    pub person: String,
    /// The personal part of before and after, JSON, sealed.
    pub personal: String,
}

/// A row with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number.
    pub seq: i64,
    /// The row.
    pub row: AuditRow,
    /// Its hash, as stored: 64 hex digits, or empty when it was never chained.
    pub hash: String,
}

/// Appends a row and returns its place.
///
/// # Errors
/// Those of the database; [`StoreError::Schema`] when older rows are not chained yet ([`adopt`]).
pub async fn append(db: &Db, row: &AuditRow) -> Result<Head, StoreError> {
    let mut tx = db.begin(LOCK).await?;
    let head = append_in(&mut tx, row).await?;
    tx.commit().await?;
    Ok(head)
}

/// Appends rows in their order: all of them or none.
///
/// # Errors
/// As [`append`].
pub async fn append_all(db: &Db, rows: &[AuditRow]) -> Result<(), StoreError> {
    let mut tx = db.begin(LOCK).await?;
    for row in rows {
        append_in(&mut tx, row).await?;
    }
    tx.commit().await
}

/// The same within a transaction that holds the log's lock.
async fn append_in(tx: &mut Tx, row: &AuditRow) -> Result<Head, StoreError> {
    let next = head_in(tx).await?.next(row);
    query(
        "INSERT INTO audit (seq, org_id, ts, actor, action, subject, outcome, ip, correlation_id, detail, person,
             personal, hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(next.seq)
    .bind(row.org.as_str())
    .bind(to_sql(row.ts))
    .bind(row.actor.as_str())
    .bind(row.action.as_str())
    .bind(row.subject.as_str())
    .bind(row.outcome.as_str())
    .bind(row.ip.as_str())
    .bind(row.correlation_id.as_str())
    .bind(row.detail.as_str())
    .bind(row.person.as_str())
    .bind(row.personal.as_str())
    .bind(next.hash.text())
    .execute(tx)
    .await?;
    Ok(next)
}

async fn head_in(tx: &mut Tx) -> Result<Head, StoreError> {
    let newest = query("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        .fetch_optional(&mut *tx)
        .await?;
    let row = match newest {
        Some(row) => Some(row),
        None => {
            query("SELECT through_seq AS seq, hash FROM audit_anchors ORDER BY through_seq DESC LIMIT 1")
                .fetch_optional(tx)
                .await?
        }
    };
    row.as_ref().map_or(Ok(Head::default()), read_head)
}

fn read_head(row: &Row) -> Result<Head, StoreError> {
    let text: String = row.get("hash")?;
    if text.is_empty() {
        let why = "the audit log is from before it was chained; start this program on the data once";
        return Err(StoreError::Schema(why.to_owned()));
    }
    let hash = ChainHash::parse(&text).ok_or_else(|| StoreError::corrupt("audit.hash", &text))?;
    let seq = row.get("seq")?;
    Ok(Head { seq, hash })
}

/// The end of the chain.
///
/// # Errors
/// As [`append`].
pub async fn head(db: &Db) -> Result<Head, StoreError> {
    let mut tx = db.snapshot().await?;
    head_in(&mut tx).await
}

fn read(row: &Row) -> Result<Entry, StoreError> {
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
        person: row.get("person")?,
        personal: row.get("personal")?,
    };
    Ok(Entry {
        seq: row.get("seq")?,
        row: audit,
        hash: row.get("hash")?,
    })
}
