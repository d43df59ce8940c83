//! Positions of an account.

use crate::routes::prelude::*;

use crate::map;

/// Open positions of an account with their marks, owners and tax lots.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/positions", tag = "orders",
    params(("account" = String, Path, description = "Account id.")), responses((status = 200, body = wire::Page<wire::Position>)))]
pub async fn list_positions(
    State(state): State<AppState>,
    access: AccountAccess,
) -> ApiResult<Json<wire::Page<wire::Position>>> {
    let items = of_account(&state, access.id, map::position::positions).await?;
    Ok(Json(wire::Page::whole(items)))
}
