//! Prices over markets.

use crate::routes::prelude::*;

use tradewind_analytics::aggregate_all;

use crate::map;

/// One price per product over all markets: what counts, what does not and why.
#[utoipa::path(get, path = "/api/v1/aggregates", tag = "market", responses((status = 200, body = wire::Page<wire::Aggregate>)))]
pub async fn list_aggregates(State(state): State<AppState>) -> ApiResult<Json<wire::Page<wire::Aggregate>>> {
    let listings = state.engine.query(map::aggregate::listings).await?;
    let all = aggregate_all(&listings).map_err(|error| {
        tracing::error!(%error, "aggregation failed");
        ApiError::of(Code::Internal)
    })?;
    Ok(Json(wire::Page::whole(
        all.iter().map(map::aggregate::aggregate).collect(),
    )))
}
