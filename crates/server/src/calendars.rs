//! The organisation's calendars: the rules of the exchanges with what its administrators have laid over them.
//!
//! Overrides are stored in SQL and held here in memory, because those who go by sessions (the engine's feed of them, gap
//! scans) ask from where nothing can wait for a database. A change is checked, stored, taken over, and told to whoever
//! watches; the next question is answered by it.

use std::sync::{Arc, PoisonError, RwLock};

use jiff::civil::Date;
use tokio::sync::{Mutex, watch};
use tradewind_calendar::{
    Calendar, CalendarError, Change, Misfit, Override, OverrideError, OverrideText, Overrides,
};
use tradewind_store::calendar::overrides::{self, OverrideRow, StoredOverride};
use tradewind_store::{Db, StoreError};
use tradewind_types::{OrgId, UnixNanos};

use crate::to_its_end::{Interrupted, to_its_end};

/// The calendar of markets that never close: nothing of it is ever asked, so nothing can be laid over it.
pub const CONTINUOUS: &str = "CRYPTO";

/// Why a change was not made.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// One of the dates does not go with the calendar.
    #[error("{why}")]
    Misfit {
        /// Which of the changes given, from 0.
        place: usize,
        /// Why.
        why: Misfit,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is laid over the date is not what the change supposes.
    #[error("the override changed meanwhile")]
    Stale,
    /// The program stops.
    #[error("the program stops; ask again when it is back whether the change was made")]
    Interrupted,
}

impl From<Interrupted> for ChangeError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

/// The calendars, shared by all who ask.
#[derive(Debug)]
pub struct Calendars {
    db: Db,
    org: OrgId,
    laid: RwLock<Arc<Overrides>>,
    /// One change at a time, so that memory and database agree.
    changing: Mutex<()>,
    changed: watch::Sender<u64>,
    /// Ids of the calendars whose sessions bars follow since the start.
    bars: Vec<&'static str>,
}

impl Calendars {
    /// Reads the organisation's overrides. `bars` names the calendars whose sessions bars follow.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn load(db: &Db, org: &OrgId, bars: &[String]) -> Result<Self, StoreError> {
        let laid = stored(db, org).await?;
        let bars = bars.iter().filter_map(|name| Calendar::find(name).ok());
        Ok(Self {
            db: db.clone(),
            org: org.clone(),
            laid: RwLock::new(Arc::new(laid)),
            changing: Mutex::new(()),
            changed: watch::Sender::new(0),
            bars: bars.map(|calendar| calendar.id()).collect(),
        })
    }

    /// What is laid over the calendars now.
    #[must_use]
    pub fn laid(&self) -> Arc<Overrides> {
        Arc::clone(&self.laid.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A calendar by id or alias, with what is laid over it.
    ///
    /// # Errors
    /// [`CalendarError::UnknownCalendar`].
    pub fn find(&self, id: &str) -> Result<Calendar, CalendarError> {
        Ok(Calendar::find(id)?.with_shared_overrides(self.laid()))
    }

    /// Tells of every change from now on.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Whether bars follow this calendar's sessions as they were at the start.
    #[must_use]
    pub fn bars_follow(&self, calendar: &Calendar) -> bool {
        self.bars.contains(&calendar.id())
    }

    /// The stored overrides of a calendar, by date.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn list(&self, calendar: &Calendar) -> Result<Vec<StoredOverride>, StoreError> {
        overrides::list(&self.db, &self.org, Some(calendar.id())).await
    }

    /// Lays changes over the calendars, all or none, and returns for each what was there before.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing is changed then.
    pub async fn put(
        self: &Arc<Self>,
        changes: Vec<Override>,
        by: &str,
        now: UnixNanos,
    ) -> Result<Vec<Option<Change>>, ChangeError> {
        self.put_if(changes, by, now, |_| true).await
    }

    /// The same, if what is there before is as the change supposes, for each.
    ///
    /// # Errors
    /// [`ChangeError::Stale`] and the others; nothing is changed then.
    pub async fn put_if(
        self: &Arc<Self>,
        changes: Vec<Override>,
        by: &str,
        now: UnixNanos,
        supposed: impl Fn(Option<&Change>) -> bool + Send + Sync + 'static,
    ) -> Result<Vec<Option<Change>>, ChangeError> {
        let (this, by) = (Arc::clone(self), by.to_owned());
        to_its_end(async move { this.put_alone(&changes, &by, now, &supposed).await }).await
    }

    async fn put_alone(
        &self,
        changes: &[Override],
        by: &str,
        now: UnixNanos,
        supposed: &(dyn Fn(Option<&Change>) -> bool + Send + Sync),
    ) -> Result<Vec<Option<Change>>, ChangeError> {
        let _alone = self.changing.lock().await;
        let old = self.laid();
        if !changes.iter().all(|c| supposed(old.on(c.calendar, c.date))) {
            return Err(ChangeError::Stale);
        }
        let new: Arc<Overrides> = Arc::new(all(&old).chain(changes.iter().cloned()).collect());
        for (place, change) in changes.iter().enumerate() {
            fits(change.calendar, change.date, &new).map_err(|why| ChangeError::Misfit { place, why })?;
        }
        let rows: Vec<OverrideRow> = changes.iter().map(row).collect();
        overrides::put(&self.db, &self.org, &rows, by, now).await?;
        self.take_over(new);
        let before = changes.iter().map(|c| old.on(c.calendar, c.date).cloned());
        Ok(before.collect())
    }

    /// Takes the override of a date away, if it is as the change supposes, and returns it; `None` when there was none.
    ///
    /// # Errors
    /// [`ChangeError`]; nothing is changed then.
    pub async fn remove(
        self: &Arc<Self>,
        calendar: &Calendar,
        date: Date,
        supposed: impl Fn(Option<&Change>) -> bool + Send + Sync + 'static,
    ) -> Result<Option<StoredOverride>, ChangeError> {
        let (this, id) = (Arc::clone(self), calendar.id());
        to_its_end(async move { this.remove_alone(id, date, &supposed).await }).await
    }

    async fn remove_alone(
        &self,
        id: &str,
        date: Date,
        supposed: &(dyn Fn(Option<&Change>) -> bool + Send + Sync),
    ) -> Result<Option<StoredOverride>, ChangeError> {
        let _alone = self.changing.lock().await;
        let old = self.laid();
        if !supposed(old.on(id, date)) {
            return Err(ChangeError::Stale);
        }
        if old.on(id, date).is_none() {
            // There may be one that could not be read, and so was never laid.
            return Ok(overrides::remove(&self.db, &self.org, id, date).await?);
        }
        let new: Overrides = all(&old).filter(|o| (o.calendar, o.date) != (id, date)).collect();
        let new = Arc::new(new);
        fits(id, date, &new).map_err(|why| ChangeError::Misfit { place: 0, why })?;
        let removed = overrides::remove(&self.db, &self.org, id, date).await?;
        self.take_over(new);
        Ok(removed)
    }

    fn take_over(&self, new: Arc<Overrides>) {
        *self.laid.write().unwrap_or_else(PoisonError::into_inner) = new;
        self.changed.send_modify(|count| *count += 1);
    }
}

