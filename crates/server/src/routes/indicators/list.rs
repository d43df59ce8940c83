//! The registry of indicators.

use crate::routes::prelude::*;

use crate::map;

/// Every indicator with its parameters, outputs and where it is drawn.
#[utoipa::path(get, path = "/api/v1/indicators", tag = "market", responses((status = 200, body = wire::Indicators)))]
pub async fn list_indicators() -> Json<wire::Indicators> {
    Json(map::indicator::registry())
}
