//! Consents: what somebody agreed to, when, and under which text.

use tradewind_types::{OrgId, UnixNanos};

use crate::db::{from_sql, to_sql};
use crate::sql::{Row, query};
use crate::{Db, StoreError};

/// A decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentRow {
    /// For what.
    pub purpose: String,
    /// Given, or taken back.
    pub granted: bool,
    /// Version of the text that was agreed to.
    pub policy: String,
    /// When.
    pub decided_at: UnixNanos,
}

fn read(row: &Row) -> Result<ConsentRow, StoreError> {
    Ok(ConsentRow {
        purpose: row.get("purpose")?,
        granted: row.get("granted")?,
        policy: row.get("policy")?,
        decided_at: from_sql(row.get("decided_at")?),
    })
}

/// Every decision of a person, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn of_person(db: &Db, person: &str) -> Result<Vec<ConsentRow>, StoreError> {
    let rows = query(
        "SELECT purpose, granted, policy, decided_at FROM consents WHERE person = $1
         ORDER BY decided_at, purpose, number",
    )
    .bind(person)
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// Adds a decision.
///
/// # Errors
/// Those of the database.
pub async fn decide(db: &Db, org: &OrgId, person: &str, consent: &ConsentRow) -> Result<(), StoreError> {
    let mut tx = db.begin("consents").await?;
    let last = query("SELECT MAX(number) AS number FROM consents WHERE person = $1 AND purpose = $2")
        .bind(person)
        .bind(consent.purpose.as_str())
        .fetch_one(&mut tx)
        .await?
        .get::<Option<i64>>("number")?;
    query(
        "INSERT INTO consents (person, purpose, number, org_id, granted, policy, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(person)
    .bind(consent.purpose.as_str())
    .bind(last.unwrap_or(0) + 1)
    .bind(org.as_str())
    .bind(consent.granted)
    .bind(consent.policy.as_str())
    .bind(to_sql(consent.decided_at))
    .execute(&mut tx)
    .await?;
    tx.commit().await
}
