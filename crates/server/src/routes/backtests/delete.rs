//! Deleting a backtest.

use crate::routes::prelude::*;

use super::blocking;

/// Deletes a backtest and its result. One that runs is canceled first.
#[utoipa::path(delete, path = "/api/v1/backtests/{backtest}", tag = "backtests",
    params(("backtest" = String, Path, description = "Backtest id.")), responses((status = 204)))]
pub async fn delete_backtest(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<StatusCode> {
    let id = params.text("backtest").to_owned();
    blocking(&state, move |jobs| jobs.delete(&caller.user, &id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
