//! Balances of an account.

use crate::routes::prelude::*;

use crate::map;

/// Cash of an account per currency.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/balances", tag = "accounts",
    params(("account" = String, Path, description = "Account id.")), responses((status = 200, body = wire::Page<wire::Balance>)))]
pub async fn list_balances(
    State(state): State<AppState>,
    access: AccountAccess,
) -> ApiResult<Json<wire::Page<wire::Balance>>> {
    let items = of_account(&state, access.id, |_, account| map::account::balances(account)).await?;
    Ok(Json(wire::Page::whole(items)))
}
