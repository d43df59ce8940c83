//! Requests of people to be erased, and what became of them.
//!
//! ```text
//! PENDING ──withdraw──► WITHDRAWN
//!    │ ▲ └─────hold────► HELD
//!    │ └──────────release──┘
//!    └──execute, when due──► EXECUTED
//! ```
//! Whoever is held cannot withdraw: a new request would be without the hold. Executing is [`super::erase`].

use tradewind_types::time::DAY_NS;
use tradewind_types::{OrgId, UnixNanos};

use crate::db::{from_sql, to_sql};
use crate::sql::{Row, query};
use crate::{Db, StoreError};

/// Serialises decisions.
const LOCK: &str = "deletion requests";
/// Requests of a person within a day; who asks and withdraws again and again waits.
const A_DAY_MAX: i64 = 5;

/// Where a request stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeletionState {
    /// Waits until it is due.
    Pending,
    /// The law asks to keep the data for now.
    Held,
    /// Taken back.
    Withdrawn,
    /// The person was erased.
    Executed,
}

impl DeletionState {
    /// As it is stored.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Held => "HELD",
            Self::Withdrawn => "WITHDRAWN",
            Self::Executed => "EXECUTED",
        }
    }

    fn parse(text: &str) -> Result<Self, StoreError> {
        let all = [Self::Pending, Self::Held, Self::Withdrawn, Self::Executed];
        let found = all.into_iter().find(|state| state.text() == text);
        found.ok_or_else(|| StoreError::corrupt("deletion_requests.state", text))
    }
}

/// A request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletionRow {
    /// Id.
    pub id: String,
    /// Organisation.
    pub org: OrgId,
    /// Who.
    pub person: String,
    /// Where it stands.
    pub state: DeletionState,
    /// When it was made.
    pub requested_at: UnixNanos,
    /// When it may be executed.
    pub due_at: UnixNanos,
    /// Why it is, or was, held; empty when it never was.
    pub hold_reason: String,
    /// Who decided last; empty when nobody did.
    pub decided_by: String,
    /// When.
    pub decided_at: Option<UnixNanos>,
}

fn read(row: &Row) -> Result<DeletionRow, StoreError> {
    let org: String = row.get("org_id")?;
    Ok(DeletionRow {
        id: row.get("id")?,
        org: org
            .parse()
            .map_err(|_| StoreError::corrupt("deletion_requests.org_id", &org))?,
        person: row.get("person")?,
        state: DeletionState::parse(&row.get::<String>("state")?)?,
        requested_at: from_sql(row.get("requested_at")?),
        due_at: from_sql(row.get("due_at")?),
        hold_reason: row.get("hold_reason")?,
        decided_by: row.get("decided_by")?,
        decided_at: row.get::<Option<i64>>("decided_at")?.map(from_sql),
    })
}

/// What became of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The request is stored.
    Stored,
    /// The person has an open one.
    Open,
    /// The person has asked too often within a day.
    TooOften,
}

/// Stores a new request.
///
/// # Errors
/// Those of the database.
pub async fn insert(db: &Db, request: &DeletionRow) -> Result<Asked, StoreError> {
    let mut tx = db.begin(LOCK).await?;
    let open = query("SELECT id FROM deletion_requests WHERE person = $1 AND state IN ('PENDING', 'HELD')")
        .bind(request.person.as_str())
        .fetch_optional(&mut tx)
        .await?;
    if open.is_some() {
        return Ok(Asked::Open);
    }
    let since = UnixNanos(request.requested_at.0.saturating_sub(DAY_NS));
    let of_today =
        query("SELECT COUNT(*) AS n FROM deletion_requests WHERE person = $1 AND requested_at > $2")
            .bind(request.person.as_str())
            .bind(to_sql(since))
            .fetch_one(&mut tx)
            .await?;
    if of_today.get::<i64>("n")? >= A_DAY_MAX {
        return Ok(Asked::TooOften);
    }
    query(
        "INSERT INTO deletion_requests (id, org_id, person, state, requested_at, due_at, hold_reason, decided_by,
             decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, '', '', NULL)",
    )
    .bind(request.id.as_str())
    .bind(request.org.as_str())
    .bind(request.person.as_str())
    .bind(request.state.text())
    .bind(to_sql(request.requested_at))
    .bind(to_sql(request.due_at))
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(Asked::Stored)
}

