//! Drawings on the chart of an instrument.

use tradewind_types::{OrgId, UnixNanos, UserId};

use super::Changed;
use super::kept::{Kept, kept};
use crate::db::{from_sql, to_sql};
use crate::sql::{self, Row};
use crate::{Db, StoreError};

/// A drawing as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawingRow {
    /// Whose.
    pub owner: UserId,
    /// Id, unique among the owner's.
    pub id: String,
    /// Desk.
    pub org: OrgId,
    /// Instrument id.
    pub instrument: String,
    /// Kind, points and style as JSON.
    pub content: String,
    /// 1 when new; each change adds 1.
    pub version: i64,
    /// When it was drawn.
    pub created_at: UnixNanos,
    /// When it was changed last.
    pub updated_at: UnixNanos,
}

const STATEMENTS: Kept = kept!("chart_drawings", "drawing_id");

fn read(row: &Row) -> Result<DrawingRow, StoreError> {
    let (owner, org): (String, String) = (row.get("owner")?, row.get("org_id")?);
    Ok(DrawingRow {
        owner: owner
            .parse()
            .map_err(|_| StoreError::corrupt("chart_drawings.owner", &owner))?,
        id: row.get("drawing_id")?,
        org: org
            .parse()
            .map_err(|_| StoreError::corrupt("chart_drawings.org_id", &org))?,
        instrument: row.get("instrument")?,
        content: row.get("content")?,
        version: row.get("version")?,
        created_at: from_sql(row.get("created_at")?),
        updated_at: from_sql(row.get("updated_at")?),
    })
}

/// A person's drawings on an instrument, the oldest first; at most 1,000.
///
/// # Errors
/// Those of the database.
pub async fn of(db: &Db, owner: &UserId, instrument: &str) -> Result<Vec<DrawingRow>, StoreError> {
    let rows = sql::query(
        "SELECT * FROM chart_drawings WHERE owner = $1 AND instrument = $2 ORDER BY created_at, drawing_id LIMIT 1000",
    )
    .bind(owner.as_str())
    .bind(instrument)
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// Stores a new drawing, unless its owner has `most` on the instrument already: then false.
///
/// # Errors
/// [`StoreError::Conflict`] when the id is taken.
pub async fn insert(db: &Db, row: &DrawingRow, most: u32) -> Result<bool, StoreError> {
    // Two that come together cannot both be the last that fits.
    let mut tx = db.begin(&format!("drawings {}", row.owner)).await?;
    let done = sql::query(
        "INSERT INTO chart_drawings (owner, drawing_id, org_id, instrument, content, version, created_at, updated_at)
         SELECT $1, $2, $3, $4, $5, $6, $7, $8
         WHERE (SELECT COUNT(*) FROM chart_drawings WHERE owner = $1 AND instrument = $4) < $9",
    )
    .bind(row.owner.as_str())
    .bind(&row.id)
    .bind(row.org.as_str())
    .bind(&row.instrument)
    .bind(&row.content)
    .bind(row.version)
    .bind(to_sql(row.created_at))
    .bind(to_sql(row.updated_at))
    .bind(i64::from(most))
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(done == 1)
}

/// Changes a drawing that still has the version that the change is based on.
///
/// # Errors
/// Those of the database.
pub async fn update(
    db: &Db,
    owner: &UserId,
    id: &str,
    content: &str,
    based_on: i64,
    now: UnixNanos,
) -> Result<Changed<DrawingRow>, StoreError> {
    STATEMENTS
        .update(db, (owner, id), content, (based_on, now), read)
        .await
}

/// Deletes a drawing; where a version is told, only that one.
///
/// # Errors
/// Those of the database.
pub async fn delete(
    db: &Db,
    owner: &UserId,
    id: &str,
    version: Option<i64>,
) -> Result<Changed<()>, StoreError> {
    STATEMENTS.delete(db, owner, id, version).await
}
