//! Who may do what on which trading account.

use tradewind_types::{AccountId, EngineId, OrgId, UnixNanos, UserId};

use crate::db::{from_sql, to_sql};
use crate::sql::{self, Row};
use crate::{Db, StoreError};

/// A membership as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipRow {
    /// Account.
    pub account: AccountId,
    /// Member.
    pub owner: UserId,
    /// `OWNER`, `TRADER` or `VIEWER`.
    pub role: String,
    /// Since when.
    pub since: UnixNanos,
}

fn read(row: &Row) -> Result<MembershipRow, StoreError> {
    let (account, owner): (String, String) = (row.get("account")?, row.get("owner")?);
    Ok(MembershipRow {
        account: account
            .parse()
            .map_err(|_| StoreError::corrupt("memberships.account", &account))?,
        owner: owner
            .parse()
            .map_err(|_| StoreError::corrupt("memberships.owner", &owner))?,
        role: row.get("role")?,
        since: from_sql(row.get("since")?),
    })
}

/// Makes or changes a membership; `since` stays when it exists.
///
/// # Errors
/// [`StoreError::Conflict`] when there is no such person.
pub async fn upsert(
    db: &Db,
    org: &OrgId,
    engine: &EngineId,
    member: &MembershipRow,
    granted_by: &str,
) -> Result<(), StoreError> {
    sql::query(
        "INSERT INTO memberships (account, owner, org_id, engine_id, role, granted_by, since)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (account, owner) DO UPDATE SET role = excluded.role, granted_by = excluded.granted_by",
    )
    .bind(member.account.as_str())
    .bind(member.owner.as_str())
    .bind(org.as_str())
    .bind(engine.as_str())
    .bind(&member.role)
    .bind(granted_by)
    .bind(to_sql(member.since))
    .execute(db)
    .await?;
    Ok(())
}

/// Ends a membership; false when there is none.
///
/// # Errors
/// Those of the database.
pub async fn remove(db: &Db, account: &AccountId, owner: &UserId) -> Result<bool, StoreError> {
    let done = sql::query("DELETE FROM memberships WHERE account = $1 AND owner = $2")
        .bind(account.as_str())
        .bind(owner.as_str())
        .execute(db)
        .await?;
    Ok(done == 1)
}

/// The members of an account, oldest first.
///
/// # Errors
/// Those of the database.
pub async fn of_account(db: &Db, account: &AccountId) -> Result<Vec<MembershipRow>, StoreError> {
    let rows = sql::query("SELECT * FROM memberships WHERE account = $1 ORDER BY since, owner")
        .bind(account.as_str())
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

/// The memberships of a person.
///
/// # Errors
/// Those of the database.
pub async fn of_user(db: &Db, owner: &UserId) -> Result<Vec<MembershipRow>, StoreError> {
    let rows = sql::query("SELECT * FROM memberships WHERE owner = $1 ORDER BY since, account")
        .bind(owner.as_str())
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}
