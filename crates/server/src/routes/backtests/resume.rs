//! Going on with a backtest.

use crate::routes::prelude::*;

use super::blocking;

/// Queues a backtest again that was canceled or failed. A sweep goes on from its finished variants, anything else begins
/// anew.
#[utoipa::path(post, path = "/api/v1/backtests/{backtest}/resume", tag = "backtests",
    params(("backtest" = String, Path, description = "Backtest id.")),
    responses((status = 202, body = wire::Backtest)))]
pub async fn resume_backtest(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<impl IntoResponse> {
    let id = params.text("backtest").to_owned();
    let job = blocking(&state, move |jobs| jobs.resume(&caller.user, &id)).await?;
    Ok((StatusCode::ACCEPTED, Json(job)))
}
