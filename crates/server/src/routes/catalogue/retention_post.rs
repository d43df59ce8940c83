//! Taking away what is old.

use crate::routes::prelude::*;

use std::collections::BTreeMap;
use std::sync::Arc;

use tradewind_engine::runtime::ALWAYS;
use tradewind_types::InstrumentId;

use super::of;
use crate::identity::audit;
use crate::map::catalogue as shown;

/// Files that the audit log names; it has their count in any case.
const NOTED_MAX: usize = 500;

/// Takes the files away whose time is over, after making coarser bars of them where a policy says so; answers which
/// they were. Reading the same resource shows beforehand what would go.
#[utoipa::path(post, path = "/api/v1/catalogue/retention", tag = "catalogue",
    responses((status = 200, body = wire::Retention)))]
pub async fn post_retention(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::Retention>> {
    let catalogue = of(&state)?;
    let calendars = state.engine.query(|kernel| {
        let all = kernel.instruments().iter();
        all.map(|(_, i)| (i.id.clone(), i.calendar.to_string()))
            .collect::<BTreeMap<_, _>>()
    });
    let calendars = calendars.await?;
    // Of what the engine does not know the calendar has the market's name, as for the command line; else bars lie on UTC.
    let rules = Arc::clone(&state.calendars);
    let calendar_of = move |id: &InstrumentId| {
        let market = id.market.as_str();
        let named = || rules.find(market).is_ok().then(|| market.to_owned());
        let own = calendars.get(id).cloned().or_else(named);
        own.unwrap_or_else(|| ALWAYS.to_owned())
    };
    let now = state.clock.now();
    let due = catalogue.due(now).await?;
    let files = due
        .iter()
        .take(NOTED_MAX)
        .map(|file| file.place.path().to_string());
    let note = Note::ok(&caller, "catalogue.retention", catalogue.place());
    let note = note.with(json!({ "count": due.len(), "files": files.collect::<Vec<_>>() }));
    audit::write(&state, &request, note).await?;
    let gone = catalogue.retire((now, &caller.user), calendar_of).await?;
    Ok(Json(shown::retention(catalogue.policies(), &gone)))
}
