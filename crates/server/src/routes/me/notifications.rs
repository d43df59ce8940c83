//! What somebody has chosen to be told of: read, checked and stored.

use jiff::tz::TimeZone;
use tradewind_store::notifications;
use tradewind_wire as wire;
use wire::{FieldError, NotificationEvent, NotificationSettings};

use crate::AppState;
use crate::identity::Caller;
use crate::problem::{ApiError, ApiResult, Code};

/// Longest name of a zone.
const ZONE_MAX: usize = 64;

/// What somebody has chosen, or what holds for who never did; and its version.
pub(super) async fn of(state: &AppState, caller: &Caller) -> ApiResult<(NotificationSettings, u32)> {
    let Some(stored) = notifications::of(&state.store, &caller.user).await? else {
        return Ok((NotificationSettings::default(), 0));
    };
    let chosen = serde_json::from_str(&stored.content).unwrap_or_else(|error| {
        tracing::warn!(%error, user = %caller.user, "what was chosen cannot be read; the defaults hold");
        NotificationSettings::default()
    });
    Ok((every_event_once(chosen), stored.version))
}

/// Stores a choice; its version.
pub(super) async fn put(
    state: &AppState,
    caller: &Caller,
    chosen: &NotificationSettings,
    based_on: Option<u32>,
) -> ApiResult<u32> {
    let content = serde_json::to_string(chosen).map_err(|_| ApiError::of(Code::Internal))?;
    let who = (&caller.org, &caller.user);
    let put = notifications::put(&state.store, who, &content, based_on, state.clock.now()).await?;
    put.ok_or_else(|| ApiError::of(Code::VersionConflict))
}

/// A choice as it is kept.
pub(super) fn checked(asked: NotificationSettings) -> ApiResult<NotificationSettings> {
    let mut wrong = Vec::new();
    let mut refuse = |field: String, code: &str, message: String| {
        wrong.push(FieldError {
            field,
            code: code.to_owned(),
            message,
        });
    };
    for (n, choice) in asked.events.iter().enumerate() {
        let twice = asked.events[..n].iter().any(|other| other.event == choice.event);
        if twice {
            refuse(
                format!("events[{n}].event"),
                "TWICE",
                "every event once".to_owned(),
            );
        }
    }
    if let Some(quiet) = &asked.quiet {
        for (field, text) in [("quiet.from", &quiet.from), ("quiet.to", &quiet.to)] {
            if !is_time(text) {
                let message = format!("`{text}` is no time of a day such as 22:00");
                refuse(field.to_owned(), "MALFORMED", message);
            }
        }
        if quiet.from == quiet.to {
            let message = "begin and end are the same; leave `quiet` null for never".to_owned();
            refuse("quiet.to".to_owned(), "OUT_OF_RANGE", message);
        }
        if quiet.zone.len() > ZONE_MAX || TimeZone::get(&quiet.zone).is_err() {
            let shown: String = quiet.zone.chars().take(ZONE_MAX).collect();
            let message = format!("`{shown}` is no time zone such as Asia/Kolkata");
            refuse("quiet.zone".to_owned(), "UNKNOWN_ZONE", message);
        }
    }
    match wrong.is_empty() {
        true => Ok(every_event_once(asked)),
        false => Err(ApiError::fields(wrong)),
    }
}

/// In the order in which they are shown; what was left out is not told of.
fn every_event_once(mut chosen: NotificationSettings) -> NotificationSettings {
    let of = |event: NotificationEvent| {
        let found = chosen.events.iter().find(|choice| choice.event == event);
        found.copied().unwrap_or(wire::NotificationChoice {
            event,
            toast: false,
            desktop: false,
            sound: false,
        })
    };
    chosen.events = NotificationEvent::ALL.map(of).to_vec();
    chosen
}

fn is_time(text: &str) -> bool {
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
    text.split_once(':')
        .is_some_and(|(hours, minutes)| digits(hours) && digits(minutes) && hours < "24" && minutes < "60")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_a_day_has_two_digits_twice() {
        for right in ["00:00", "07:30", "23:59"] {
            assert!(is_time(right), "{right}");
        }
        for wrong in ["24:00", "7:30", "12:60", "12.30", "", "12:3a", "١٢:٠٠", "-1:00"] {
            assert!(!is_time(wrong), "{wrong}");
        }
    }
}
