//! Identities at other providers (OpenID Connect) that people sign in with: an issuer's name of a person, and whose it is.

use tradewind_types::{OrgId, UnixNanos, UserId};

use crate::db::{from_sql, to_sql};
use crate::sql::{Row, Target, query};
use crate::{Db, StoreError};

/// A linked identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedRow {
    /// Its own id.
    pub id: String,
    /// Desk.
    pub org: OrgId,
    /// Whose.
    pub owner: UserId,
    /// The provider's name in the configuration when it was linked.
    pub provider: String,
    /// The provider's issuer: with `subject` who they are there.
    pub issuer: String,
    /// The issuer's name of the person.
    pub subject: String,
    /// Whether the person was made by signing in with it, so that the provider tells their role.
    pub made_by_it: bool,
    /// When it was linked.
    pub created_at: UnixNanos,
    /// When it was last signed in with.
    pub last_used_at: Option<UnixNanos>,
}

fn read(row: &Row) -> Result<LinkedRow, StoreError> {
    let (owner, org): (String, String) = (row.get("owner")?, row.get("org_id")?);
    Ok(LinkedRow {
        id: row.get("id")?,
        org: org
            .parse()
            .map_err(|_| StoreError::corrupt("linked_identities.org_id", &org))?,
        owner: owner
            .parse()
            .map_err(|_| StoreError::corrupt("linked_identities.owner", &owner))?,
        provider: row.get("provider")?,
        issuer: row.get("issuer")?,
        subject: row.get("subject")?,
        made_by_it: row.get("made_by_it")?,
        created_at: from_sql(row.get("created_at")?),
        last_used_at: row.get::<Option<i64>>("last_used_at")?.map(from_sql),
    })
}

/// Links an identity.
///
/// # Errors
/// [`StoreError::Conflict`] when it is somebody's in this organisation already.
pub async fn insert(on: impl Target<'_>, row: &LinkedRow) -> Result<(), StoreError> {
    query(
        "INSERT INTO linked_identities (id, org_id, owner, provider, issuer, subject, made_by_it, created_at, last_used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&row.id)
    .bind(row.org.as_str())
    .bind(row.owner.as_str())
    .bind(&row.provider)
    .bind(&row.issuer)
    .bind(&row.subject)
    .bind(row.made_by_it)
    .bind(to_sql(row.created_at))
    .bind(row.last_used_at.map(to_sql))
    .execute(on)
    .await?;
    Ok(())
}

/// Whose an issuer's subject is in an organisation.
///
/// # Errors
/// Those of the database.
pub async fn by_subject(
    db: &Db,
    org: &OrgId,
    issuer: &str,
    subject: &str,
) -> Result<Option<LinkedRow>, StoreError> {
    let row = query(
        "SELECT id, org_id, owner, provider, issuer, subject, made_by_it, created_at, last_used_at
         FROM linked_identities WHERE org_id = $1 AND issuer = $2 AND subject = $3",
    )
    .bind(org.as_str())
    .bind(issuer)
    .bind(subject)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(read).transpose()
}

/// A person's, oldest first; at most 100.
///
/// # Errors
/// Those of the database.
pub async fn of_owner(db: &Db, owner: &UserId) -> Result<Vec<LinkedRow>, StoreError> {
    let rows = query(
        "SELECT id, org_id, owner, provider, issuer, subject, made_by_it, created_at, last_used_at
         FROM linked_identities WHERE owner = $1 ORDER BY created_at, id LIMIT 100",
    )
    .bind(owner.as_str())
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// Notes that somebody signed in with it.
///
/// # Errors
/// Those of the database.
pub async fn touch(db: &Db, id: &str, now: UnixNanos) -> Result<(), StoreError> {
    query("UPDATE linked_identities SET last_used_at = $2 WHERE id = $1")
        .bind(id)
        .bind(to_sql(now))
        .execute(db)
        .await?;
    Ok(())
}

/// Takes a person's link away; false when there is no such one.
///
/// # Errors
/// Those of the database.
pub async fn delete(db: &Db, owner: &UserId, id: &str) -> Result<bool, StoreError> {
    let gone = query("DELETE FROM linked_identities WHERE id = $1 AND owner = $2")
        .bind(id)
        .bind(owner.as_str())
        .execute(db)
        .await?;
    Ok(gone == 1)
}
