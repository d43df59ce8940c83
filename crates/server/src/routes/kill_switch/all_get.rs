//! The kill switch of all accounts.

use crate::routes::prelude::*;

use super::status;

/// Whether the kill switch of all accounts is engaged.
#[utoipa::path(get, operation_id = "get_kill_switch", path = "/api/v1/kill-switch", tag = "risk", responses((status = 200, body = wire::KillSwitchStatus)))]
pub async fn get_all(State(state): State<AppState>) -> ApiResult<Json<wire::KillSwitchStatus>> {
    Ok(Json(status(&state, None).await?))
}
