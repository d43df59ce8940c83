//! Trading calendars: sessions and holidays, what administrators lay over them, and expiries.
//!
//! Dates are ISO 8601 days of the exchange; `HH:MM` are its clocks, times are UTC.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Time;

/// A trading calendar.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Calendar {
    /// Id: `XNYS`.
    #[schema(example = "XNSE")]
    pub id: String,
    /// For people.
    pub name: String,
    /// IANA name of its time zone.
    #[schema(example = "Asia/Kolkata")]
    pub time_zone: String,
    /// First date that it answers for.
    #[schema(format = Date)]
    pub first: String,
    /// Last date that it answers for.
    #[schema(format = Date)]
    pub last: String,
    /// Last date that the exchange has published; what comes after is provisional.
    #[schema(format = Date)]
    pub published_to: String,
    /// How many overrides are laid over it.
    pub overrides: u32,
    /// Underlyings whose expiries follow it.
    pub underlyings: Vec<String>,
}

/// All calendars.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Calendars {
    /// By exchange.
    pub calendars: Vec<Calendar>,
}

/// What kind of session it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SessionKind {
    /// As on any day.
    Regular,
    /// It ends before the regular close.
    EarlyClose,
    /// With hours of its own.
    Special,
}

/// A stretch of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct TimeSpan {
    /// First instant.
    pub from: Time,
    /// First instant after it.
    pub to: Time,
}

/// A session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CalendarSession {
    /// The date it belongs to, also where it opens on the evening before.
    #[schema(format = Date)]
    pub date: String,
    /// First instant of trading.
    pub open: Time,
    /// First instant after trading.
    pub close: Time,
    /// When trading pauses.
    pub breaks: Vec<TimeSpan>,
    /// Trading before the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pre: Option<TimeSpan>,
    /// Trading after the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub post: Option<TimeSpan>,
    /// The auction that opens it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opening_auction: Option<TimeSpan>,
    /// The auction that closes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closing_auction: Option<TimeSpan>,
    /// What kind it is.
    pub kind: SessionKind,
    /// What it is called, or why it closes early.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An override made it so.
    pub overridden: bool,
    /// The exchange has not published the date yet.
    pub provisional: bool,
}

/// A day without session on which there would be one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CalendarHoliday {
    /// When.
    #[schema(format = Date)]
    pub date: String,
    /// What it is called.
    pub name: String,
    /// An override made it so.
    pub overridden: bool,
    /// The exchange has not published the date yet.
    pub provisional: bool,
}

/// Sessions and holidays of a stretch of dates.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CalendarSessions {
    /// Id of the calendar.
    pub calendar: String,
    /// By date.
    pub sessions: Vec<CalendarSession>,
    /// By date.
    pub holidays: Vec<CalendarHoliday>,
}

/// What an override makes of a date.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CalendarOverrideKind {
    /// There is no session.
    Holiday,
    /// There is one, with these hours, whatever the rules say.
    Special,
    /// The session of the rules ends earlier.
    EarlyClose,
}

/// An override that is to be laid over a date.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCalendarOverride {
    /// What becomes of the date.
    pub kind: CalendarOverrideKind,
    /// `HH:MM`, of a special session.
    #[schema(example = "18:00")]
    pub open: Option<String>,
    /// `HH:MM`, of a special session or an early close.
    #[schema(example = "19:00")]
    pub close: Option<String>,
    /// `HH:MM`, of a special session with a break.
    pub break_start: Option<String>,
    /// `HH:MM`, of a special session with a break.
    pub break_end: Option<String>,
    /// What it is called; at most 120 characters.
    #[schema(max_length = 120)]
    pub name: String,
}

/// An override.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CalendarOverride {
    /// The date.
    #[schema(format = Date)]
    pub date: String,
    /// What becomes of it.
    pub kind: CalendarOverrideKind,
    /// `HH:MM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
    /// `HH:MM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub close: Option<String>,
    /// `HH:MM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_start: Option<String>,
    /// `HH:MM`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_end: Option<String>,
    /// What it is called.
    pub name: String,
    /// Pseudonymous id of who entered it.
    pub changed_by: String,
    /// When it was entered.
    pub changed_at: Time,
    /// What `If-Match` takes of whoever changes it.
    #[serde(default)]
    pub etag: String,
}

/// The overrides of a calendar.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CalendarOverrides {
    /// Id of the calendar.
    pub calendar: String,
    /// By date.
    pub overrides: Vec<CalendarOverride>,
}

/// What came of a change to a calendar.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CalendarChanged {
    /// Id of the calendar.
    pub calendar: String,
    /// The overrides that were stored, or the one that was taken away, by date.
    pub overrides: Vec<CalendarOverride>,
    /// Orders, positions and gap scans go by the change at once. Bars of this calendar go by it after a restart only.
    pub restart_needed: bool,
    /// The same in words, when a restart is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// An expiry in one series.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CalendarExpiry {
    /// The day.
    #[schema(format = Date)]
    pub expiry: String,
    /// `daily`, `weekly`, `monthly` or `quarterly`.
    pub kind: String,
    /// `W0` is the nearest of its series from the first date on.
    #[schema(example = "W0")]
    pub label: String,
    /// When trading in it ends.
    pub at: Time,
    /// The day of the rule, where the contract was moved from it.
    #[schema(format = Date)]
    pub moved_from: Option<String>,
    /// The exchange has not published its holidays of that year.
    pub provisional: bool,
    /// Where the rule is from.
    pub source: String,
}

/// Expiries of an underlying.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct CalendarExpiries {
    /// Id of the calendar that they are moved by.
    pub calendar: String,
    /// Name of the rules.
    pub underlying: String,
    /// By date; a date is told once for each series it belongs to.
    pub expiries: Vec<CalendarExpiry>,
}
