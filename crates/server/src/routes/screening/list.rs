//! Screening for scalping.

use crate::routes::prelude::*;

use crate::map;

/// Instruments ranked for scalping, the best first; those that lack data come last and say why.
#[utoipa::path(get, path = "/api/v1/screening", tag = "market", responses((status = 200, body = wire::Page<wire::Screening>)))]
pub async fn list_screening(State(state): State<AppState>) -> ApiResult<Json<wire::Page<wire::Screening>>> {
    Ok(Json(wire::Page::whole(
        state.engine.query(map::aggregate::screening).await?,
    )))
}
