//! System status.

use crate::routes::prelude::*;

use crate::routes::status::compute;

/// How the program is doing.
#[utoipa::path(get, path = "/api/v1/status", tag = "system", responses((status = 200, body = wire::Status)))]
pub async fn get_status(State(state): State<AppState>) -> ApiResult<Json<wire::Status>> {
    Ok(Json(compute(&state).await?))
}
