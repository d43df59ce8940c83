//! Metrics for Prometheus.

use crate::routes::prelude::*;

/// Metrics in Prometheus' text format; for this machine and for administrators.
#[utoipa::path(get, path = "/metrics", tag = "system",
    responses((status = 200, description = "Prometheus text.", body = String, content_type = "text/plain")))]
pub async fn get_metrics(State(state): State<AppState>) -> ApiResult<impl IntoResponse> {
    let (all, idle) = state.store.connections();
    for (kind, count) in [("idle", idle), ("used", all.saturating_sub(idle))] {
        metrics::gauge!("tradewind_store_connections", "state" => kind).set(f64::from(count));
    }
    if let Some(backups) = &state.backups {
        backups.measure();
    }
    let text = state
        .metrics
        .render()
        .ok_or_else(|| ApiError::of(Code::Unavailable))?;
    Ok((
        [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    ))
}
