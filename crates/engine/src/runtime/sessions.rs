//! Tells the kernel when its instruments are traded: the sessions of their calendars, at the start and then as days pass.
//!
//! Where sessions come from is the caller's business: a [`SessionSource`] is a pure function from a calendar and a span of
//! time. Each table reaches a week back and [`AHEAD_DAYS`] ahead; it goes in as a command, is journalled when it says
//! something new, and from then on squares off positions of the day, ends DAY orders and keeps closed markets closed.
//! Instruments of the calendar [`ALWAYS`] need none.

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_types::market::SessionGrid;
use tradewind_types::record::{Command, CommandEnvelope, SessionTable};
use tradewind_types::time::DAY_NS;
use tradewind_types::{InstrumentIdx, UnixNanos};

use super::{EngineError, EngineHandle};

/// The calendar of what is traded around the clock, every day.
pub const ALWAYS: &str = "24/7";
/// Days of sessions told in advance.
pub const AHEAD_DAYS: u64 = 35;
/// Days of sessions that are over, for orders and positions that are still from then.
pub const BEHIND_DAYS: u64 = 7;

/// A calendar's stretches of trading between two instants; `None` where it never closes.
///
/// # Errors
/// Why nobody can say, for people.
pub type SessionSource =
    Arc<dyn Fn(&str, UnixNanos, UnixNanos) -> Result<Option<SessionGrid>, String> + Send + Sync>;

/// What a round told the kernel.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SessionsTold {
    /// Calendars whose tables were sent.
    pub told: Vec<Arc<str>>,
    /// Calendars of which there are no sessions, each with why.
    pub unknown: Vec<(Arc<str>, String)>,
}

/// Feeds an engine with sessions.
pub struct SessionFeed {
    engine: EngineHandle,
    source: SessionSource,
    name: String,
    /// For which day each calendar was settled.
    settled: BTreeMap<Arc<str>, u64>,
}

impl SessionFeed {
    /// `name` says where the sessions come from; it stands in the journal with them.
    #[must_use]
    pub fn new(engine: EngineHandle, source: SessionSource, name: impl Into<String>) -> Self {
        Self {
            engine,
            source,
            name: name.into(),
            settled: BTreeMap::new(),
        }
    }

    /// Sends what the kernel does not know yet for the day of `now`: one table for every calendar of its instruments,
    /// once a day, and at once for a calendar that is new. To be called at the start and every minute or so.
    ///
    /// # Errors
    /// [`EngineError`] when the engine does not take it; the next call tries again.
    pub async fn refresh(&mut self, now: UnixNanos) -> Result<SessionsTold, EngineError> {
        let day = now.0 / DAY_NS;
        let mut told = SessionsTold::default();
        for calendar in self.calendars().await? {
            if self.settled.get(&calendar) == Some(&day) {
                continue;
            }
            let from = UnixNanos((day * DAY_NS).saturating_sub(BEHIND_DAYS * DAY_NS));
            let to = UnixNanos(day * DAY_NS).plus(AHEAD_DAYS * DAY_NS);
            match (self.source)(&calendar, from, to) {
                Ok(None) => {}
                Ok(Some(sessions)) => {
                    self.tell(&calendar, &sessions).await?;
                    told.told.push(Arc::clone(&calendar));
                }
                Err(why) => told.unknown.push((Arc::clone(&calendar), why)),
            }
            self.settled.insert(calendar, day);
        }
        Ok(told)
    }

    /// Forgets what was told, so that the next round tells everything again: the source has changed.
    pub fn changed(&mut self) {
        self.settled.clear();
    }

    /// Calendars of the kernel's instruments, each once.
    async fn calendars(&self) -> Result<Vec<Arc<str>>, EngineError> {
        self.engine
            .query(|kernel| {
                let instruments = kernel.instruments();
                let mut all: Vec<Arc<str>> = Vec::new();
                for slot in 0..instruments.len() {
                    let idx = InstrumentIdx(u32::try_from(slot).unwrap_or(u32::MAX));
                    let calendar = instruments.get(idx).map(|i| &i.calendar);
                    let new = calendar.filter(|c| &***c != ALWAYS && !all.contains(*c));
                    all.extend(new.cloned());
                }
                all
            })
            .await
    }

    async fn tell(&self, calendar: &Arc<str>, sessions: &SessionGrid) -> Result<(), EngineError> {
        let table = SessionTable::of(Arc::clone(calendar), sessions, self.name.clone());
        let envelope = CommandEnvelope {
            actor: "system".to_owned(),
            correlation_id: format!("sessions {calendar}"),
            ts: UnixNanos(0),
            command: Command::DefineSessions { table },
        };
        self.engine.command(envelope).await.map(|_| ())
    }
}
