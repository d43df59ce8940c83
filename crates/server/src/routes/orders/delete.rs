//! Cancelling an order.

use crate::routes::prelude::*;

use tradewind_engine::CommandReply;
use tradewind_types::ClientOrderId;

use super::show;

/// Asks for an order to be canceled.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/orders/{client_order_id}", tag = "orders",
    params(("account" = String, Path, description = "Account id."), ("client_order_id" = String, Path, description = "Client order id.")),
    responses((status = 202, body = wire::Order), (status = 409, description = "Problem: ORDER_NOT_OPEN.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn cancel_order(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
    params: Params,
) -> ApiResult<impl IntoResponse> {
    let client_order_id: ClientOrderId = params.id("client_order_id", Code::OrderUnknown)?;
    let command = Command::CancelOrder {
        account: access.id.clone(),
        client_order_id,
    };
    let CommandReply::Order(order) = command_as(&state, &request, &access.caller, command).await? else {
        return Err(ApiError::of(Code::Internal));
    };
    let shown = show(&state, access.id, vec![*order]).await?.into_iter().next();
    Ok((
        StatusCode::ACCEPTED,
        Json(shown.ok_or_else(|| ApiError::of(Code::Internal))?),
    ))
}
