//! Strategies of an account.

use crate::routes::prelude::*;

use crate::map;

/// The strategies of an account: status, weight, latest opinions, results.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/strategies", tag = "strategies",
    params(("account" = String, Path, description = "Account id.")), responses((status = 200, body = wire::Page<wire::Strategy>)))]
pub async fn list_strategies(
    State(state): State<AppState>,
    access: AccountAccess,
) -> ApiResult<Json<wire::Page<wire::Strategy>>> {
    Ok(Json(wire::Page::whole(
        of_account(&state, access.id, map::strategy::strategies).await?,
    )))
}
