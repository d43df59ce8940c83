//! Overrides of sessions: one a day and calendar; a new one replaces what was there.

use jiff::civil::Date;
use tradewind_types::{OrgId, UnixNanos};

use super::{date, day};
use crate::db::{from_sql, to_sql};
use crate::sql::{self, Row};
use crate::{Db, StoreError};

/// One override as it was entered; times are `HH:MM` of the exchange's clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverrideRow {
    /// Id of the calendar.
    pub calendar: String,
    /// The day.
    pub date: Date,
    /// `holiday`, `special` or `early_close`.
    pub kind: String,
    /// Of a special session.
    pub open: Option<String>,
    /// Of a special session or an early close.
    pub close: Option<String>,
    /// Of a special session with a break.
    pub break_start: Option<String>,
    /// Of a special session with a break.
    pub break_end: Option<String>,
    /// What it is called.
    pub name: String,
}

/// A stored override.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredOverride {
    /// What was entered.
    pub row: OverrideRow,
    /// Pseudonymous id of who entered it.
    pub changed_by: String,
    /// When.
    pub changed_at: UnixNanos,
}

/// Stores overrides, all or none; each replaces the one of its day.
///
/// # Errors
/// Those of the database; [`StoreError::Conflict`] for an unknown organisation.
pub async fn put(
    db: &Db,
    org: &OrgId,
    rows: &[OverrideRow],
    changed_by: &str,
    now: UnixNanos,
) -> Result<(), StoreError> {
    let mut tx = db.begin("calendar").await?;
    for row in rows {
        sql::query(
            "INSERT INTO calendar_overrides (org_id, calendar, day, kind, opens_at, closes_at, break_starts_at,
                break_ends_at, name, changed_by, changed_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
             ON CONFLICT (org_id, calendar, day) DO UPDATE SET kind = excluded.kind, opens_at = excluded.opens_at,
                closes_at = excluded.closes_at, break_starts_at = excluded.break_starts_at,
                break_ends_at = excluded.break_ends_at, name = excluded.name, changed_by = excluded.changed_by,
                changed_at = excluded.changed_at",
        )
        .bind(org.as_str())
        .bind(&row.calendar)
        .bind(day(row.date))
        .bind(&row.kind)
        .bind(row.open.as_deref())
        .bind(row.close.as_deref())
        .bind(row.break_start.as_deref())
        .bind(row.break_end.as_deref())
        .bind(&row.name)
        .bind(changed_by)
        .bind(to_sql(now))
        .execute(&mut tx)
        .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Takes the override of a day away and returns it; `None` when there was none.
///
/// # Errors
/// Those of the database.
pub async fn remove(
    db: &Db,
    org: &OrgId,
    calendar: &str,
    date: Date,
) -> Result<Option<StoredOverride>, StoreError> {
    let row = sql::query(
        "DELETE FROM calendar_overrides WHERE org_id = $1 AND calendar = $2 AND day = $3 RETURNING *",
    )
    .bind(org.as_str())
    .bind(calendar)
    .bind(day(date))
    .fetch_optional(db.writing())
    .await?;
    row.as_ref().map(read).transpose()
}

/// All overrides of an organisation, or those of one calendar, by calendar and day. They are few: an administrator enters them.
/// One whose day nobody can read is left out with a warning, so that it does not take the others with it.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &Db, org: &OrgId, calendar: Option<&str>) -> Result<Vec<StoredOverride>, StoreError> {
    let rows = sql::query(
        "SELECT * FROM calendar_overrides WHERE org_id = $1 AND ($2 = '' OR calendar = $2) ORDER BY calendar, day",
    )
    .bind(org.as_str())
    .bind(calendar.unwrap_or_default())
    .fetch_all(db)
    .await?;
    let read = rows.iter().filter_map(|row| match read(row) {
        Err(error @ StoreError::Corrupt { .. }) => {
            tracing::warn!(%error, "a stored override cannot be read; it is left out");
            None
        }
        read => Some(read),
    });
    read.collect()
}

fn read(row: &Row) -> Result<StoredOverride, StoreError> {
    let day: String = row.get("day")?;
    Ok(StoredOverride {
        row: OverrideRow {
            calendar: row.get("calendar")?,
            date: date("calendar_overrides.day", &day)?,
            kind: row.get("kind")?,
            open: row.get("opens_at")?,
            close: row.get("closes_at")?,
            break_start: row.get("break_starts_at")?,
            break_end: row.get("break_ends_at")?,
            name: row.get("name")?,
        },
        changed_by: row.get("changed_by")?,
        changed_at: from_sql(row.get("changed_at")?),
    })
}