/// The overrides in the database. One that nobody can read is left out with a warning: the others hold, and what it was meant to
/// change goes by the rules until an administrator lays another one over its date or takes it away.
///
/// # Errors
/// Those of the database.
pub async fn stored(db: &Db, org: &OrgId) -> Result<Overrides, StoreError> {
    let rows = overrides::list(db, org, None).await?;
    let read = rows.iter().filter_map(|stored| {
        let row = &stored.row;
        let date = row.date.to_string();
        let text = |field: &Option<String>| field.clone().unwrap_or_default();
        let (open, close) = (text(&row.open), text(&row.close));
        let (break_start, break_end) = (text(&row.break_start), text(&row.break_end));
        let fields = OverrideText {
            calendar: &row.calendar,
            date: &date,
            kind: &row.kind,
            open: &open,
            close: &close,
            break_start: &break_start,
            break_end: &break_end,
            name: &row.name,
        };
        let refused = |error: &OverrideError| {
            tracing::warn!(calendar = row.calendar, %date, %error, "a stored override cannot be read; it is left out");
        };
        fields.read().inspect_err(refused).ok()
    });
    Ok(read.collect())
}

fn all(laid: &Overrides) -> impl Iterator<Item = Override> {
    laid.clone().into_iter()
}

fn fits(calendar: &str, date: Date, laid: &Arc<Overrides>) -> Result<(), Misfit> {
    Calendar::find(calendar)?
        .with_shared_overrides(Arc::clone(laid))
        .fits(date)
}

/// An override as it is stored.
fn row(given: &Override) -> OverrideRow {
    let mut row = OverrideRow {
        calendar: given.calendar.to_owned(),
        date: given.date,
        kind: String::new(),
        open: None,
        close: None,
        break_start: None,
        break_end: None,
        name: String::new(),
    };
    match &given.change {
        Change::Holiday { name } => (row.kind, row.name) = ("holiday".to_owned(), name.clone()),
        Change::EarlyClose { name, close } => {
            (row.kind, row.name) = ("early_close".to_owned(), name.clone());
            row.close = Some(close.hhmm());
        }
        Change::Special {
            name,
            open,
            close,
            pause,
        } => {
            (row.kind, row.name) = ("special".to_owned(), name.clone());
            (row.open, row.close) = (Some(open.hhmm()), Some(close.hhmm()));
            row.break_start = pause.map(|(start, _)| start.hhmm());
            row.break_end = pause.map(|(_, end)| end.hhmm());
        }
    }
    row
}
