//! How long what is kept.

use crate::routes::prelude::*;

use crate::privacy::retention;

/// How long what is kept, why, and how much is over its time.
#[utoipa::path(get, path = "/api/v1/retention", tag = "privacy",
    responses((status = 200, body = wire::RetentionReport)))]
pub async fn get_retention_report(State(state): State<AppState>) -> ApiResult<Json<wire::RetentionReport>> {
    Ok(Json(retention::report(&state).await?))
}
