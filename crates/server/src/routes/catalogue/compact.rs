//! Moving the live tail into files by hand.

use crate::routes::prelude::*;

use super::of;
use crate::identity::audit;

/// Moves what is older than a minute from the live tail into files: what the running program does every hour. Readers
/// see the same before, meanwhile and after.
#[utoipa::path(post, path = "/api/v1/catalogue/compact", tag = "catalogue",
    responses((status = 200, body = wire::CatalogueCompacted)))]
pub async fn post_compact(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::CatalogueCompacted>> {
    let catalogue = of(&state)?;
    let note = Note::ok(&caller, "catalogue.compact", catalogue.place());
    audit::write(&state, &request, note).await?;
    let done = catalogue.compact(state.clock.now(), &caller.user).await?;
    Ok(Json(wire::CatalogueCompacted { rows: done.rows }))
}
