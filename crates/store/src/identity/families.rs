//! Families of access tokens: what one sign-in of a program comes to. A family has one refresh token at a time; each is
//! used once, and one that is used again ends the family.

use tradewind_types::{OrgId, UnixNanos, UserId};

use crate::db::{from_sql, to_sql};
use crate::sql::{Row, Target, query};
use crate::{Db, StoreError};

/// A family as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FamilyRow {
    /// Public id, good for revoking only.
    pub id: String,
    /// Desk.
    pub org: OrgId,
    /// Whose.
    pub owner: UserId,
    /// The program, as it calls itself.
    pub user_agent: String,
    /// Where it was opened from.
    pub ip: String,
    /// When it began.
    pub created_at: UnixNanos,
    /// When it was last refreshed.
    pub last_seen_at: UnixNanos,
    /// When it ends at the latest.
    pub expires_at: UnixNanos,
}

/// What became of a refresh token that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Turned {
    /// It was the family's; the new one has taken its place.
    Fresh(FamilyRow),
    /// It had been used before: somebody has a copy. The family has ended.
    Reused(FamilyRow),
    /// There is no such token, or its family has ended.
    Refused,
}

fn read(row: &Row) -> Result<FamilyRow, StoreError> {
    let (owner, org): (String, String) = (row.get("owner")?, row.get("org_id")?);
    Ok(FamilyRow {
        id: row.get("id")?,
        org: org
            .parse()
            .map_err(|_| StoreError::corrupt("token_families.org_id", &org))?,
        owner: owner
            .parse()
            .map_err(|_| StoreError::corrupt("token_families.owner", &owner))?,
        user_agent: row.get("user_agent")?,
        ip: row.get("ip")?,
        created_at: from_sql(row.get("created_at")?),
        last_seen_at: from_sql(row.get("last_seen_at")?),
        expires_at: from_sql(row.get("expires_at")?),
    })
}

