//! `[[sessions]]` and `[[halts]]`: when instruments are traded.
//!
//! An instrument names a `calendar`; without one it is always traded. A calendar is one of `[[sessions]]`, or one that
//! the program knows ([`super::BacktestConfig::resolve_calendars`]).
//!
//! | key of `[[sessions]]` | meaning |
//! | --- | --- |
//! | `calendar` | its id |
//! | `open`, `close` | times of day (`"09:15"`); a close that is not later is of the next day |
//! | `utc_offset` | what they are ahead of UTC (`"+05:30"`) |
//! | `days` | `["mon", "tue", …]`; Monday to Friday |
//! | `closed` | dates without a session |
//! | `spans` | dated sessions `[["2024-01-02T14:30:00Z", "2024-01-02T21:00:00Z"], …]` instead of all that |
//!
//! `[[halts]]`: `instrument`, `from`, `to`: it is not traded then, whatever its calendar says.

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Value;
use tradewind_types::market::{BarGrid, SessionGrid, SessionSpan};
use tradewind_types::record::{Session, SessionTable};
use tradewind_types::time::DAY_NS;
use tradewind_types::{InstrumentId, UnixNanos};

use super::instruments::InstrumentConfig;
use super::{ConfigError, Section, carry, data};
use crate::backtest::data::read_stamp;

/// Days that a pattern of the week is written out for at most: some 38 years.
const DAYS_MAX: u64 = 13_900;
/// Sessions of one calendar at most, as the kernel takes them.
const SESSIONS_MAX: usize = 10_000;
/// From when patterns are written out where the period has no beginning: 1990-01-01.
const FIRST: UnixNanos = UnixNanos::from_secs(631_152_000);
const SOURCE: &str = "the backtest's configuration";

/// When what is traded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionConfig {
    /// Sessions by calendar.
    pub tables: Vec<SessionTable>,
    /// The same with breaks and trading dates: where bars begin and end.
    pub grids: BTreeMap<String, SessionGrid>,
    /// Calendars that instruments name and no table is there for yet.
    pub unknown: Vec<Arc<str>>,
    /// Interruptions: instrument, from, to.
    pub halts: Vec<(InstrumentId, UnixNanos, UnixNanos)>,
}

pub(super) fn read(
    root: &Section<'_>,
    instruments: &[InstrumentConfig],
    period: (UnixNanos, UnixNanos),
) -> Result<SessionConfig, ConfigError> {
    let mut config = SessionConfig::default();
    for section in root.sections("sessions")? {
        let calendar = section
            .text("calendar")?
            .ok_or_else(|| section.missing("calendar", "the id that instruments name"))?;
        if config.tables.iter().any(|t| &*t.calendar == calendar) {
            return Err(section.error("calendar", format!("{calendar} is there twice")));
        }
        if !instruments
            .iter()
            .any(|i| i.calendar.as_deref() == Some(calendar))
        {
            return Err(section.error("calendar", format!("no instrument has calendar = \"{calendar}\"")));
        }
        let sessions = match section.value("spans") {
            Some(spans) => dated(&section, spans)?,
            None => weekly(&section, period)?,
        };
        if sessions.len() > SESSIONS_MAX {
            let message = format!(
                "has {} sessions, at most {SESSIONS_MAX}; a shorter [period] needs fewer",
                sessions.len()
            );
            return Err(section.error("calendar", message));
        }
        let grid = SessionGrid::new(sessions);
        let grid = grid.map_err(|e| section.error("spans", format!("must ascend and not overlap: {e}")))?;
        // As they are described: between two of one day nothing is traded.
        let table = SessionTable {
            calendar: Arc::from(calendar),
            sessions: grid
                .spans()
                .iter()
                .map(|s| Session {
                    open: s.open,
                    close: s.close,
                })
                .collect(),
            source: SOURCE.to_owned(),
        };
        config.add(table, grid);
        section.finish()?;
    }
    for calendar in instruments.iter().filter_map(|i| i.calendar.as_ref()) {
        let known = config.tables.iter().any(|t| t.calendar == *calendar);
        if !known && !config.unknown.contains(calendar) {
            config.unknown.push(Arc::clone(calendar));
        }
    }
    for section in root.sections("halts")? {
        let text = section
            .text("instrument")?
            .ok_or_else(|| section.missing("instrument", "one of the ids of [[instruments]]"))?;
        let id = carry::instrument(&section, "instrument", text, instruments)?
            .instrument
            .id
            .clone();
        let time = |key| -> Result<UnixNanos, ConfigError> {
            section.time(key)?.ok_or_else(|| section.missing(key, "a time"))
        };
        let (from, to) = (time("from")?, time("to")?);
        if from >= to {
            return Err(section.error("to", "must be later than `from`"));
        }
        config.halts.push((id, from, to));
        section.finish()?;
    }
    Ok(config)
}

/// The days for which patterns of the week are written out.
pub(super) fn days_of((from, to): (UnixNanos, UnixNanos)) -> (UnixNanos, UnixNanos) {
    let from = from.max(FIRST).floor_to(DAY_NS);
    (from, to.min(from.plus(DAYS_MAX * DAY_NS)))
}

