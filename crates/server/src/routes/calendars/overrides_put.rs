//! Laying an override over a date.

use crate::routes::prelude::*;

use tradewind_calendar::{OverrideError, OverrideText};
use wire::CalendarOverrideKind as Kind;

use super::{changeable, changed, dated, supposed, unchanged};
use crate::identity::audit;
use crate::map;
use crate::map::calendar::audited;

/// Lays an override over a date of a calendar, in place of the one that it has. It has to have an effect, and its session
/// must not overlap with another one. The answer says whether a restart is needed for all to go by it.
#[utoipa::path(put, path = "/api/v1/calendars/{calendar}/overrides/{date}", tag = "calendars",
    params(("calendar" = String, Path, description = "Calendar id or alias: XNYS, NSE."),
        ("date" = String, Path, description = "Date of the exchange: 2026-11-08."),
        ("If-Match" = Option<String>, Header, description = "The `etag` of the override that the change is based on; any when absent.")),
    request_body = wire::NewCalendarOverride, responses((status = 200, body = wire::CalendarChanged),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn put_override(
    State(state): State<AppState>,
    request: RequestInfo,
    based_on: IfMatch,
    SignedIn(caller): SignedIn,
    params: Params,
    Body(body): Body<wire::NewCalendarOverride>,
) -> ApiResult<Json<wire::CalendarChanged>> {
    let (calendar, date) = (changeable(&state, &params)?, dated(&params)?);
    let text = |field: &'_ Option<String>| field.clone().unwrap_or_default();
    let (open, close) = (text(&body.open), text(&body.close));
    let (break_start, break_end) = (text(&body.break_start), text(&body.break_end));
    let fields = OverrideText {
        calendar: calendar.id(),
        date: &date.to_string(),
        kind: match body.kind {
            Kind::Holiday => "holiday",
            Kind::Special => "special",
            Kind::EarlyClose => "early_close",
        },
        open: &open,
        close: &close,
        break_start: &break_start,
        break_end: &break_end,
        name: &body.name,
    };
    let given = fields.read().map_err(|e| refused(&e))?;
    to_its_end(async move {
        let now = state.clock.now();
        let by = caller.user.as_str();
        let before = state
            .calendars
            .put_if(vec![given.clone()], by, now, supposed(based_on, date))
            .await;
        let before = before.map_err(|e| unchanged(e, |_| "date".to_owned()))?;
        let after = map::calendar::change(date, &given.change, by, now);
        let before = before.into_iter().flatten().next();
        let before = before.map(|change| audited(&map::calendar::change(date, &change, by, now)));
        let subject = format!("{} {date}", calendar.id());
        let note = Note::ok(&caller, "calendar.override.put", &subject)
            .with(json!({"before": before, "after": audited(&after)}));
        audit::write(&state, &request, note).await?;
        Ok(Json(changed(&state, &calendar, vec![after])))
    })
    .await
}

fn refused(error: &OverrideError) -> ApiError {
    let (field, code) = match error {
        OverrideError::BadTime { field, .. } => (*field, "MALFORMED"),
        OverrideError::Missing { field } => (*field, "MISSING"),
        OverrideError::NotInOrder => ("open", "NOT_IN_ORDER"),
        OverrideError::NameTooLong { .. } => ("name", "OUT_OF_RANGE"),
        OverrideError::UnknownKind(_) => ("kind", "MALFORMED"),
        OverrideError::BadDate(_) => ("date", "MALFORMED"),
        OverrideError::UnknownCalendar(_)
        | OverrideError::OtherCalendar { .. }
        | OverrideError::Twice { .. } => ("calendar", "MALFORMED"),
    };
    ApiError::field(field, code, error.to_string())
}
