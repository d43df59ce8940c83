//! People.

use std::collections::HashMap;

use tradewind_types::{OrgId, UnixNanos, UserId};

use super::linked::{self, LinkedRow};
use super::{ending, version};
use crate::db::{from_sql, to_sql};
use crate::privacy::person_keys;
use crate::sql::{self, Row, Target};
use crate::{Db, StoreError};

/// A person as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    /// Pseudonymous id.
    pub id: UserId,
    /// Desk.
    pub org: OrgId,
    /// Name to sign in with, as typed.
    pub username: String,
    /// Name for people.
    pub display_name: String,
    /// Role, as in the API.
    pub role: String,
    /// Password hash in PHC form.
    pub password_hash: String,
    /// Disabled people cannot sign in.
    pub disabled: bool,
    /// When they were made.
    pub created_at: UnixNanos,
    /// 1, and one more whenever an administrator changed them.
    pub version: u32,
}

/// What became of a change that an administrator asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided<E> {
    /// It was made: before and after.
    Done(Box<UserRow>, Box<UserRow>),
    /// There is no such person in the organisation.
    Missing,
    /// It was decided against.
    Refused(E),
}

fn read(row: &Row) -> Result<UserRow, StoreError> {
    let (id, org): (String, String) = (row.get("id")?, row.get("org_id")?);
    Ok(UserRow {
        id: id.parse().map_err(|_| StoreError::corrupt("users.id", &id))?,
        org: org
            .parse()
            .map_err(|_| StoreError::corrupt("users.org_id", &org))?,
        username: row.get("username")?,
        display_name: row.get("display_name")?,
        role: row.get("role")?,
        password_hash: row.get("password_hash")?,
        disabled: row.get("disabled")?,
        created_at: from_sql(row.get("created_at")?),
        version: version(row)?,
    })
}

/// How a name is compared: without case.
#[must_use]
pub fn username_key(username: &str) -> String {
    username.to_lowercase()
}

/// Stores a new person.
///
/// # Errors
/// [`StoreError::Conflict`] when the name is taken.
pub async fn insert(db: &Db, user: &UserRow) -> Result<(), StoreError> {
    insert_on(db, user).await
}

