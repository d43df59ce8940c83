//! One's own files for backtests.

use crate::routes::prelude::*;

use crate::routes::backtests::blocking;

/// One's own files of market data and scripts, by name.
#[utoipa::path(get, path = "/api/v1/backtest-files", tag = "backtests",
    responses((status = 200, body = wire::Page<wire::BacktestFile>)))]
pub async fn list_backtest_files(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::Page<wire::BacktestFile>>> {
    let files = blocking(&state, move |jobs| jobs.files(&caller.user)).await?;
    Ok(Json(wire::Page::whole(files)))
}
