//! Asking for a backtest.

use crate::routes::prelude::*;

use super::blocking;

/// Asks for a backtest: a run, a sweep over a grid, or a walk-forward. What is wrong with it is said at once; otherwise it
/// waits for a free place and runs. Its configuration is that of `tradewind backtest`, and names one's own files
/// (`GET /api/v1/backtest-files`).
#[utoipa::path(post, path = "/api/v1/backtests", tag = "backtests", request_body = wire::NewBacktest,
    responses((status = 202, body = wire::Backtest)))]
pub async fn post_backtest(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::NewBacktest>,
) -> ApiResult<impl IntoResponse> {
    let job = blocking(&state, move |jobs| jobs.submit(&caller.user, body)).await?;
    let place = format!("/api/v1/backtests/{}", job.id);
    Ok((StatusCode::ACCEPTED, [(header::LOCATION, place)], Json(job)))
}