/// Sessions as they are listed; the trading date is the one on which they close, in UTC.
fn dated(section: &Section<'_>, spans: &Value) -> Result<Vec<SessionSpan>, ConfigError> {
    let refuse = |what: &str| {
        let form = "a list of pairs: [[\"2024-01-02T14:30:00Z\", \"2024-01-02T21:00:00Z\"]]";
        section.error("spans", format!("must be {form}; {what}"))
    };
    let mut sessions = Vec::new();
    for pair in spans.as_array().ok_or_else(|| refuse("found something else"))? {
        let stamp = |at: usize| {
            let text = pair
                .get(at)
                .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
            let text = text.ok_or_else(|| refuse("a pair has two times"))?;
            read_stamp(&text).map(UnixNanos).map_err(|e| refuse(&e))
        };
        let (open, close) = (stamp(0)?, stamp(1)?);
        if open >= close {
            return Err(refuse("a session must open before it closes"));
        }
        let date = BarGrid::Utc.trading_date(UnixNanos(close.0 - 1));
        let date = date.ok_or_else(|| refuse("a time is beyond the calendar"))?;
        sessions.push(SessionSpan { date, open, close });
    }
    if sessions.is_empty() {
        return Err(refuse("there is none"));
    }
    Ok(sessions)
}

fn weekly(section: &Section<'_>, period: (UnixNanos, UnixNanos)) -> Result<Vec<SessionSpan>, ConfigError> {
    let open = time_of_day(section, "open")?;
    let mut close = time_of_day(section, "close")?;
    if close <= open {
        close += 86_400;
    }
    let offset = data::offset(section)?;
    let days = weekdays(section)?;
    let mut closed = Vec::new();
    for text in section.texts("closed")?.unwrap_or_default() {
        let ns = read_stamp(text).map_err(|e| section.error("closed", e))?;
        closed.push(UnixNanos(ns).floor_to(DAY_NS));
    }
    let (from, to) = days_of(period);
    let mut sessions = Vec::new();
    // A day early: a session may begin on the UTC day before its date.
    let mut day = UnixNanos(from.0.saturating_sub(DAY_NS));
    while day < to {
        // 1970-01-01 was a Thursday; Monday is 0.
        let weekday = (day.0 / DAY_NS + 3) % 7;
        let wanted = usize::try_from(weekday).ok().and_then(|at| days.get(at)).copied();
        if wanted == Some(true) && !closed.contains(&day) {
            let at = |secs: i64| {
                let shifted = i128::from(day.0) + i128::from(secs - offset) * 1_000_000_000;
                UnixNanos(u64::try_from(shifted).unwrap_or(0))
            };
            let date = BarGrid::Utc.trading_date(day);
            sessions.extend(date.map(|date| SessionSpan {
                date,
                open: at(open),
                close: at(close),
            }));
        }
        day = day.plus(DAY_NS);
    }
    Ok(sessions)
}

fn time_of_day(section: &Section<'_>, key: &'static str) -> Result<i64, ConfigError> {
    let wanted = "a time of day such as \"09:15\"";
    let text = section.text(key)?.ok_or_else(|| section.missing(key, wanted))?;
    let read = text.split_once(':').and_then(|(h, m)| {
        let (h, m) = (h.parse::<i64>().ok()?, m.parse::<i64>().ok()?);
        ((0..24).contains(&h) && (0..60).contains(&m)).then_some(h * 3_600 + m * 60)
    });
    read.ok_or_else(|| section.error(key, format!("must be {wanted}, found `{text}`")))
}

fn weekdays(section: &Section<'_>) -> Result<[bool; 7], ConfigError> {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let Some(wanted) = section.texts("days")? else {
        return Ok([true, true, true, true, true, false, false]);
    };
    let mut days = [false; 7];
    for name in wanted {
        let at = NAMES.iter().position(|n| *n == name.to_ascii_lowercase());
        let at = at.ok_or_else(|| {
            section.error("days", format!("must be of {}, found `{name}`", NAMES.join(", ")))
        })?;
        days[at] = true;
    }
    Ok(days)
}

impl SessionConfig {
    /// Takes the sessions of a calendar.
    pub(super) fn add(&mut self, table: SessionTable, grid: SessionGrid) {
        self.grids.insert((*table.calendar).to_owned(), grid);
        self.tables.push(table);
    }

    /// In a sentence.
    pub(crate) fn told(&self, instruments: &[InstrumentConfig]) -> String {
        let mut parts = Vec::new();
        for table in &self.tables {
            let of: Vec<String> = instruments
                .iter()
                .filter(|i| i.calendar.as_ref() == Some(&table.calendar))
                .map(|i| i.instrument.id.to_string())
                .collect();
            parts.push(format!(
                "{} trade in the sessions of {} ({}); outside of them orders wait, and DAY orders end with their session.",
                of.join(", "),
                table.calendar,
                table.source
            ));
        }
        if parts.is_empty() {
            parts.push("Every instrument is always traded; DAY orders end at UTC midnight.".to_owned());
        }
        if !self.tables.is_empty() {
            parts.push(
                "Bars of a day or longer are their sessions and are matched whenever they stand.".to_owned(),
            );
        }
        for (id, from, to) in &self.halts {
            parts.push(format!("{id} is not traded from {from} to {to}."));
        }
        parts.join(" ")
    }
}
