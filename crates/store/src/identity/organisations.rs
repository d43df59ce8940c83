//! Organisations (desks) and the engine.

use tradewind_types::{EngineId, OrgId, UnixNanos};

use super::version;
use crate::db::{from_sql, to_sql};
use crate::sql::{self, Row};
use crate::{Db, StoreError};

/// Makes sure that the organisation and its engine are known.
///
/// # Errors
/// Those of the database.
pub async fn ensure(db: &Db, org: &OrgId, engine: &EngineId, now: UnixNanos) -> Result<(), StoreError> {
    let mut tx = db.begin("organisations").await?;
    sql::query("INSERT INTO organisations (org_id, name, created_at) VALUES ($1, $1, $2) ON CONFLICT (org_id) DO NOTHING")
        .bind(org.as_str())
        .bind(to_sql(now))
        .execute(&mut tx)
        .await?;
    sql::query("INSERT INTO engines (engine_id, org_id, created_at) VALUES ($1, $2, $3) ON CONFLICT (engine_id) DO NOTHING")
        .bind(engine.as_str())
        .bind(org.as_str())
        .bind(to_sql(now))
        .execute(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

/// An organisation as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganisationRow {
    /// Its id.
    pub id: OrgId,
    /// Name for people.
    pub name: String,
    /// When it was made.
    pub created_at: UnixNanos,
    /// 1, and one more with every change.
    pub version: u32,
}

/// An organisation with what it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountedRow {
    /// The organisation.
    pub organisation: OrganisationRow,
    /// People.
    pub people: u64,
    /// Accounts with members.
    pub accounts: u64,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renamed {
    /// It was made.
    Done {
        /// The name before.
        before: String,
        /// As it is now.
        after: OrganisationRow,
    },
    /// It has another version.
    Stale,
    /// There is no such organisation.
    Missing,
}

fn read(row: &Row) -> Result<OrganisationRow, StoreError> {
    let id: String = row.get("org_id")?;
    Ok(OrganisationRow {
        id: id
            .parse()
            .map_err(|_| StoreError::corrupt("organisations.org_id", &id))?,
        name: row.get("name")?,
        created_at: from_sql(row.get("created_at")?),
        version: version(row)?,
    })
}

/// Makes an organisation; false when there is one of this id.
///
/// # Errors
/// Those of the database.
pub async fn create(db: &Db, org: &OrgId, name: &str, now: UnixNanos) -> Result<bool, StoreError> {
    let made = sql::query(
        "INSERT INTO organisations (org_id, name, created_at) VALUES ($1, $2, $3) ON CONFLICT (org_id) DO NOTHING",
    )
    .bind(org.as_str())
    .bind(name)
    .bind(to_sql(now))
    .execute(db)
    .await?;
    Ok(made == 1)
}

/// By id.
///
/// # Errors
/// Those of the database.
pub async fn by_id(db: &Db, org: &OrgId) -> Result<Option<OrganisationRow>, StoreError> {
    let row = sql::query("SELECT * FROM organisations WHERE org_id = $1")
        .bind(org.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

/// All, by id.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &Db) -> Result<Vec<CountedRow>, StoreError> {
    let rows = sql::query(
        "SELECT o.org_id, o.name, o.created_at, o.version,
             (SELECT COUNT(*) FROM users u WHERE u.org_id = o.org_id) AS people,
             (SELECT COUNT(DISTINCT m.account) FROM memberships m WHERE m.org_id = o.org_id) AS accounts
         FROM organisations o ORDER BY o.org_id",
    )
    .fetch_all(db)
    .await?;
    let count = |row: &Row, column: &str| -> Result<u64, StoreError> {
        Ok(u64::try_from(row.get::<i64>(column)?).unwrap_or(0))
    };
    let counted = |row: &Row| {
        Ok(CountedRow {
            organisation: read(row)?,
            people: count(row, "people")?,
            accounts: count(row, "accounts")?,
        })
    };
    rows.iter().map(counted).collect()
}

/// Renames an organisation, if it has the version that is named.
///
/// # Errors
/// Those of the database.
pub async fn rename(db: &Db, org: &OrgId, name: &str, version: Option<u32>) -> Result<Renamed, StoreError> {
    let mut tx = db.begin(&format!("organisation {org}")).await?;
    let row = sql::query("SELECT * FROM organisations WHERE org_id = $1")
        .bind(org.as_str())
        .fetch_optional(&mut tx)
        .await?;
    let Some(before) = row.as_ref().map(read).transpose()? else {
        return Ok(Renamed::Missing);
    };
    if version.is_some_and(|version| version != before.version) {
        return Ok(Renamed::Stale);
    }
    sql::query("UPDATE organisations SET name = $2, version = version + 1 WHERE org_id = $1")
        .bind(org.as_str())
        .bind(name)
        .execute(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(Renamed::Done {
        after: OrganisationRow {
            name: name.to_owned(),
            version: before.version.saturating_add(1),
            ..before.clone()
        },
        before: before.name,
    })
}
