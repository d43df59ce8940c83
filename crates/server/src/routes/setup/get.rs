//! Whether set-up is needed.

use crate::routes::prelude::*;

use tradewind_store::identity::users;

/// Whether the first administrator still has to be made.
#[utoipa::path(get, path = "/api/v1/setup", tag = "identity", responses((status = 200, body = wire::SetupState)))]
pub async fn get_setup(State(state): State<AppState>) -> ApiResult<Json<wire::SetupState>> {
    let required = !users::any(&state.store).await?;
    Ok(Json(wire::SetupState {
        required,
        demo: state.config.demo,
    }))
}
