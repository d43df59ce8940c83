//! Laying the overrides of a file over a calendar.

use std::sync::Arc;

use crate::routes::prelude::*;

use tradewind_calendar::overrides::{self, Imported};
use tradewind_calendar::{Calendar, Override};
use wire::FieldError;

use super::{changeable, changed, unchanged};
use crate::identity::audit;
use crate::map;
use crate::map::calendar::audited;

/// Most overrides of a file: far more than an exchange changes in all the years that it is known.
const OVERRIDES_MAX: usize = 2_000;
/// Most refused lines that are told.
const REFUSED_MAX: usize = 100;
/// Changes that one entry of the audit log tells.
const AUDITED_MAX: usize = 100;

/// Lays the overrides of a CSV file over a calendar, all or none. The header names the columns `date`, `kind` and `name`,
/// and where they are needed `open`, `close`, `break_start` and `break_end`, in any order; times are `HH:MM` of the exchange's
/// clocks. A column `calendar` may be there and has to name this calendar. What is refused is told by line, the header being
/// line 1. At most 2,000 overrides.
#[utoipa::path(post, path = "/api/v1/calendars/{calendar}/overrides/import", tag = "calendars",
    params(("calendar" = String, Path, description = "Calendar id or alias: XNYS, NSE.")),
    request_body(content = String, content_type = "text/csv", description = "The file."),
    responses((status = 200, body = wire::CalendarChanged)))]
pub async fn import_overrides(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
    file: FileBody,
) -> ApiResult<Json<wire::CalendarChanged>> {
    let calendar = changeable(&state, &params)?;
    let text = text(&file)?;
    let Imported {
        overrides,
        lines,
        rejects,
    } = overrides::read_csv_of(text, &calendar)
        .map_err(|e| ApiError::field("file", "UNREADABLE", e.to_string()))?;
    if overrides.len() + rejects.len() > OVERRIDES_MAX {
        let text = format!("a file has at most {OVERRIDES_MAX} overrides; split it");
        return Err(ApiError::field("file", "TOO_MANY_ROWS", text));
    }
    let refusals = rejects.iter().map(|r| (r.line, r.reason.to_string()));
    refuse_lines(refusals)?;
    if overrides.is_empty() {
        let text = "the file has a header, but no override below it";
        return Err(ApiError::field("file", "EMPTY", text));
    }
    let made = to_its_end(lay(
        state.clone(),
        request,
        caller,
        calendar.clone(),
        overrides,
        lines,
    ))
    .await?;
    Ok(Json(changed(&state, &calendar, made)))
}

/// Lays the overrides of a file over a calendar; `lines` says where each of them stands.
async fn lay(
    state: AppState,
    request: RequestInfo,
    caller: Arc<Caller>,
    calendar: Calendar,
    overrides: Vec<Override>,
    lines: Vec<usize>,
) -> ApiResult<Vec<wire::CalendarOverride>> {
    let (now, by) = (state.clock.now(), caller.user.as_str());
    let before = state.calendars.put(overrides.clone(), by, now).await;
    let before = before.map_err(|e| {
        unchanged(e, |place| match lines.get(place) {
            Some(line) => line_field(*line),
            None => "file".to_owned(),
        })
    })?;
    let mut made = Vec::with_capacity(overrides.len());
    let mut notes = Vec::with_capacity(overrides.len());
    for (given, before) in overrides.iter().zip(before) {
        let after = map::calendar::change(given.date, &given.change, by, now);
        let before = before.map(|b| audited(&map::calendar::change(given.date, &b, by, now)));
        notes.push(json!({"before": before, "after": audited(&after)}));
        made.push(after);
    }
    for changes in notes.chunks(AUDITED_MAX) {
        let note = Note::ok(&caller, "calendar.override.import", calendar.id());
        audit::write(&state, &request, note.with(json!({"changes": changes}))).await?;
    }
    made.sort_by(|a, b| a.date.cmp(&b.date));
    Ok(made)
}

/// The file as text.
pub(in crate::routes) fn text(file: &FileBody) -> ApiResult<&str> {
    let unreadable = |_| ApiError::field("file", "UNREADABLE", "the file is not text in UTF-8");
    std::str::from_utf8(&file.0).map_err(unreadable)
}

/// How the field of an error names a line of the file, the header being line 1.
fn line_field(line: usize) -> String {
    format!("line {line}")
}

/// Refuses a file with these lines, if there are any.
pub(in crate::routes) fn refuse_lines(refused: impl Iterator<Item = (usize, String)>) -> ApiResult<()> {
    let mut errors: Vec<FieldError> = Vec::new();
    let mut more = 0usize;
    for (line, message) in refused {
        if errors.len() == REFUSED_MAX {
            more += 1;
            continue;
        }
        errors.push(FieldError {
            field: line_field(line),
            code: "REFUSED".to_owned(),
            message,
        });
    }
    if errors.is_empty() {
        return Ok(());
    }
    let count = errors.len() + more;
    let mut refusal = ApiError::fields(errors);
    refusal.detail = match count {
        1 => "a line was refused, and nothing was changed".to_owned(),
        _ => format!("{count} lines were refused, and nothing was changed"),
    };
    Err(refusal)
}
