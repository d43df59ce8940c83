//! The variants of a sweep, the windows of a walk.

use crate::routes::prelude::*;

use super::blocking;

const VARIANTS_DEFAULT: u32 = 100;
const VARIANTS_MAX: u32 = 20_000;

/// How much of it.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TableQuery {
    /// At most so many variants; 100 when absent.
    #[param(minimum = 1, maximum = 20000)]
    pub limit: Option<u32>,
}

/// The best variants of a sweep, also while it runs, or the windows of a complete walk-forward.
#[utoipa::path(get, operation_id = "get_backtest_table", path = "/api/v1/backtests/{backtest}/table", tag = "backtests",
    params(("backtest" = String, Path, description = "Backtest id."), TableQuery),
    responses((status = 200, body = wire::BacktestTable)))]
pub async fn get_table(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
    QueryOf(query): QueryOf<TableQuery>,
) -> ApiResult<Json<wire::BacktestTable>> {
    let id = params.text("backtest").to_owned();
    let most = in_range("limit", query.limit, VARIANTS_DEFAULT, VARIANTS_MAX)? as usize;
    let table = blocking(&state, move |jobs| jobs.table(&caller.user, &id, most)).await?;
    Ok(Json(table))
}
