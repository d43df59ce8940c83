//! The calendars there are.

use crate::routes::prelude::*;

use tradewind_calendar::Calendar;
use tradewind_calendar::expiry::ExpiryRules;

/// The trading calendars there are.
#[utoipa::path(get, path = "/api/v1/calendars", tag = "calendars",
    responses((status = 200, body = wire::Calendars)))]
pub async fn list_calendars(State(state): State<AppState>) -> Json<wire::Calendars> {
    let laid = state.calendars.laid();
    let rules: Vec<ExpiryRules> = ExpiryRules::names()
        .filter_map(|name| ExpiryRules::find(name).ok())
        .collect();
    let describe = |calendar: Calendar| {
        let (first, last) = calendar.coverage();
        let overrides = laid.iter().filter(|(id, ..)| *id == calendar.id()).count();
        let follow = rules.iter().filter(|r| r.calendar().id() == calendar.id());
        wire::Calendar {
            id: calendar.id().to_owned(),
            name: calendar.name().to_owned(),
            time_zone: calendar.zone_name().to_owned(),
            first: first.to_string(),
            last: last.to_string(),
            published_to: calendar.published_to().to_string(),
            overrides: u32::try_from(overrides).unwrap_or(u32::MAX),
            underlyings: follow.map(|r| r.name().to_owned()).collect(),
        }
    };
    Json(wire::Calendars {
        calendars: Calendar::all().map(describe).collect(),
    })
}
