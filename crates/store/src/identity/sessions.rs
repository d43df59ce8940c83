//! Sessions of browsers. The cookie's token is stored as its hash only.

use tradewind_types::{OrgId, UnixNanos, UserId};

use crate::db::{from_sql, to_sql};
use crate::sql::{self, Row, Target};
use crate::{Db, StoreError};

/// A session as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Public id, good for revoking only.
    pub id: String,
    /// Desk.
    pub org: OrgId,
    /// Whose.
    pub owner: UserId,
    /// Hash of the cookie's token.
    pub token_hash: String,
    /// The browser, as it calls itself.
    pub user_agent: String,
    /// Where it was opened from.
    pub ip: String,
    /// When it began.
    pub created_at: UnixNanos,
    /// When it was last used.
    pub last_seen_at: UnixNanos,
    /// When it ends at the latest.
    pub expires_at: UnixNanos,
}

fn read(row: &Row) -> Result<SessionRow, StoreError> {
    let (owner, org): (String, String) = (row.get("owner")?, row.get("org_id")?);
    Ok(SessionRow {
        id: row.get("id")?,
        org: org
            .parse()
            .map_err(|_| StoreError::corrupt("sessions.org_id", &org))?,
        owner: owner
            .parse()
            .map_err(|_| StoreError::corrupt("sessions.owner", &owner))?,
        token_hash: row.get("token_hash")?,
        user_agent: row.get("user_agent")?,
        ip: row.get("ip")?,
        created_at: from_sql(row.get("created_at")?),
        last_seen_at: from_sql(row.get("last_seen_at")?),
        expires_at: from_sql(row.get("expires_at")?),
    })
}

/// Stores a new session.
///
/// # Errors
/// Those of the database.
pub async fn insert(db: &Db, session: &SessionRow) -> Result<(), StoreError> {
    sql::query(
        "INSERT INTO sessions (id, org_id, owner, token_hash, user_agent, ip, created_at, last_seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(&session.id)
    .bind(session.org.as_str())
    .bind(session.owner.as_str())
    .bind(&session.token_hash)
    .bind(&session.user_agent)
    .bind(&session.ip)
    .bind(to_sql(session.created_at))
    .bind(to_sql(session.last_seen_at))
    .bind(to_sql(session.expires_at))
    .execute(db)
    .await?;
    Ok(())
}

/// The session of a token's hash, unless revoked. Expiry is for the caller, who knows the idle limit.
///
/// # Errors
/// Those of the database.
pub async fn by_token_hash(db: &Db, hash: &str) -> Result<Option<SessionRow>, StoreError> {
    let row = sql::query("SELECT * FROM sessions WHERE token_hash = $1 AND revoked_at IS NULL")
        .bind(hash)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Notes that a session was used.
///
/// # Errors
/// Those of the database.
pub async fn touch(db: &Db, id: &str, now: UnixNanos) -> Result<(), StoreError> {
    sql::query("UPDATE sessions SET last_seen_at = $2 WHERE id = $1")
        .bind(id)
        .bind(to_sql(now))
        .execute(db)
        .await?;
    Ok(())
}

/// Sessions of a person that are neither revoked nor over, newest first; at most 200.
///
/// # Errors
/// Those of the database.
pub async fn of_owner(db: &Db, owner: &UserId, now: UnixNanos) -> Result<Vec<SessionRow>, StoreError> {
    let rows = sql::query(
        "SELECT * FROM sessions WHERE owner = $1 AND revoked_at IS NULL AND expires_at > $2
         ORDER BY created_at DESC, id LIMIT 200",
    )
    .bind(owner.as_str())
    .bind(to_sql(now))
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// A session of a person by its id, unless it is over.
///
/// # Errors
/// Those of the database.
pub async fn by_id(
    db: &Db,
    owner: &UserId,
    id: &str,
    now: UnixNanos,
) -> Result<Option<SessionRow>, StoreError> {
    let row = sql::query(
        "SELECT * FROM sessions WHERE id = $1 AND owner = $2 AND revoked_at IS NULL AND expires_at > $3",
    )
    .bind(id)
    .bind(owner.as_str())
    .bind(to_sql(now))
    .fetch_optional(db)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Revokes a session of a person; false when there is no such one.
///
/// # Errors
/// Those of the database.
pub async fn revoke(db: &Db, owner: &UserId, id: &str, now: UnixNanos) -> Result<bool, StoreError> {
    let done =
        sql::query("UPDATE sessions SET revoked_at = $3 WHERE id = $1 AND owner = $2 AND revoked_at IS NULL")
            .bind(id)
            .bind(owner.as_str())
            .bind(to_sql(now))
            .execute(db)
            .await?;
    Ok(done == 1)
}

/// Revokes all sessions of a person, except one; returns how many.
///
/// # Errors
/// Those of the database.
pub async fn revoke_all<'a>(
    on: impl Target<'a>,
    owner: &UserId,
    except: Option<&str>,
    now: UnixNanos,
) -> Result<u64, StoreError> {
    let done = sql::query(
        "UPDATE sessions SET revoked_at = $3 WHERE owner = $1 AND id <> $2 AND revoked_at IS NULL",
    )
    .bind(owner.as_str())
    .bind(except.unwrap_or(""))
    .bind(to_sql(now))
    .execute(on)
    .await?;
    Ok(done)
}
