//! One order.

use crate::routes::prelude::*;

use tradewind_types::ClientOrderId;

use super::show;

/// One order; its version is also the `ETag`.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/orders/{client_order_id}", tag = "orders",
    params(("account" = String, Path, description = "Account id."), ("client_order_id" = String, Path, description = "Client order id.")),
    responses((status = 200, body = wire::Order)))]
pub async fn get_order(
    State(state): State<AppState>,
    access: AccountAccess,
    params: Params,
) -> ApiResult<impl IntoResponse> {
    let unknown = || ApiError::of(Code::OrderUnknown);
    let id: ClientOrderId = params.id("client_order_id", Code::OrderUnknown)?;
    let wanted = id.clone();
    let current = of_account(&state, access.id.clone(), move |_, account| {
        account.orders.get(&wanted).cloned()
    })
    .await?;
    let order = match current {
        Some(order) => order,
        // Not in memory: it may be old.
        None => state
            .histories
            .order(&access.id, &id)
            .await?
            .ok_or_else(unknown)?,
    };
    let shown = show(&state, access.id, vec![order]).await?.into_iter().next();
    let shown = shown.ok_or_else(unknown)?;
    Ok((Tag::version(shown.version).header()?, Json(shown)))
}
