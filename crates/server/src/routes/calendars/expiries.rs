//! Expiries by a calendar.

use crate::routes::prelude::*;

use tradewind_calendar::expiry::ExpiryRules;

use super::{named, period, refused};
use crate::map;

/// Which expiries.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ExpiriesQuery {
    /// Underlying that has rules: NIFTY, US-EQUITY, ES; `GET /calendars` names them by calendar.
    pub underlying: String,
    /// First date; today on the exchange's clocks when absent.
    #[param(format = Date)]
    pub from: Option<String>,
    /// Last date, included, at most 400 days in all; thirty days after the first when absent.
    #[param(format = Date)]
    pub to: Option<String>,
}

/// The expiries of an underlying between two dates, moved by its calendar with the overrides of the organisation.
#[utoipa::path(get, path = "/api/v1/calendars/{calendar}/expiries", tag = "calendars",
    params(("calendar" = String, Path, description = "Calendar id or alias: XNYS, NSE."), ExpiriesQuery),
    responses((status = 200, body = wire::CalendarExpiries)))]
pub async fn list_expiries(
    State(state): State<AppState>,
    params: Params,
    QueryOf(query): QueryOf<ExpiriesQuery>,
) -> ApiResult<Json<wire::CalendarExpiries>> {
    let calendar = named(&state, &params)?;
    let rules = ExpiryRules::find(&query.underlying)
        .map_err(|error| ApiError::field("underlying", "UNKNOWN", error.to_string()))?;
    if rules.calendar().id() != calendar.id() {
        let text = format!(
            "{} expires by the calendar {}",
            rules.name(),
            rules.calendar().id()
        );
        return Err(ApiError::field("underlying", "OTHER_CALENDAR", text));
    }
    let (from, to) = period(&state, &calendar, query.from.as_deref(), query.to.as_deref())?;
    let rules = rules.with_calendar(calendar);
    let labelled = rules.labelled(from, to).map_err(refused)?;
    Ok(Json(wire::CalendarExpiries {
        calendar: rules.calendar().id().to_owned(),
        underlying: rules.name().to_owned(),
        expiries: labelled.into_iter().map(map::calendar::expiry).collect(),
    }))
}
