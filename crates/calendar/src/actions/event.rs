//! What is announced of instruments, by date: corporate actions and earnings.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tradewind_types::record::{ActionKind, CorporateAction};
use tradewind_types::{InstrumentId, Money, UnixNanos};

use super::series::{Adjust, AdjustmentTable};
use crate::calendar::Calendar;
use crate::error::CalendarError;

/// Why actions cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ActionError {
    /// The chained factors have no decimal.
    #[error("the chained adjustment factors are beyond 28 digits")]
    Overflow,
    /// An action has no factor.
    #[error(
        "the action of {instrument} at {effective} has no factor: the close before it is not known in the currency that it pays in, or it pays out more than that"
    )]
    NoFactor {
        /// Whose.
        instrument: InstrumentId,
        /// When.
        effective: UnixNanos,
    },
}

/// When on its day a company tells its earnings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EarningsTime {
    /// Before the session.
    BeforeOpen,
    /// During it.
    DuringSession,
    /// After it.
    AfterClose,
    /// Not told.
    Unknown,
}

/// What happens.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// A dividend, a split, a bonus, rights …
    Action {
        /// With its terms.
        action: CorporateAction,
    },
    /// Earnings are told.
    Earnings {
        /// Of which period, in the company's words: `2026Q3`.
        period: String,
        /// When on the day.
        time: EarningsTime,
        /// The company has confirmed the date.
        confirmed: bool,
        /// Where it comes from.
        source: String,
    },
}

impl EventKind {
    /// As files name it: `split`, `earnings`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            EventKind::Earnings { .. } => "earnings",
            EventKind::Action { action } => match action.kind {
                ActionKind::Split { .. } => "split",
                ActionKind::Bonus { .. } => "bonus",
                ActionKind::StockDividend { .. } => "stock_dividend",
                ActionKind::CashDividend { .. } => "dividend",
                ActionKind::Rights { .. } => "rights",
                ActionKind::Merger { .. } => "merger",
                ActionKind::SpinOff { .. } => "spin_off",
                ActionKind::SymbolChange { .. } => "symbol_change",
                ActionKind::Delisting { .. } => "delisting",
            },
        }
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(&self) -> &str {
        match self {
            EventKind::Earnings { source, .. } => source,
            EventKind::Action { action } => &action.source,
        }
    }
}

/// An event of an instrument on a date: the ex-date of an action.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Event {
    /// Whose.
    pub instrument: InstrumentId,
    /// The day.
    pub date: Date,
    /// What.
    pub kind: EventKind,
}

/// The instant from which an action with that ex-date holds: the close of the session before it, after which nothing is traded
/// with the right any more. Without a session before, the first instant of the date.
///
/// # Errors
/// [`CalendarError::OutsideCoverage`].
pub fn ex_instant(calendar: &Calendar, ex_date: Date) -> Result<UnixNanos, CalendarError> {
    match calendar.previous_session(ex_date)? {
        Some(session) => Ok(session.close),
        None => crate::zone::instant(calendar.zone(), ex_date, crate::zone::WallMinute::at(0, 0)),
    }
}

/// Events by instrument and date.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EventCalendar {
    events: BTreeMap<InstrumentId, Vec<Event>>,
}

impl EventCalendar {
    /// Adds an event; the same one twice is there once. Answers whether it was new.
    pub fn add(&mut self, event: Event) -> bool {
        let events = self.events.entry(event.instrument.clone()).or_default();
        if events.contains(&event) {
            return false;
        }
        let at = events.partition_point(|e| e.date <= event.date);
        events.insert(at, event);
        true
    }

    /// The events of an instrument, by date.
    #[must_use]
    pub fn of(&self, instrument: &InstrumentId) -> &[Event] {
        self.events.get(instrument).map_or(&[], Vec::as_slice)
    }

    /// All events from one date to another, both included, by date and instrument.
    #[must_use]
    pub fn between(&self, from: Date, to: Date) -> Vec<&Event> {
        let mut events: Vec<&Event> = self
            .events
            .values()
            .flatten()
            .filter(|e| from <= e.date && e.date <= to)
            .collect();
        events.sort_by(|a, b| (a.date, &a.instrument).cmp(&(b.date, &b.instrument)));
        events
    }

    /// The next earnings of an instrument on or after a date.
    #[must_use]
    pub fn next_earnings(&self, instrument: &InstrumentId, from: Date) -> Option<&Event> {
        let earnings = |e: &&Event| e.date >= from && matches!(e.kind, EventKind::Earnings { .. });
        self.of(instrument).iter().find(earnings)
    }

    /// The corporate actions of an instrument, by ex-date.
    pub fn actions(&self, instrument: &InstrumentId) -> impl Iterator<Item = &CorporateAction> {
        self.of(instrument).iter().filter_map(|e| match &e.kind {
            EventKind::Action { action } => Some(action),
            EventKind::Earnings { .. } => None,
        })
    }

    /// The adjustments of an instrument's history.
    ///
    /// # Errors
    /// Those of [`AdjustmentTable::of_actions`].
    pub fn adjustments(
        &self,
        instrument: &InstrumentId,
        adjust: Adjust,
        close_before: impl FnMut(&CorporateAction) -> Option<Money>,
    ) -> Result<AdjustmentTable, ActionError> {
        AdjustmentTable::of_actions(self.actions(instrument), adjust, close_before)
    }
}

impl FromIterator<Event> for EventCalendar {
    fn from_iter<I: IntoIterator<Item = Event>>(events: I) -> Self {
        let mut calendar = Self::default();
        for event in events {
            calendar.add(event);
        }
        calendar
    }
}
