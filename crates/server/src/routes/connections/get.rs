//! One connection.

use crate::routes::prelude::*;

use crate::venues::connection_detail;

/// One connection with its transitions and its ring of bad messages.
#[utoipa::path(get, path = "/api/v1/connections/{connection}", tag = "venues",
    params(("connection" = String, Path, description = "Connection id.")), responses((status = 200, body = wire::ConnectionDetail)))]
pub async fn get_connection(
    State(state): State<AppState>,
    params: Params,
) -> ApiResult<Json<wire::ConnectionDetail>> {
    let connection = state.venues.connection(params.text("connection"));
    connection
        .map(|c| Json(connection_detail(c)))
        .ok_or_else(|| ApiError::of(Code::ConnectionUnknown))
}
