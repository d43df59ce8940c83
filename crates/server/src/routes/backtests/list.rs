//! One's own backtests.

use crate::routes::prelude::*;

/// One's own backtests, newest first. The hub's channel `jobs` tells of changes.
#[utoipa::path(get, path = "/api/v1/backtests", tag = "backtests",
    responses((status = 200, body = wire::Page<wire::Backtest>)))]
pub async fn list_backtests(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::Page<wire::Backtest>>> {
    Ok(Json(wire::Page::whole(state.backtests()?.list(&caller.user))))
}