async fn insert_on<'a>(on: impl Target<'a>, user: &UserRow) -> Result<(), StoreError> {
    sql::query(
        "INSERT INTO users (id, org_id, username, username_key, display_name, role, password_hash, disabled, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(user.id.as_str())
    .bind(user.org.as_str())
    .bind(&user.username)
    .bind(username_key(&user.username))
    .bind(&user.display_name)
    .bind(&user.role)
    .bind(&user.password_hash)
    .bind(user.disabled)
    .bind(to_sql(user.created_at))
    .execute(on)
    .await?;
    Ok(())
}

/// Stores a person who is known by an identity at a provider, both or neither.
///
/// # Errors
/// [`StoreError::Conflict`] when the name, or the identity, is taken.
pub async fn insert_linked(db: &Db, user: &UserRow, linked: &LinkedRow) -> Result<(), StoreError> {
    let mut tx = db.begin("linked user").await?;
    insert_on(&mut tx, user).await?;
    linked::insert(&mut tx, linked).await?;
    tx.commit().await
}

/// Stores the first person; false when there is one already.
///
/// # Errors
/// Those of the database.
pub async fn insert_first(db: &Db, user: &UserRow) -> Result<bool, StoreError> {
    let mut tx = db.begin("first user").await?;
    let there: i64 = sql::query("SELECT COUNT(*) FROM users")
        .fetch_one(&mut tx)
        .await?
        .at(0)?;
    if there > 0 {
        return Ok(false);
    }
    insert_on(&mut tx, user).await?;
    tx.commit().await?;
    Ok(true)
}

/// Whether there is anybody.
///
/// # Errors
/// Those of the database.
pub async fn any(db: &Db) -> Result<bool, StoreError> {
    Ok(sql::query("SELECT 1 FROM users LIMIT 1")
        .fetch_optional(db)
        .await?
        .is_some())
}

/// By id.
///
/// # Errors
/// Those of the database.
pub async fn by_id(db: &Db, id: &UserId) -> Result<Option<UserRow>, StoreError> {
    let row = sql::query("SELECT * FROM users WHERE id = $1")
        .bind(id.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

/// By the name to sign in with, without case.
///
/// # Errors
/// Those of the database.
pub async fn by_username(db: &Db, username: &str) -> Result<Option<UserRow>, StoreError> {
    let row = sql::query("SELECT * FROM users WHERE username_key = $1")
        .bind(username_key(username))
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

/// By id, within an organisation.
///
/// # Errors
/// Those of the database.
pub async fn by_id_in(db: &Db, org: &OrgId, id: &UserId) -> Result<Option<UserRow>, StoreError> {
    Ok(by_id(db, id).await?.filter(|user| user.org == *org))
}

/// All of an organisation, by the time they were made; at most `limit` after `after`.
///
/// # Errors
/// Those of the database.
pub async fn list(
    db: &Db,
    org: &OrgId,
    after: Option<(UnixNanos, &str)>,
    limit: u32,
) -> Result<Vec<UserRow>, StoreError> {
    let (ts, id) = after.unwrap_or((UnixNanos(0), ""));
    let rows = sql::query(
        "SELECT * FROM users WHERE org_id = $1 AND (created_at > $2 OR (created_at = $2 AND id > $3))
         ORDER BY created_at, id LIMIT $4",
    )
    .bind(org.as_str())
    .bind(to_sql(ts))
    .bind(id)
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// Names for people of everybody of an organisation, by id.
///
/// # Errors
/// Those of the database.
pub async fn names(db: &Db, org: &OrgId) -> Result<HashMap<String, String>, StoreError> {
    let rows = sql::query("SELECT id, display_name FROM users WHERE org_id = $1")
        .bind(org.as_str())
        .fetch_all(db)
        .await?;
    rows.iter()
        .map(|row| Ok((row.get("id")?, row.get("display_name")?)))
        .collect()
}

/// Replaces role and disabled flag by what `decide` says. It sees the person as they are and how many others of the
/// organisation are enabled and of the role `counted`; nobody's role changes between its looking and the change, so that
/// two who demote each other do not both succeed. Whoever is disabled by it is signed out, and their keys and links are void.
/// Somebody who was erased is nobody any more.
///
/// # Errors
/// Those of the database.
pub async fn change<E>(
    db: &Db,
    (org, id): (&OrgId, &UserId),
    counted: &str,
    now: UnixNanos,
    decide: impl FnOnce(&UserRow, u64) -> Result<(String, bool), E> + Send,
) -> Result<Decided<E>, StoreError> {
    let mut tx = db.begin(&people_of(org)).await?;
    let row = sql::query("SELECT * FROM users WHERE id = $1 AND org_id = $2")
        .bind(id.as_str())
        .bind(org.as_str())
        .fetch_optional(&mut tx)
        .await?;
    let Some(before) = row.as_ref().map(read).transpose()? else {
        return Ok(Decided::Missing);
    };
    if person_keys::is_erased(&mut tx, id.as_str()).await? {
        return Ok(Decided::Missing);
    }
    let others = others(&mut tx, (org, id), counted).await?;
    let (role, disabled) = match decide(&before, others) {
        Ok(decided) => decided,
        Err(refused) => return Ok(Decided::Refused(refused)),
    };
    sql::query(
        "UPDATE users SET role = $2, disabled = $3, updated_at = $4, version = version + 1 WHERE id = $1",
    )
    .bind(id.as_str())
    .bind(&role)
    .bind(disabled)
    .bind(to_sql(now))
    .execute(&mut tx)
    .await?;
    if disabled {
        ending::end_everything(&mut tx, id, now).await?;
    }
    tx.commit().await?;
    let after = UserRow {
        role,
        disabled,
        version: before.version.saturating_add(1),
        ..before.clone()
    };
    Ok(Decided::Done(Box::new(before), Box::new(after)))
}

/// What is locked while it is decided who of an organisation is what.
pub(crate) fn people_of(org: &OrgId) -> String {
    format!("people of {org}")
}

/// How many of an organisation beside a person are enabled and of a role.
///
/// # Errors
/// Those of the database.
pub async fn others<'a>(
    on: impl Target<'a>,
    (org, id): (&OrgId, &UserId),
    role: &str,
) -> Result<u64, StoreError> {
    let row = sql::query(
        "SELECT COUNT(*) AS n FROM users WHERE org_id = $1 AND role = $2 AND disabled = FALSE AND id <> $3",
    )
    .bind(org.as_str())
    .bind(role)
    .bind(id.as_str())
    .fetch_one(on)
    .await?;
    Ok(row.get::<i64>("n")?.unsigned_abs())
}

/// Replaces the password hash.
///
/// # Errors
/// Those of the database.
pub async fn set_password<'a>(
    on: impl Target<'a>,
    id: &UserId,
    hash: &str,
    now: UnixNanos,
) -> Result<(), StoreError> {
    sql::query("UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1")
        .bind(id.as_str())
        .bind(hash)
        .bind(to_sql(now))
        .execute(on)
        .await?;
    Ok(())
}

/// Replaces the password hash and ends what the person is signed in with but for what is kept, both or neither.
///
/// # Errors
/// Those of the database.
pub async fn change_password(
    db: &Db,
    id: &UserId,
    hash: &str,
    keep: ending::Keep<'_>,
    now: UnixNanos,
) -> Result<(), StoreError> {
    let mut tx = db.begin("passwords").await?;
    set_password(&mut tx, id, hash, now).await?;
    ending::end_sign_ins(&mut tx, id, keep, now).await?;
    tx.commit().await
}
