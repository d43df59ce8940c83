//! Stopping a backtest.

use crate::routes::prelude::*;

use super::blocking;

/// Stops a backtest that waits or runs. What a sweep finished stays; it can be resumed.
#[utoipa::path(post, path = "/api/v1/backtests/{backtest}/cancel", tag = "backtests",
    params(("backtest" = String, Path, description = "Backtest id.")),
    responses((status = 202, body = wire::Backtest)))]
pub async fn cancel_backtest(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<impl IntoResponse> {
    let id = params.text("backtest").to_owned();
    let job = blocking(&state, move |jobs| jobs.cancel(&caller.user, &id)).await?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}
