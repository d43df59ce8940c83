//! Connections.

use crate::routes::prelude::*;

use crate::venues::connection_row;

/// The connections with their counters.
#[utoipa::path(get, path = "/api/v1/connections", tag = "venues", responses((status = 200, body = wire::Page<wire::Connection>)))]
pub async fn list_connections(
    State(state): State<AppState>,
) -> ApiResult<Json<wire::Page<wire::Connection>>> {
    Ok(Json(wire::Page::whole(
        state.venues.connections().map(connection_row).collect(),
    )))
}
