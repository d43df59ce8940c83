//! Taking away what is old.

use crate::routes::prelude::*;

use std::collections::BTreeMap;

use super::of;
use crate::identity::audit;
use crate::map::catalogue as shown;

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
    let note = Note::ok(&caller, "catalogue.retention", catalogue.place());
    audit::write(&state, &request, note).await?;
    let gone = catalogue.retire(state.clock.now(), &calendars).await?;
    Ok(Json(shown::retention(catalogue.policies(), &gone)))
}
