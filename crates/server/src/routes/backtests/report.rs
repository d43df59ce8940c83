//! The report of a run.

use crate::routes::prelude::*;

use tradewind_engine::backtest::BacktestDocument;

use super::blocking;
use crate::middleware::Sandboxed;
use crate::web::report;

/// The report of a complete run: one self-contained page.
#[utoipa::path(get, operation_id = "get_backtest_report", path = "/api/v1/backtests/{backtest}/report", tag = "backtests",
    params(("backtest" = String, Path, description = "Backtest id.")),
    responses((status = 200, body = String, content_type = "text/html", description = "The page.")))]
pub async fn get_report(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<axum::response::Response> {
    let id = params.text("backtest").to_owned();
    let page = blocking(&state, move |jobs| {
        let (job, bytes) = jobs.result(&caller.user, &id)?;
        if job.kind != wire::BacktestKind::Run {
            return Err(ApiError::new(Code::BacktestState, "only a run has a report"));
        }
        let page = serde_json::from_slice::<BacktestDocument>(&bytes).map_err(report::ReportError::from);
        page.and_then(|document| report::page(&document))
            .map_err(|error| {
                tracing::error!(%error, backtest = id, "a report cannot be made");
                ApiError::of(Code::Internal)
            })
    });
    let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    let mut response = (html, page.await?).into_response();
    response.extensions_mut().insert(Sandboxed);
    Ok(response)
}
