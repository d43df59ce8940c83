//! Taking an override away.

use crate::routes::prelude::*;

use super::{changed, dated, named, supposed, unchanged};
use crate::identity::audit;
use crate::map;
use crate::map::calendar::audited;

/// Takes the override of a date away: the rules hold again. The answer has the override that was there, and says whether a
/// restart is needed for all to go by it.
#[utoipa::path(delete, path = "/api/v1/calendars/{calendar}/overrides/{date}", tag = "calendars",
    params(("calendar" = String, Path, description = "Calendar id or alias: XNYS, NSE."),
        ("date" = String, Path, description = "Date of the exchange: 2026-11-08."),
        ("If-Match" = Option<String>, Header, description = "The `etag` of the override that the change is based on; any when absent.")),
    responses((status = 200, body = wire::CalendarChanged),
        (status = 404, description = "Problem: CALENDAR_UNKNOWN, OVERRIDE_UNKNOWN.", body = wire::Problem, content_type = "application/problem+json"),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn delete_override(
    State(state): State<AppState>,
    request: RequestInfo,
    based_on: IfMatch,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<Json<wire::CalendarChanged>> {
    let (calendar, date) = (named(&state, &params)?, dated(&params)?);
    to_its_end(async move {
        let removed = state
            .calendars
            .remove(&calendar, date, supposed(based_on, date))
            .await;
        let removed = removed.map_err(|e| unchanged(e, |_| "date".to_owned()))?;
        let removed = removed.ok_or_else(|| ApiError::of(Code::OverrideUnknown))?;
        // One that nobody can read goes, too, and the log tells it as it was stored.
        let raw =
            json!({"kind": removed.row.kind, "name": removed.row.name, "changed_by": removed.changed_by});
        let before = map::calendar::stored(removed).ok();
        let told = before.as_ref().map_or(raw, audited);
        let subject = format!("{} {date}", calendar.id());
        let note = Note::ok(&caller, "calendar.override.delete", &subject)
            .with(json!({"before": told, "after": null}));
        audit::write(&state, &request, note).await?;
        Ok(Json(changed(&state, &calendar, before.into_iter().collect())))
    })
    .await
}
