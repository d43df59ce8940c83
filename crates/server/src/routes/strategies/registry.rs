//! The registry of built-in strategies.

use crate::routes::prelude::*;

use tradewind_strategy::registry;

use crate::map;

/// The built-in strategies: names, rules, parameters with defaults and ranges.
#[utoipa::path(get, path = "/api/v1/strategies/registry", tag = "strategies",
    responses((status = 200, body = wire::Page<wire::StrategyKind>)))]
pub async fn list_registry() -> ApiResult<Json<wire::Page<wire::StrategyKind>>> {
    let kinds = registry::ALL
        .iter()
        .map(|definition| map::deployment::kind(definition));
    Ok(Json(wire::Page::whole(kinds.collect())))
}
