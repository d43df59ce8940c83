//! Corporate actions and earnings dates. The same event stored twice is there once.

use jiff::civil::Date;
use sha2::{Digest, Sha256};
use tradewind_types::{InstrumentId, OrgId, UnixNanos};

use super::{date, day};
use crate::db::{from_sql, to_sql};
use crate::sql::{self, Row, Tx};
use crate::{Db, StoreError};

/// One event as it was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventRow {
    /// Whose.
    pub instrument: InstrumentId,
    /// The ex-date, or the day of the earnings.
    pub date: Date,
    /// `dividend`, `split`, `earnings` …, to list by.
    pub kind: String,
    /// The whole of it, as JSON.
    pub detail: String,
    /// Where it comes from.
    pub source: String,
}

/// An event that is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// What is entered.
    pub row: EventRow,
    /// What makes it another event than one of the same instrument, day and kind: the terms, always written the same way,
    /// without where they come from.
    pub terms: String,
}

impl NewEvent {
    /// Its id: of the same event the same, wherever it comes from.
    #[must_use]
    pub fn id(&self) -> String {
        let mut hash = Sha256::new();
        for part in [
            self.row.instrument.to_string().as_str(),
            &day(self.row.date),
            &self.row.kind,
            &self.terms,
        ] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        hash.finalize()
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }
}

/// A stored event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// Its id.
    pub id: String,
    /// What was entered.
    pub row: EventRow,
    /// Pseudonymous id of who entered it.
    pub added_by: String,
    /// When.
    pub added_at: UnixNanos,
}

/// Which events to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventQuery {
    /// Of this instrument alone.
    pub instrument: Option<InstrumentId>,
    /// First day.
    pub from: Date,
    /// Last day, included.
    pub to: Date,
    /// After the event of this day, instrument and id.
    pub after: Option<(Date, InstrumentId, String)>,
    /// At most so many.
    pub limit: u32,
}

/// An event that was entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entered {
    /// It is new.
    New(StoredEvent),
    /// It was there, as it was entered then.
    Known(StoredEvent),
}

/// Stores an event, if it is not there.
///
/// # Errors
/// Those of the database; [`StoreError::Conflict`] for an unknown organisation.
pub async fn add_one(
    db: &Db,
    org: &OrgId,
    event: NewEvent,
    added_by: &str,
    now: UnixNanos,
) -> Result<Entered, StoreError> {
    let mut tx = db.begin("calendar").await?;
    let id = event.id();
    let entered = if insert(&mut tx, org, &event, added_by, now).await? {
        Entered::New(StoredEvent {
            id,
            row: event.row,
            added_by: added_by.to_owned(),
            added_at: now,
        })
    } else {
        let row = sql::query("SELECT * FROM calendar_events WHERE org_id = $1 AND event_id = $2")
            .bind(org.as_str())
            .bind(id)
            .fetch_one(&mut tx)
            .await?;
        Entered::Known(read(&row)?)
    };
    tx.commit().await?;
    Ok(entered)
}

/// Stores events, all or none, and returns the ids of those that were new, in their order.
///
/// # Errors
/// Those of the database; [`StoreError::Conflict`] for an unknown organisation.
pub async fn add(
    db: &Db,
    org: &OrgId,
    events: &[NewEvent],
    added_by: &str,
    now: UnixNanos,
) -> Result<Vec<String>, StoreError> {
    let mut tx = db.begin("calendar").await?;
    let mut added = Vec::new();
    for event in events {
        if insert(&mut tx, org, event, added_by, now).await? {
            added.push(event.id());
        }
    }
    tx.commit().await?;
    Ok(added)
}

/// Stores an event and says whether it is new.
async fn insert(
    tx: &mut Tx,
    org: &OrgId,
    event: &NewEvent,
    added_by: &str,
    now: UnixNanos,
) -> Result<bool, StoreError> {
    let row = &event.row;
    let done = sql::query(
        "INSERT INTO calendar_events (org_id, event_id, instrument, day, kind, detail, source, added_by, added_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (org_id, event_id) DO NOTHING",
    )
    .bind(org.as_str())
    .bind(event.id())
    .bind(row.instrument.to_string())
    .bind(day(row.date))
    .bind(&row.kind)
    .bind(&row.detail)
    .bind(&row.source)
    .bind(added_by)
    .bind(to_sql(now))
    .execute(tx)
    .await?;
    Ok(done > 0)
}

/// Takes an event away and returns it; `None` when there was none.
///
/// # Errors
/// Those of the database.
pub async fn remove(db: &Db, org: &OrgId, id: &str) -> Result<Option<StoredEvent>, StoreError> {
    let row = sql::query("DELETE FROM calendar_events WHERE org_id = $1 AND event_id = $2 RETURNING *")
        .bind(org.as_str())
        .bind(id)
        .fetch_optional(db.writing())
        .await?;
    row.as_ref().map(read).transpose()
}

/// Events by day, instrument and id.
///
/// # Errors
/// Those of the database.
pub async fn list(db: &Db, org: &OrgId, query: &EventQuery) -> Result<Vec<StoredEvent>, StoreError> {
    let instrument = query.instrument.as_ref().map(ToString::to_string);
    let after = query.after.as_ref();
    let (after_day, after_instrument, after_id) = after
        .map(|(date, instrument, id)| (day(*date), instrument.to_string(), id.clone()))
        .unwrap_or_default();
    let rows = sql::query(
        "SELECT * FROM calendar_events
         WHERE org_id = $1 AND day >= $2 AND day <= $3 AND ($4 = '' OR instrument = $4)
             AND ($5 = '' OR (day, instrument, event_id) > ($5, $6, $7))
         ORDER BY day, instrument, event_id LIMIT $8",
    )
    .bind(org.as_str())
    .bind(day(query.from))
    .bind(day(query.to))
    .bind(instrument.unwrap_or_default())
    .bind(after_day)
    .bind(after_instrument)
    .bind(after_id)
    .bind(i64::from(query.limit))
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &Row) -> Result<StoredEvent, StoreError> {
    let (day, instrument): (String, String) = (row.get("day")?, row.get("instrument")?);
    let corrupt = |_| StoreError::corrupt("calendar_events.instrument", &instrument);
    Ok(StoredEvent {
        id: row.get("event_id")?,
        row: EventRow {
            instrument: instrument.parse().map_err(corrupt)?,
            date: date("calendar_events.day", &day)?,
            kind: row.get("kind")?,
            detail: row.get("detail")?,
            source: row.get("source")?,
        },
        added_by: row.get("added_by")?,
        added_at: from_sql(row.get("added_at")?),
    })
}