/// Stores a new family with its first refresh token.
///
/// # Errors
/// Those of the database.
pub async fn insert(db: &Db, family: &FamilyRow, token_hash: &str) -> Result<(), StoreError> {
    let mut tx = db.begin("token families").await?;
    query(
        "INSERT INTO token_families (id, org_id, owner, user_agent, ip, created_at, last_seen_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(family.id.as_str())
    .bind(family.org.as_str())
    .bind(family.owner.as_str())
    .bind(family.user_agent.as_str())
    .bind(family.ip.as_str())
    .bind(to_sql(family.created_at))
    .bind(to_sql(family.last_seen_at))
    .bind(to_sql(family.expires_at))
    .execute(&mut tx)
    .await?;
    query("INSERT INTO refresh_tokens (token_hash, family, created_at, used_at) VALUES ($1, $2, $3, NULL)")
        .bind(token_hash)
        .bind(family.id.as_str())
        .bind(to_sql(family.created_at))
        .execute(&mut tx)
        .await?;
    tx.commit().await
}

/// Puts a new refresh token in the place of one that is shown. Of two that show the same one, one is the second.
///
/// # Errors
/// Those of the database.
pub async fn turn(db: &Db, shown: &str, fresh: &str, now: UnixNanos) -> Result<Turned, StoreError> {
    let mut tx = db.begin("refresh tokens").await?;
    let row = query(
        "SELECT f.id, f.org_id, f.owner, f.user_agent, f.ip, f.created_at, f.last_seen_at, f.expires_at,
                r.used_at AS shown_before
         FROM refresh_tokens r JOIN token_families f ON f.id = r.family
         WHERE r.token_hash = $1 AND f.revoked_at IS NULL AND f.expires_at > $2",
    )
    .bind(shown)
    .bind(to_sql(now))
    .fetch_optional(&mut tx)
    .await?;
    let Some(row) = row else {
        return Ok(Turned::Refused);
    };
    let mut family = read(&row)?;
    if row.get::<Option<i64>>("shown_before")?.is_some() {
        query("UPDATE token_families SET revoked_at = $2 WHERE id = $1")
            .bind(family.id.as_str())
            .bind(to_sql(now))
            .execute(&mut tx)
            .await?;
        tx.commit().await?;
        return Ok(Turned::Reused(family));
    }
    query("UPDATE refresh_tokens SET used_at = $2 WHERE token_hash = $1")
        .bind(shown)
        .bind(to_sql(now))
        .execute(&mut tx)
        .await?;
    query("INSERT INTO refresh_tokens (token_hash, family, created_at, used_at) VALUES ($1, $2, $3, NULL)")
        .bind(fresh)
        .bind(family.id.as_str())
        .bind(to_sql(now))
        .execute(&mut tx)
        .await?;
    query("UPDATE token_families SET last_seen_at = $2 WHERE id = $1")
        .bind(family.id.as_str())
        .bind(to_sql(now))
        .execute(&mut tx)
        .await?;
    tx.commit().await?;
    family.last_seen_at = now;
    Ok(Turned::Fresh(family))
}

/// The family of a refresh token's hash, unless it has ended.
///
/// # Errors
/// Those of the database.
pub async fn by_token_hash(db: &Db, hash: &str, now: UnixNanos) -> Result<Option<FamilyRow>, StoreError> {
    let row = query(
        "SELECT f.id, f.org_id, f.owner, f.user_agent, f.ip, f.created_at, f.last_seen_at, f.expires_at
         FROM refresh_tokens r JOIN token_families f ON f.id = r.family
         WHERE r.token_hash = $1 AND f.revoked_at IS NULL AND f.expires_at > $2",
    )
    .bind(hash)
    .bind(to_sql(now))
    .fetch_optional(db)
    .await?;
    row.as_ref().map(read).transpose()
}

/// A family of a person by its id, unless it has ended.
///
/// # Errors
/// Those of the database.
pub async fn by_id(
    db: &Db,
    owner: &UserId,
    id: &str,
    now: UnixNanos,
) -> Result<Option<FamilyRow>, StoreError> {
    let row = query(
        "SELECT id, org_id, owner, user_agent, ip, created_at, last_seen_at, expires_at FROM token_families
         WHERE id = $1 AND owner = $2 AND revoked_at IS NULL AND expires_at > $3",
    )
    .bind(id)
    .bind(owner.as_str())
    .bind(to_sql(now))
    .fetch_optional(db)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Families of a person that have not ended, newest first; at most 200.
///
/// # Errors
/// Those of the database.
pub async fn of_owner(db: &Db, owner: &UserId, now: UnixNanos) -> Result<Vec<FamilyRow>, StoreError> {
    let rows = query(
        "SELECT id, org_id, owner, user_agent, ip, created_at, last_seen_at, expires_at FROM token_families
         WHERE owner = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY created_at DESC, id LIMIT 200",
    )
    .bind(owner.as_str())
    .bind(to_sql(now))
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// Ends a family of a person; false when there is no such one.
///
/// # Errors
/// Those of the database.
pub async fn revoke(db: &Db, owner: &UserId, id: &str, now: UnixNanos) -> Result<bool, StoreError> {
    let changed = query(
        "UPDATE token_families SET revoked_at = $3 WHERE id = $1 AND owner = $2 AND revoked_at IS NULL",
    )
    .bind(id)
    .bind(owner.as_str())
    .bind(to_sql(now))
    .execute(db)
    .await?;
    Ok(changed == 1)
}

/// Ends all families of a person, except one; returns how many.
///
/// # Errors
/// Those of the database.
pub async fn revoke_all<'a>(
    on: impl Target<'a>,
    owner: &UserId,
    except: Option<&str>,
    now: UnixNanos,
) -> Result<u64, StoreError> {
    query("UPDATE token_families SET revoked_at = $3 WHERE owner = $1 AND id <> $2 AND revoked_at IS NULL")
        .bind(owner.as_str())
        .bind(except.unwrap_or(""))
        .bind(to_sql(now))
        .execute(on)
        .await
}
