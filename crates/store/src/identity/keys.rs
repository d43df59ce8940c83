//! API keys of programs. Only the hash of the secret is stored.

use tradewind_types::{AccountId, OrgId, UnixNanos, UserId};

use crate::db::{from_sql, to_sql};
use crate::sql::{self, Row, Target};
use crate::{Db, StoreError};

/// A key as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Id.
    pub id: String,
    /// Desk.
    pub org: OrgId,
    /// Whose.
    pub owner: UserId,
    /// A name to tell it by.
    pub name: String,
    /// Public part.
    pub prefix: String,
    /// Hash of the secret.
    pub secret_hash: String,
    /// Scopes, as in the API.
    pub scopes: Vec<String>,
    /// Accounts it may touch; `None` = all of its owner's.
    pub accounts: Option<Vec<AccountId>>,
    /// Networks it may be used from, as text; `None` = from anywhere.
    pub networks: Option<Vec<String>>,
    /// Requests that it may make in a minute; `None` = what its owner may.
    pub requests_per_minute: Option<u32>,
    /// Orders that it may submit in a minute; `None` = what its accounts allow.
    pub orders_per_minute: Option<u32>,
    /// When it was made.
    pub created_at: UnixNanos,
    /// When it ends.
    pub expires_at: Option<UnixNanos>,
    /// When it was last used, to the minute.
    pub last_used_at: Option<UnixNanos>,
}

fn split(text: &str) -> Vec<String> {
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

fn read(row: &Row) -> Result<KeyRow, StoreError> {
    let (owner, org): (String, String) = (row.get("owner")?, row.get("org_id")?);
    let scopes: String = row.get("scopes")?;
    let accounts: Option<String> = row.get("accounts")?;
    let parse = |list: String| {
        let ids = split(&list).into_iter().map(|id| id.parse());
        ids.collect::<Result<Vec<AccountId>, _>>()
            .map_err(|_| StoreError::corrupt("api_keys.accounts", &list))
    };
    let time = |ts: Option<i64>| ts.map(from_sql);
    let networks: Option<String> = row.get("networks")?;
    let count = |column: &'static str| -> Result<Option<u32>, StoreError> {
        let stored: Option<i64> = row.get(column)?;
        let read = |n: i64| u32::try_from(n).map_err(|_| StoreError::corrupt(column, &n.to_string()));
        stored.map(read).transpose()
    };
    Ok(KeyRow {
        id: row.get("id")?,
        org: org
            .parse()
            .map_err(|_| StoreError::corrupt("api_keys.org_id", &org))?,
        owner: owner
            .parse()
            .map_err(|_| StoreError::corrupt("api_keys.owner", &owner))?,
        name: row.get("name")?,
        prefix: row.get("prefix")?,
        secret_hash: row.get("secret_hash")?,
        scopes: split(&scopes),
        accounts: accounts.map(parse).transpose()?,
        networks: networks.as_deref().map(split),
        requests_per_minute: count("requests_per_minute")?,
        orders_per_minute: count("orders_per_minute")?,
        created_at: from_sql(row.get("created_at")?),
        expires_at: time(row.get("expires_at")?),
        last_used_at: time(row.get("last_used_at")?),
    })
}

/// Most keys of a person that are not revoked: as many as [`of_owner`] lists, so that each can be seen and revoked.
pub const KEYS_MAX: i64 = 200;

/// Stores a new key; false when the person has [`KEYS_MAX`] already.
///
/// # Errors
/// [`StoreError::Conflict`] when the prefix is taken.
pub async fn insert(db: &Db, key: &KeyRow) -> Result<bool, StoreError> {
    let accounts = key.accounts.as_ref().map(|list| {
        let ids: Vec<&str> = list.iter().map(AccountId::as_str).collect();
        ids.join(",")
    });
    let mut tx = db.begin("keys").await?;
    let held = sql::query("SELECT COUNT(*) AS held FROM api_keys WHERE owner = $1 AND revoked_at IS NULL")
        .bind(key.owner.as_str())
        .fetch_one(&mut tx)
        .await?;
    if held.get::<i64>("held")? >= KEYS_MAX {
        return Ok(false);
    }
    sql::query(
        "INSERT INTO api_keys (id, org_id, owner, name, prefix, secret_hash, scopes, accounts, created_at, expires_at,
           networks, requests_per_minute, orders_per_minute)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(&key.id)
    .bind(key.org.as_str())
    .bind(key.owner.as_str())
    .bind(&key.name)
    .bind(&key.prefix)
    .bind(&key.secret_hash)
    .bind(key.scopes.join(","))
    .bind(accounts)
    .bind(to_sql(key.created_at))
    .bind(key.expires_at.map(to_sql))
    .bind(key.networks.as_ref().map(|list| list.join(",")))
    .bind(key.requests_per_minute.map(i64::from))
    .bind(key.orders_per_minute.map(i64::from))
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(true)
}

/// The key of a prefix, unless revoked.
///
/// # Errors
/// Those of the database.
pub async fn by_prefix(db: &Db, prefix: &str) -> Result<Option<KeyRow>, StoreError> {
    let row = sql::query("SELECT * FROM api_keys WHERE prefix = $1 AND revoked_at IS NULL")
        .bind(prefix)
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Keys of a person that are not revoked, oldest first; at most 200.
///
/// # Errors
/// Those of the database.
pub async fn of_owner(db: &Db, owner: &UserId) -> Result<Vec<KeyRow>, StoreError> {
    let rows = sql::query(
        "SELECT * FROM api_keys WHERE owner = $1 AND revoked_at IS NULL ORDER BY created_at, id LIMIT 200",
    )
    .bind(owner.as_str())
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// A key of a person by its id, unless it is revoked.
///
/// # Errors
/// Those of the database.
pub async fn by_id(db: &Db, owner: &UserId, id: &str) -> Result<Option<KeyRow>, StoreError> {
    let row = sql::query("SELECT * FROM api_keys WHERE id = $1 AND owner = $2 AND revoked_at IS NULL")
        .bind(id)
        .bind(owner.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

/// Notes that a key was used.
///
/// # Errors
/// Those of the database.
pub async fn touch(db: &Db, id: &str, now: UnixNanos) -> Result<(), StoreError> {
    sql::query("UPDATE api_keys SET last_used_at = $2 WHERE id = $1")
        .bind(id)
        .bind(to_sql(now))
        .execute(db)
        .await?;
    Ok(())
}

/// Revokes all keys of a person; returns how many.
///
/// # Errors
/// Those of the database.
pub async fn revoke_all<'a>(on: impl Target<'a>, owner: &UserId, now: UnixNanos) -> Result<u64, StoreError> {
    let done = sql::query("UPDATE api_keys SET revoked_at = $2 WHERE owner = $1 AND revoked_at IS NULL")
        .bind(owner.as_str())
        .bind(to_sql(now))
        .execute(on)
        .await?;
    Ok(done)
}

/// Revokes a key of a person; false when there is no such one.
///
/// # Errors
/// Those of the database.
pub async fn revoke(db: &Db, owner: &UserId, id: &str, now: UnixNanos) -> Result<bool, StoreError> {
    let done =
        sql::query("UPDATE api_keys SET revoked_at = $3 WHERE id = $1 AND owner = $2 AND revoked_at IS NULL")
            .bind(id)
            .bind(owner.as_str())
            .bind(to_sql(now))
            .execute(db)
            .await?;
    Ok(done == 1)
}
