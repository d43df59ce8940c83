//! The result of a backtest.

use crate::routes::prelude::*;

use super::blocking;

/// The whole result of a complete backtest, as `tradewind backtest … --json` prints it: a run's document, or all rows of
/// a sweep or walk.
#[utoipa::path(get, operation_id = "get_backtest_result", path = "/api/v1/backtests/{backtest}/result", tag = "backtests",
    params(("backtest" = String, Path, description = "Backtest id.")),
    responses((status = 200, body = serde_json::Value)))]
pub async fn get_result(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<axum::response::Response> {
    let id = params.text("backtest").to_owned();
    let (job, bytes) = blocking(&state, move |jobs| jobs.result(&caller.user, &id)).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}.json\"", job.id),
        ),
    ];
    Ok((headers, bytes).into_response())
}
