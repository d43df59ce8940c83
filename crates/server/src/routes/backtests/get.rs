//! One backtest.

use crate::routes::prelude::*;

/// A backtest, with what was asked.
#[utoipa::path(get, path = "/api/v1/backtests/{backtest}", tag = "backtests",
    params(("backtest" = String, Path, description = "Backtest id.")),
    responses((status = 200, body = wire::BacktestDetail)))]
pub async fn get_backtest(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<Json<wire::BacktestDetail>> {
    Ok(Json(
        state.backtests()?.get(&caller.user, params.text("backtest"))?,
    ))
}
