//! The sessions of a calendar.

use crate::routes::prelude::*;

use tradewind_calendar::Overrides;

use super::{named, period, refused};
use crate::map;

/// Which sessions.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SessionsQuery {
    /// First date; today on the exchange's clocks when absent.
    #[param(format = Date)]
    pub from: Option<String>,
    /// Last date, included, at most 400 days in all; thirty days after the first when absent.
    #[param(format = Date)]
    pub to: Option<String>,
    /// By the rules alone, without what administrators have laid over them.
    pub without_overrides: Option<bool>,
}

/// Sessions and holidays of a calendar between two dates, with the overrides of the organisation.
#[utoipa::path(get, path = "/api/v1/calendars/{calendar}/sessions", tag = "calendars",
    params(("calendar" = String, Path, description = "Calendar id or alias: XNYS, NSE."), SessionsQuery),
    responses((status = 200, body = wire::CalendarSessions)))]
pub async fn list_calendar_sessions(
    State(state): State<AppState>,
    params: Params,
    QueryOf(query): QueryOf<SessionsQuery>,
) -> ApiResult<Json<wire::CalendarSessions>> {
    let mut calendar = named(&state, &params)?;
    if query.without_overrides == Some(true) {
        calendar = calendar.with_overrides(Overrides::default());
    }
    let (from, to) = period(&state, &calendar, query.from.as_deref(), query.to.as_deref())?;
    let sessions = calendar.sessions(from, to).map_err(refused)?;
    let sessions: Result<_, _> = sessions
        .into_iter()
        .map(|session| map::calendar::session(&calendar, session))
        .collect();
    let holidays = calendar.holidays(from, to).map_err(refused)?;
    let holidays = holidays.into_iter().map(|holiday| wire::CalendarHoliday {
        date: holiday.date.to_string(),
        name: holiday.name.into_owned(),
        overridden: calendar.change_on(holiday.date).is_some(),
        provisional: holiday.provisional,
    });
    Ok(Json(wire::CalendarSessions {
        calendar: calendar.id().to_owned(),
        sessions: sessions.map_err(refused)?,
        holidays: holidays.collect(),
    }))
}
