//! What is laid over a calendar.

use crate::routes::prelude::*;

use super::named;
use crate::map;

/// The overrides that the organisation's administrators have laid over a calendar, by date.
#[utoipa::path(get, path = "/api/v1/calendars/{calendar}/overrides", tag = "calendars",
    params(("calendar" = String, Path, description = "Calendar id or alias: XNYS, NSE.")),
    responses((status = 200, body = wire::CalendarOverrides)))]
pub async fn list_overrides(
    State(state): State<AppState>,
    params: Params,
) -> ApiResult<Json<wire::CalendarOverrides>> {
    let calendar = named(&state, &params)?;
    let rows = state.calendars.list(&calendar).await?;
    let overrides: Result<_, _> = rows.into_iter().map(map::calendar::stored).collect();
    Ok(Json(wire::CalendarOverrides {
        calendar: calendar.id().to_owned(),
        overrides: overrides?,
    }))
}
