//! Templates: sets of indicators by name.

use tradewind_types::{OrgId, UnixNanos, UserId};

use super::Changed;
use super::kept::{Kept, kept};
use crate::db::{from_sql, to_sql};
use crate::sql::{self, Row};
use crate::{Db, StoreError};

/// A template as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateRow {
    /// Whose.
    pub owner: UserId,
    /// Name, unique among the owner's.
    pub name: String,
    /// Id; stays when the template is replaced.
    pub id: String,
    /// Desk.
    pub org: OrgId,
    /// What is in it, as JSON.
    pub content: String,
    /// 1 when new; each replacement adds 1.
    pub version: i64,
    /// When it was made.
    pub created_at: UnixNanos,
    /// When it was replaced last.
    pub updated_at: UnixNanos,
}

const STATEMENTS: Kept = kept!("chart_templates", "name");

fn read(row: &Row) -> Result<TemplateRow, StoreError> {
    let (owner, org): (String, String) = (row.get("owner")?, row.get("org_id")?);
    Ok(TemplateRow {
        owner: owner
            .parse()
            .map_err(|_| StoreError::corrupt("chart_templates.owner", &owner))?,
        name: row.get("name")?,
        id: row.get("template_id")?,
        org: org
            .parse()
            .map_err(|_| StoreError::corrupt("chart_templates.org_id", &org))?,
        content: row.get("content")?,
        version: row.get("version")?,
        created_at: from_sql(row.get("created_at")?),
        updated_at: from_sql(row.get("updated_at")?),
    })
}

/// A person's templates by name; at most 1,000.
///
/// # Errors
/// Those of the database.
pub async fn of(db: &Db, owner: &UserId) -> Result<Vec<TemplateRow>, StoreError> {
    let rows = sql::query("SELECT * FROM chart_templates WHERE owner = $1 ORDER BY name LIMIT 1000")
        .bind(owner.as_str())
        .fetch_all(db)
        .await?;
    rows.iter().map(read).collect()
}

/// Makes a template or replaces the one of its name. `None` when it is new and its owner has `most` already.
///
/// # Errors
/// Those of the database.
pub async fn put(db: &Db, row: &TemplateRow, most: u32) -> Result<Option<TemplateRow>, StoreError> {
    let mut tx = db.begin(&format!("templates {}", row.owner)).await?;
    // `WHERE` also keeps the parser from taking `ON CONFLICT` for a join.
    let stored = sql::query(
        "INSERT INTO chart_templates (owner, name, template_id, org_id, content, version, created_at, updated_at)
         SELECT $1, $2, $3, $4, $5, 1, $6, $6
         WHERE (SELECT COUNT(*) FROM chart_templates WHERE owner = $1 AND name <> $2) < $7
         ON CONFLICT (owner, name) DO UPDATE SET content = excluded.content, updated_at = excluded.updated_at,
             version = chart_templates.version + 1
         RETURNING *",
    )
    .bind(row.owner.as_str())
    .bind(&row.name)
    .bind(&row.id)
    .bind(row.org.as_str())
    .bind(&row.content)
    .bind(to_sql(row.updated_at))
    .bind(i64::from(most))
    .fetch_optional(&mut tx)
    .await?;
    tx.commit().await?;
    stored.as_ref().map(read).transpose()
}

/// Replaces a template that still has the version that the change is based on.
///
/// # Errors
/// Those of the database.
pub async fn replace(
    db: &Db,
    owner: &UserId,
    name: &str,
    content: &str,
    based_on: i64,
    now: UnixNanos,
) -> Result<Changed<TemplateRow>, StoreError> {
    STATEMENTS
        .update(db, (owner, name), content, (based_on, now), read)
        .await
}

/// Deletes a template; where a version is told, only that one.
///
/// # Errors
/// Those of the database.
pub async fn delete(
    db: &Db,
    owner: &UserId,
    name: &str,
    version: Option<i64>,
) -> Result<Changed<()>, StoreError> {
    STATEMENTS.delete(db, owner, name, version).await
}
