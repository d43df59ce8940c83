//! What is kept how long.

use crate::routes::prelude::*;

use super::of;
use crate::map::catalogue as shown;

/// What is kept how long, and which files would go now. Nothing is changed.
#[utoipa::path(get, path = "/api/v1/catalogue/retention", tag = "catalogue",
    responses((status = 200, body = wire::Retention)))]
pub async fn get_retention(State(state): State<AppState>) -> ApiResult<Json<wire::Retention>> {
    let catalogue = of(&state)?;
    let due = catalogue.due(state.clock.now()).await?;
    Ok(Json(shown::retention(catalogue.policies(), &due)))
}
