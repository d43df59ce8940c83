//! Reading the configuration.

use crate::routes::prelude::*;

/// The configuration that the program runs with, by key: each value, where it comes from, and whether a change takes a
/// restart. Of secrets it tells whether they are set. The `ETag` is that of what was changed while the program ran.
#[utoipa::path(get, path = "/api/v1/config", tag = "system", responses((status = 200, body = wire::RunningConfig)))]
pub async fn get_config(State(state): State<AppState>) -> ApiResult<impl IntoResponse> {
    Ok((state.settings.tag()?.header()?, Json(state.settings.show())))
}
