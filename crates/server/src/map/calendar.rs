//! Calendars.

use jiff::civil::Date;
use tradewind_calendar::expiry::{Expiry, Label};
use tradewind_calendar::{Calendar, CalendarError, Change, Phase, PhaseKind, Session};
use tradewind_store::StoreError;
use tradewind_store::calendar::overrides::{OverrideRow, StoredOverride};
use tradewind_wire as wire;
use wire::{CalendarOverrideKind as Kind, SessionKind, Time};

use crate::extract::Tag;

fn span(from: tradewind_types::UnixNanos, to: tradewind_types::UnixNanos) -> wire::TimeSpan {
    wire::TimeSpan {
        from: Time(from),
        to: Time(to),
    }
}

/// A session of a calendar.
///
/// # Errors
/// A date that the calendar does not reach.
pub fn session(calendar: &Calendar, session: Session) -> Result<wire::CalendarSession, CalendarError> {
    let phases = calendar.phases(session.date)?;
    let phase = |kind: PhaseKind| {
        let found = phases.iter().find(|phase| phase.kind == kind);
        found.map(|Phase { start, end, .. }| span(*start, *end))
    };
    let kind = match (calendar.is_special(session.date), session.early_close) {
        (true, _) => SessionKind::Special,
        (false, true) => SessionKind::EarlyClose,
        (false, false) => SessionKind::Regular,
    };
    Ok(wire::CalendarSession {
        date: session.date.to_string(),
        open: Time(session.open),
        close: Time(session.close),
        breaks: session
            .pause
            .map(|(from, to)| span(from, to))
            .into_iter()
            .collect(),
        pre: phase(PhaseKind::PreMarket),
        post: phase(PhaseKind::PostMarket),
        opening_auction: phase(PhaseKind::OpeningAuction),
        closing_auction: phase(PhaseKind::ClosingAuction),
        kind,
        name: session.name.map(std::borrow::Cow::into_owned),
        overridden: calendar.change_on(session.date).is_some(),
        provisional: session.provisional,
    })
}

/// A stored override.
///
/// # Errors
/// A kind that nobody knows.
pub fn stored(stored: StoredOverride) -> Result<wire::CalendarOverride, StoreError> {
    let OverrideRow {
        date,
        kind,
        open,
        close,
        break_start,
        break_end,
        name,
        ..
    } = stored.row;
    let kind = match kind.as_str() {
        "holiday" => Kind::Holiday,
        "special" => Kind::Special,
        "early_close" => Kind::EarlyClose,
        other => return Err(StoreError::corrupt("calendar_overrides.kind", other)),
    };
    let shown = wire::CalendarOverride {
        date: date.to_string(),
        kind,
        open,
        close,
        break_start,
        break_end,
        name,
        changed_by: stored.changed_by,
        changed_at: Time(stored.changed_at),
        etag: String::new(),
    };
    Ok(with_tag(shown))
}

/// The tag of what an override says: the same again has the same, whoever said it.
#[must_use]
pub fn tag(change: &wire::CalendarOverride) -> Tag {
    Tag::of_text(&audited(change).to_string())
}

fn with_tag(mut change: wire::CalendarOverride) -> wire::CalendarOverride {
    change.etag = tag(&change).quoted();
    change
}

/// A change of a date that was just made.
#[must_use]
pub fn change(
    date: Date,
    change: &Change,
    by: &str,
    at: tradewind_types::UnixNanos,
) -> wire::CalendarOverride {
    let mut made = wire::CalendarOverride {
        date: date.to_string(),
        kind: Kind::Holiday,
        open: None,
        close: None,
        break_start: None,
        break_end: None,
        name: String::new(),
        changed_by: by.to_owned(),
        changed_at: Time(at),
        etag: String::new(),
    };
    match change {
        Change::Holiday { name } => made.name.clone_from(name),
        Change::EarlyClose { name, close } => {
            (made.kind, made.close) = (Kind::EarlyClose, Some(close.hhmm()));
            made.name.clone_from(name);
        }
        Change::Special {
            name,
            open,
            close,
            pause,
        } => {
            made.kind = Kind::Special;
            (made.open, made.close) = (Some(open.hhmm()), Some(close.hhmm()));
            made.break_start = pause.map(|(start, _)| start.hhmm());
            made.break_end = pause.map(|(_, end)| end.hhmm());
            made.name.clone_from(name);
        }
    }
    with_tag(made)
}

/// An expiry with its label.
#[must_use]
pub fn expiry((expiry, label): (Expiry, Label)) -> wire::CalendarExpiry {
    wire::CalendarExpiry {
        expiry: expiry.date.to_string(),
        kind: expiry.series.as_str().to_owned(),
        label: label.to_string(),
        at: Time(expiry.at),
        moved_from: expiry.moved_from.map(|date| date.to_string()),
        provisional: expiry.provisional,
        source: expiry.source.to_owned(),
    }
}

/// What an override says, without who said it and when: what the audit log tells of it, and what its tag is made of.
#[must_use]
pub fn audited(change: &wire::CalendarOverride) -> serde_json::Value {
    let wire::CalendarOverride {
        date,
        kind,
        open,
        close,
        break_start,
        break_end,
        name,
        ..
    } = change;
    serde_json::json!({"date": date, "kind": kind, "open": open, "close": close, "break_start": break_start,
        "break_end": break_end, "name": name})
}