/// The newest request of a person.
///
/// # Errors
/// Those of the database.
pub async fn of_person(db: &Db, person: &str) -> Result<Option<DeletionRow>, StoreError> {
    let row = query(
        "SELECT * FROM deletion_requests WHERE person = $1 ORDER BY requested_at DESC, id DESC LIMIT 1",
    )
    .bind(person)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(read).transpose()
}

/// An organisation's request by its id.
///
/// # Errors
/// Those of the database.
pub async fn by_id(db: &Db, org: &OrgId, id: &str) -> Result<Option<DeletionRow>, StoreError> {
    let row = query("SELECT * FROM deletion_requests WHERE id = $1 AND org_id = $2")
        .bind(id)
        .bind(org.as_str())
        .fetch_optional(db)
        .await?;
    row.as_ref().map(read).transpose()
}

/// An organisation's requests before a time and id, newest first.
///
/// # Errors
/// Those of the database.
pub async fn list(
    db: &Db,
    org: &OrgId,
    before: Option<(UnixNanos, &str)>,
    limit: u32,
) -> Result<Vec<DeletionRow>, StoreError> {
    let (ts, id) = before.map_or((i64::MAX, ""), |(ts, id)| (to_sql(ts), id));
    let rows = query(
        "SELECT * FROM deletion_requests WHERE org_id = $1 AND (requested_at < $2 OR (requested_at = $2 AND id < $3))
         ORDER BY requested_at DESC, id DESC LIMIT $4",
    )
    .bind(org.as_str())
    .bind(ts)
    .bind(id)
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// Pending requests of all organisations that are due, the oldest first, at most `limit` after a time and id.
///
/// # Errors
/// Those of the database.
pub async fn due(
    db: &Db,
    now: UnixNanos,
    after: Option<(UnixNanos, &str)>,
    limit: u32,
) -> Result<Vec<DeletionRow>, StoreError> {
    let (ts, id) = after.map_or((-1, ""), |(ts, id)| (to_sql(ts), id));
    let rows = query(
        "SELECT * FROM deletion_requests
         WHERE state = 'PENDING' AND due_at <= $1 AND (due_at > $2 OR (due_at = $2 AND id > $3))
         ORDER BY due_at, id LIMIT $4",
    )
    .bind(to_sql(now))
    .bind(ts)
    .bind(id)
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    rows.iter().map(read).collect()
}

/// People of whom nothing may be deleted for now.
///
/// # Errors
/// Those of the database.
pub async fn held(db: &Db) -> Result<Vec<String>, StoreError> {
    let rows = query("SELECT DISTINCT person FROM deletion_requests WHERE state = 'HELD' ORDER BY person")
        .fetch_all(db)
        .await?;
    rows.iter().map(|row| row.get("person")).collect()
}

/// What somebody decides of a request.
#[derive(Debug, Clone, Copy)]
pub struct Decision<'a> {
    /// The states from which it may be decided.
    pub from: &'a [DeletionState],
    /// The state to which it goes.
    pub to: DeletionState,
    /// Why it is held; `None` leaves what was said.
    pub reason: Option<&'a str>,
    /// By whom.
    pub by: &'a str,
    /// When.
    pub at: UnixNanos,
}

/// Decides; false when the request is in none of the states from which that may be.
///
/// # Errors
/// Those of the database.
pub async fn decide(db: &Db, id: &str, decision: Decision<'_>) -> Result<bool, StoreError> {
    let mut tx = db.begin(LOCK).await?;
    let row = query("SELECT state, hold_reason FROM deletion_requests WHERE id = $1")
        .bind(id)
        .fetch_optional(&mut tx)
        .await?;
    let Some(row) = row else { return Ok(false) };
    let state = DeletionState::parse(&row.get::<String>("state")?)?;
    if !decision.from.contains(&state) {
        return Ok(false);
    }
    let said: String = row.get("hold_reason")?;
    // Executing takes another lock: what became EXECUTED meanwhile stays so.
    let decided = query(
        "UPDATE deletion_requests SET state = $2, hold_reason = $3, decided_by = $4, decided_at = $5
         WHERE id = $1 AND state = $6",
    )
    .bind(id)
    .bind(decision.to.text())
    .bind(decision.reason.unwrap_or(&said))
    .bind(decision.by)
    .bind(to_sql(decision.at))
    .bind(state.text())
    .execute(&mut tx)
    .await?;
    tx.commit().await?;
    Ok(decided == 1)
}
