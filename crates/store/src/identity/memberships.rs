//! Who may do what on which trading account.

use tradewind_types::{AccountId, EngineId, OrgId, UnixNanos, UserId};

use super::{users, version};
use crate::db::{from_sql, to_sql};
use crate::privacy::person_keys;
use crate::sql::{self, Row, Target, Tx};
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
    /// 1, and one more with every change.
    pub version: u32,
}

/// What became of a change of a membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Changed {
    /// It was made; so it is, or was before it ended.
    Done(MembershipRow),
    /// There is no such membership.
    Missing,
    /// It is not as the change supposes.
    Stale,
    /// It would leave the account without an owner.
    LastOwner,
    /// The account has an owner who can decide.
    Owned,
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
        version: version(row)?,
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
    upsert_on(db, org, engine, member, granted_by).await
}

async fn upsert_on<'a>(
    on: impl Target<'a>,
    org: &OrgId,
    engine: &EngineId,
    member: &MembershipRow,
    granted_by: &str,
) -> Result<(), StoreError> {
    sql::query(
        "INSERT INTO memberships (account, owner, org_id, engine_id, role, granted_by, since)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (account, owner) DO UPDATE SET role = excluded.role, granted_by = excluded.granted_by,
             version = memberships.version + 1",
    )
    .bind(member.account.as_str())
    .bind(member.owner.as_str())
    .bind(org.as_str())
    .bind(engine.as_str())
    .bind(&member.role)
    .bind(granted_by)
    .bind(to_sql(member.since))
    .execute(on)
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

/// The memberships of a person in their organisation.
///
/// # Errors
/// Those of the database.
pub async fn of_user(db: &Db, org: &OrgId, owner: &UserId) -> Result<Vec<MembershipRow>, StoreError> {
    let rows =
        sql::query("SELECT * FROM memberships WHERE org_id = $2 AND owner = $1 ORDER BY since, account")
            .bind(owner.as_str())
            .bind(org.as_str())
            .fetch_all(db)
            .await?;
    rows.iter().map(read).collect()
}

/// What is locked while it is decided who is a member of an account.
pub(crate) fn members_of(account: &AccountId) -> String {
    format!("members of {account}")
}

/// Makes or changes a membership if what is there is as the change supposes; an account keeps an owner, also when two
/// owners demote each other at once. Nobody who was erased becomes a member.
///
/// # Errors
/// [`StoreError::Conflict`] when there is no such person.
pub async fn set(
    db: &Db,
    (org, engine): (&OrgId, &EngineId),
    member: &MembershipRow,
    granted_by: &str,
    supposed: impl FnOnce(Option<u32>) -> bool + Send,
) -> Result<Changed, StoreError> {
    let mut tx = db.begin(&users::people_of(org)).await?;
    tx.also(&members_of(&member.account)).await?;
    set_on(tx, (org, engine), member, granted_by, supposed).await
}

/// Makes somebody an owner of an account that has none who could do it: nobody, or only people who are disabled or asked to
/// be erased.
///
/// # Errors
/// [`StoreError::Conflict`] when there is no such person.
pub async fn appoint(
    db: &Db,
    (org, engine): (&OrgId, &EngineId),
    member: &MembershipRow,
    granted_by: &str,
    supposed: impl FnOnce(Option<u32>) -> bool + Send,
) -> Result<Changed, StoreError> {
    let mut tx = db.begin(&users::people_of(org)).await?;
    tx.also(&members_of(&member.account)).await?;
    let able = sql::query(
        "SELECT m.owner FROM memberships m JOIN users u ON u.id = m.owner
         WHERE m.account = $1 AND m.role = 'OWNER' AND u.disabled = FALSE AND NOT EXISTS
             (SELECT 1 FROM deletion_requests d WHERE d.person = m.owner AND d.state = 'PENDING')",
    )
    .bind(member.account.as_str())
    .fetch_optional(&mut tx)
    .await?;
    if able.is_some() {
        return Ok(Changed::Owned);
    }
    set_on(tx, (org, engine), member, granted_by, supposed).await
}

async fn set_on(
    mut tx: Tx,
    (org, engine): (&OrgId, &EngineId),
    member: &MembershipRow,
    granted_by: &str,
    supposed: impl FnOnce(Option<u32>) -> bool + Send,
) -> Result<Changed, StoreError> {
    if person_keys::is_erased(&mut tx, member.owner.as_str()).await? {
        return Ok(Changed::Missing);
    }
    let there = in_turn(&mut tx, &member.account).await?;
    let before = there.iter().find(|m| m.owner == member.owner);
    if !supposed(before.map(|m| m.version)) {
        return Ok(Changed::Stale);
    }
    if member.role != OWNER && is_last_owner(&there, &member.owner) {
        return Ok(Changed::LastOwner);
    }
    upsert_on(&mut tx, org, engine, member, granted_by).await?;
    tx.commit().await?;
    Ok(Changed::Done(MembershipRow {
        since: before.map_or(member.since, |m| m.since),
        version: before.map_or(1, |m| m.version.saturating_add(1)),
        ..member.clone()
    }))
}

/// Ends a membership, likewise.
///
/// # Errors
/// Those of the database.
pub async fn end(
    db: &Db,
    account: &AccountId,
    owner: &UserId,
    supposed: impl FnOnce(Option<u32>) -> bool + Send,
) -> Result<Changed, StoreError> {
    let mut tx = db.begin(&members_of(account)).await?;
    let there = in_turn(&mut tx, account).await?;
    let Some(before) = there.iter().find(|m| m.owner == *owner).cloned() else {
        return Ok(Changed::Missing);
    };
    if !supposed(Some(before.version)) {
        return Ok(Changed::Stale);
    }
    if is_last_owner(&there, owner) {
        return Ok(Changed::LastOwner);
    }
    sql::query("DELETE FROM memberships WHERE account = $1 AND owner = $2")
        .bind(account.as_str())
        .bind(owner.as_str())
        .execute(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(Changed::Done(before))
}

const OWNER: &str = "OWNER";

async fn in_turn(tx: &mut Tx, account: &AccountId) -> Result<Vec<MembershipRow>, StoreError> {
    let rows = sql::query("SELECT * FROM memberships WHERE account = $1")
        .bind(account.as_str())
        .fetch_all(tx)
        .await?;
    rows.iter().map(read).collect()
}

fn is_last_owner(members: &[MembershipRow], leaving: &UserId) -> bool {
    let mut owners = members.iter().filter(|m| m.role == OWNER);
    owners.clone().any(|m| m.owner == *leaving) && owners.all(|m| m.owner == *leaving)
}
