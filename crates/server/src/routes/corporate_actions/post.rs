//! Entering events.

use std::sync::Arc;

use crate::routes::prelude::*;

use axum::extract::{FromRequest as _, Request};
use axum::response::Response;
use tradewind_calendar::actions::{ActionText, Event, read_csv_by};
use tradewind_store::calendar::events::{self, Entered, NewEvent};

use super::{calendar_of, known_calendars};
use crate::identity::audit;
use crate::map;
use crate::routes::calendars::overrides_import::{refuse_lines, text};

/// Most events of a file.
const EVENTS_MAX: usize = 20_000;
/// Events that one entry of the audit log names.
const AUDITED_MAX: usize = 500;

/// How a file is read.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ImportQuery {
    /// Calendar that says when ex-dates begin, for a file; that of each instrument or of its market when absent.
    pub calendar: Option<String>,
}

/// Enters a corporate action or an earnings date, or with `text/csv` a file of them, all or none. What is there already, with
/// the same instrument, date, kind and terms, is there once, and stays as it was entered first. The file's header names the columns `instrument`, `ex_date` and `kind`, and in any order those that the kinds
/// need: `new`, `held`, `amount`, `currency`, `price`, `into`, `cost_fraction`, `period`, `time`, `confirmed`, `source`. What
/// is refused is told by line, the header being line 1. At most 20,000 events.
#[utoipa::path(post, path = "/api/v1/corporate-actions", tag = "calendars", params(ImportQuery),
    request_body(content((wire::NewCorporateEvent = "application/json"), (String = "text/csv"))),
    responses((status = 201, body = wire::CorporateEvent, description = "The event was entered."),
        (status = 200, body = wire::CorporateEventsEntered, description = "The event was there already, or the file was entered.")))]
pub async fn post_corporate_action(
    State(state): State<AppState>,
    info: RequestInfo,
    SignedIn(caller): SignedIn,
    QueryOf(query): QueryOf<ImportQuery>,
    request: Request,
) -> ApiResult<Response> {
    let kind = request.headers().get(header::CONTENT_TYPE);
    let kind = kind.and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.trim_start().to_ascii_lowercase().starts_with("text/csv") {
        let file = FileBody::from_request(request, &state).await?;
        let events = of_file(&state, query.calendar.as_deref(), &file).await?;
        let done = to_its_end(import(state, info, caller, events)).await?;
        return Ok(Json(wire::CorporateEventsEntered::File(done)).into_response());
    }
    let Body(body) = Body::<wire::NewCorporateEvent>::from_request(request, &state).await?;
    let event = of_body(&state, &body).await?;
    to_its_end(one(state, info, caller, event)).await
}

/// Enters an event.
async fn one(
    state: AppState,
    info: RequestInfo,
    caller: Arc<Caller>,
    event: NewEvent,
) -> ApiResult<Response> {
    let (org, by) = (&state.config.org, caller.user.as_str());
    let added = match events::add_one(&state.store, org, event, by, state.clock.now()).await? {
        Entered::New(added) => added,
        Entered::Known(known) => {
            let known = Box::new(map::corporate::event(&known)?);
            return Ok(Json(wire::CorporateEventsEntered::Known(known)).into_response());
        }
    };
    let told = map::corporate::event(&added)?;
    let note = Note::ok(&caller, "corporate_action.add", &added.id);
    let note = note.with(json!({"before": null, "after": told}));
    audit::write(&state, &info, note).await?;
    Ok((StatusCode::CREATED, Json(told)).into_response())
}

/// Enters the events of a file.
async fn import(
    state: AppState,
    info: RequestInfo,
    caller: Arc<Caller>,
    events: Vec<NewEvent>,
) -> ApiResult<wire::CorporateEventsImported> {
    let (org, by) = (&state.config.org, caller.user.as_str());
    let added = events::add(&state.store, org, &events, by, state.clock.now()).await?;
    for some in added.chunks(AUDITED_MAX) {
        let note = Note::ok(&caller, "corporate_action.import", "file");
        audit::write(&state, &info, note.with(json!({"events": some}))).await?;
    }
    Ok(wire::CorporateEventsImported {
        imported: added.len() as u64,
        known: (events.len() - added.len()) as u64,
    })
}

async fn of_body(state: &AppState, body: &wire::NewCorporateEvent) -> ApiResult<NewEvent> {
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    let [new, held, amount, currency, price] =
        [&body.new, &body.held, &body.amount, &body.currency, &body.price].map(text);
    let [into, cost_fraction, period, source] =
        [&body.into, &body.cost_fraction, &body.period, &body.source].map(text);
    let fields = ActionText {
        instrument: &body.instrument,
        ex_date: &body.ex_date,
        kind: map::corporate::kind_text(body.kind),
        new: &new,
        held: &held,
        amount: &amount,
        currency: &currency,
        price: &price,
        into: &into,
        cost_fraction: &cost_fraction,
        period: &period,
        time: body.time.map_or("", map::corporate::time_text),
        confirmed: match body.confirmed {
            Some(true) => "true",
            Some(false) => "false",
            None => "",
        },
        source: &source,
    };
    let known = known_calendars(state).await?;
    let event = fields
        .read_by(|instrument| calendar_of(state, &known, body.calendar.as_deref(), instrument))
        .map_err(|why| refused(&why))?;
    entered(&event)
}

async fn of_file(state: &AppState, calendar: Option<&str>, file: &FileBody) -> ApiResult<Vec<NewEvent>> {
    let known = known_calendars(state).await?;
    let read = read_csv_by(text(file)?, |instrument| {
        calendar_of(state, &known, calendar, instrument)
    });
    let read = read.map_err(|e| ApiError::field("file", "UNREADABLE", e.to_string()))?;
    if read.events.len() + read.rejects.len() > EVENTS_MAX {
        let text = format!("a file has at most {EVENTS_MAX} events; split it");
        return Err(ApiError::field("file", "TOO_MANY_ROWS", text));
    }
    refuse_lines(read.rejects.into_iter().map(|r| (r.line, r.reason)))?;
    if read.events.is_empty() {
        let text = "the file has a header, but no event below it";
        return Err(ApiError::field("file", "EMPTY", text));
    }
    read.events.iter().map(entered).collect()
}

fn entered(event: &Event) -> ApiResult<NewEvent> {
    map::corporate::entered(event).map_err(|_| ApiError::of(Code::Internal))
}

/// A refusal names its field first: `held ...`, `instrument: ...`.
fn refused(why: &str) -> ApiError {
    const FIELDS: [&str; 13] = [
        "instrument",
        "ex_date",
        "kind",
        "new",
        "held",
        "amount",
        "currency",
        "price",
        "into",
        "cost_fraction",
        "period",
        "time",
        "calendar",
    ];
    let first = why.split([' ', ':']).next().unwrap_or_default();
    let field = FIELDS
        .iter()
        .find(|field| **field == first)
        .copied()
        .unwrap_or("");
    ApiError::field(field, "MALFORMED", why)
}
