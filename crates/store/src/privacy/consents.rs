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

/// A person's newest decision of each purpose.
///
/// # Errors
/// Those of the database.
pub async fn newest(db: &Db, person: &str) -> Result<Vec<ConsentRow>, StoreError> {
    let rows = query(
        "SELECT c.purpose, c.granted, c.policy, c.decided_at FROM consents c WHERE c.person = $1 AND c.number =
             (SELECT MAX(o.number) FROM consents o WHERE o.person = c.person AND o.purpose = c.purpose)
         ORDER BY c.purpose",
    )
    .bind(person)
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// Adds a decision; false when it is the one that stands already: it adds nothing.
///
/// # Errors
/// Those of the database.
pub async fn decide(db: &Db, org: &OrgId, person: &str, consent: &ConsentRow) -> Result<bool, StoreError> {
    let mut tx = db.begin("consents").await?;
    let last = query(
        "SELECT number, purpose, granted, policy, decided_at FROM consents WHERE person = $1 AND purpose = $2
         ORDER BY number DESC LIMIT 1",
    )
    .bind(person)
    .bind(consent.purpose.as_str())
    .fetch_optional(&mut tx)
    .await?;
    let number = match &last {
        Some(row) => {
            let stands = read(row)?;
            if (stands.granted, &stands.policy) == (consent.granted, &consent.policy) {
                return Ok(false);
            }
            row.get::<i64>("number")?
        }
        None => 0,
    };
    query(
        "INSERT INTO consents (person, purpose, number, org_id, granted, policy, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(person)
    .bind(consent.purpose.as_str())
    .bind(number + 1)
    .bind(org.as_str())
    .bind(consent.granted)
    .bind(consent.policy.as_str())
    .bind(to_sql(consent.decided_at))
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(true)
}
