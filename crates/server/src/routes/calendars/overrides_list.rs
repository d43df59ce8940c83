//! What is laid over a calendar.

use crate::routes::prelude::*;

use tradewind_store::StoreError;

use super::named;
use crate::map;
use crate::map::risk::OPERATOR;

/// The overrides that the organisation's administrators have laid over a calendar, by date.
#[utoipa::path(get, path = "/api/v1/calendars/{calendar}/overrides", tag = "calendars",
    params(("calendar" = String, Path, description = "Calendar id or alias: XNYS, NSE.")),
    responses((status = 200, body = wire::CalendarOverrides)))]
pub async fn list_overrides(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<Json<wire::CalendarOverrides>> {
    let calendar = named(&state, &params)?;
    let rows = state.calendars.list(&calendar).await?;
    // One of a kind that nobody knows is not laid over the calendar, and hides none of the others.
    let refused =
        |error: &StoreError| tracing::warn!(%error, "a stored override cannot be read; it is left out");
    let overrides = rows
        .into_iter()
        .filter_map(|row| map::calendar::stored(row).inspect_err(refused).ok())
        .map(|mut shown| {
            if !caller.runs_the_installation {
                OPERATOR.clone_into(&mut shown.changed_by);
            }
            shown
        });
    Ok(Json(wire::CalendarOverrides {
        calendar: calendar.id().to_owned(),
        overrides: overrides.collect(),
    }))
}
