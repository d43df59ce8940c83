//! One account.

use crate::routes::prelude::*;

use crate::map;

/// One account with its current figures.
#[utoipa::path(get, path = "/api/v1/accounts/{account}", tag = "accounts",
    params(("account" = String, Path, description = "Account id.")), responses((status = 200, body = wire::AccountDetail)))]
pub async fn get_account(
    State(state): State<AppState>,
    access: AccountAccess,
) -> ApiResult<Json<wire::AccountDetail>> {
    let role = access.caller.membership(&access.id);
    of_account(&state, access.id, move |kernel, account| {
        map::account::detail(kernel, account, role)
    })
    .await?
    .map(Json)
    .ok_or_else(|| ApiError::of(Code::AccountUnknown))
}
