//! Listing templates.

use crate::routes::prelude::*;

use tradewind_store::chart::templates;

/// One's own chart templates by name.
#[utoipa::path(get, path = "/api/v1/chart/templates", tag = "charts",
    responses((status = 200, body = wire::ChartTemplates)))]
pub async fn list_templates(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::ChartTemplates>> {
    let rows = templates::of(&state.store, &caller.user).await?;
    let templates = rows.into_iter().map(super::template).collect::<ApiResult<_>>()?;
    Ok(Json(wire::ChartTemplates { templates }))
}
