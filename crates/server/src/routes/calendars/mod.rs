//! Trading calendars and what administrators lay over them.

pub mod expiries;
pub mod list;
pub mod overrides_delete;
pub mod overrides_import;
pub mod overrides_list;
pub mod overrides_put;
pub mod sessions;

use crate::routes::prelude::*;

use jiff::ToSpan as _;
use jiff::civil::Date;
use tradewind_calendar::{Calendar, CalendarError};
use tradewind_types::UnixNanos;

use crate::calendars::{CONTINUOUS, ChangeError};
use crate::map;

/// Most days of an answer.
const DAYS_MAX: i32 = 400;
/// Days of an answer where no last one is named.
const DAYS_DEFAULT: i64 = 30;

/// The calendar in the path, with what is laid over it.
fn named(state: &AppState, params: &Params) -> ApiResult<Calendar> {
    let found = state.calendars.find(params.text("calendar"));
    found.map_err(|error| ApiError::new(Code::CalendarUnknown, error.to_string()))
}

/// The same, of which something can be changed.
fn changeable(state: &AppState, params: &Params) -> ApiResult<Calendar> {
    let calendar = named(state, params)?;
    if calendar.id() == CONTINUOUS {
        return Err(ApiError::field(
            "calendar",
            "NEVER_CLOSES",
            "markets of this calendar never close; there are no sessions that could be changed",
        ));
    }
    Ok(calendar)
}

/// The date in the path.
fn dated(params: &Params) -> ApiResult<Date> {
    day("date", params.text("date"))
}

pub(super) fn day(field: &str, text: &str) -> ApiResult<Date> {
    let malformed = |_| {
        let text: String = text.chars().take(40).collect();
        ApiError::field(
            field,
            "MALFORMED",
            format!("`{text}` is not a date such as 2026-11-29"),
        )
    };
    text.parse().map_err(malformed)
}

/// The dates of a query: today and thirty days on where they are absent.
fn period(
    state: &AppState,
    calendar: &Calendar,
    from: Option<&str>,
    to: Option<&str>,
) -> ApiResult<(Date, Date)> {
    let from = match from {
        Some(text) => day("from", text)?,
        None => today(state, calendar)?,
    };
    covered(calendar, "from", from)?;
    let to = match to {
        Some(text) => day("to", text)?,
        None => from
            .saturating_add(DAYS_DEFAULT.days())
            .min(calendar.coverage().1),
    };
    if to < from {
        let text = format!("the period ends on {to}, before it begins on {from}");
        return Err(ApiError::field("to", "OUT_OF_RANGE", text));
    }
    covered(calendar, "to", to)?;
    if (to - from).get_days() >= DAYS_MAX {
        let text = format!("a period has at most {DAYS_MAX} days");
        return Err(ApiError::field("to", "OUT_OF_RANGE", text));
    }
    Ok((from, to))
}

/// Refuses a date that the calendar does not reach.
fn covered(calendar: &Calendar, field: &str, date: Date) -> ApiResult<()> {
    let (from, to) = calendar.coverage();
    if from <= date && date <= to {
        return Ok(());
    }
    let calendar = calendar.id();
    let why = CalendarError::OutsideCoverage {
        calendar,
        date,
        from,
        to,
    };
    Err(ApiError::field(field, "OUT_OF_RANGE", why.to_string()))
}

fn today(state: &AppState, calendar: &Calendar) -> ApiResult<Date> {
    let now = jiff::Timestamp::from_nanosecond(i128::from(state.clock.now().0));
    let now = now.map_err(|_| ApiError::of(Code::Internal))?;
    Ok(calendar.zone().to_datetime(now).date())
}

/// A question that the calendar does not answer.
fn refused(error: CalendarError) -> ApiError {
    let field = match &error {
        CalendarError::UnknownUnderlying { .. } => "underlying",
        CalendarError::OutsideCoverage { date, to, .. } if date > to => "to",
        CalendarError::OutsideCoverage { .. } | CalendarError::EmptyPeriod { .. } => "from",
        CalendarError::UnknownCalendar { .. } | CalendarError::NoTimeStamp { .. } => "calendar",
    };
    ApiError::field(field, "OUT_OF_RANGE", error.to_string())
}

/// Whether what is laid over the date is what `If-Match` names.
fn supposed(
    based_on: IfMatch,
    date: Date,
) -> impl Fn(Option<&tradewind_calendar::Change>) -> bool + Send + Sync + 'static {
    move |there| {
        let shown = there.map(|change| map::calendar::change(date, change, "", UnixNanos(0)));
        let tag = shown.map(|shown| map::calendar::tag(&shown));
        based_on.allows(tag.as_ref())
    }
}

/// A change that was not made; `field` says of which one the place is.
fn unchanged(error: ChangeError, field: impl Fn(usize) -> String) -> ApiError {
    match error {
        ChangeError::Misfit { place, why } => ApiError::field(field(place), "MISFIT", why.to_string()),
        ChangeError::Store(error) => error.into(),
        ChangeError::Stale => ApiError::of(Code::VersionConflict),
        ChangeError::Interrupted => ApiError::of(Code::Unavailable).retry_after(5),
    }
}

/// What came of a change.
fn changed(
    state: &AppState,
    calendar: &Calendar,
    overrides: Vec<wire::CalendarOverride>,
) -> wire::CalendarChanged {
    let restart_needed = state.calendars.bars_follow(calendar);
    let note = format!(
        "the change holds for orders, positions and gap scans at once; bars follow the sessions of {} as they were at the \
         start (bar_calendars), and need a restart",
        calendar.id()
    );
    wire::CalendarChanged {
        calendar: calendar.id().to_owned(),
        overrides,
        restart_needed,
        note: restart_needed.then_some(note),
    }
}
