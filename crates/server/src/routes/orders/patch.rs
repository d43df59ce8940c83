//! Changing an order.

use crate::routes::prelude::*;

use tradewind_engine::CommandReply;
use tradewind_types::ClientOrderId;

use super::{parse, show};

/// Changes the quantity, limit price or trigger of an open order. What comes on top passes the risk gate; the answer
/// shows the order while the venue is being asked (`PENDING_MODIFY`), or as changed where nobody needs to be asked.
#[utoipa::path(patch, path = "/api/v1/accounts/{account}/orders/{client_order_id}", tag = "orders",
    params(("account" = String, Path, description = "Account id."), ("client_order_id" = String, Path, description = "Client order id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` that the change is based on; any when absent.")),
    request_body = wire::OrderChange,
    responses((status = 202, body = wire::Order),
        (status = 409, description = "Problem: ORDER_NOT_OPEN, ORDER_PENDING, ORDER_CHANGE_DENIED.", body = wire::Problem, content_type = "application/problem+json"),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn modify_order(
    State(state): State<AppState>,
    request: RequestInfo,
    based_on: IfMatch,
    access: AccountAccess,
    params: Params,
    Body(body): Body<wire::OrderChange>,
) -> ApiResult<impl IntoResponse> {
    let named = based_on.version()?;
    // Said twice, it has to be the same.
    if let (Some(version), Some(named)) = (body.version, named)
        && version != named
    {
        return Err(ApiError::of(Code::VersionConflict));
    }
    let client_order_id: ClientOrderId = params.id("client_order_id", Code::OrderUnknown)?;
    let price =
        |field: &str, text: &Option<String>| text.as_deref().map(|t| parse::price_of(field, t)).transpose();
    let command = Command::ModifyOrder {
        account: access.id.clone(),
        client_order_id,
        quantity: body
            .quantity
            .as_deref()
            .map(|text| parse::quantity_of("quantity", text))
            .transpose()?,
        price: price("price", &body.price)?,
        trigger: price("trigger", &body.trigger)?,
        display: body
            .display_quantity
            .as_deref()
            .map(|text| parse::quantity_of("display_quantity", text))
            .transpose()?,
        expected_version: named.or(body.version),
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
