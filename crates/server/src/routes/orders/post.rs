//! Submitting an order.

use crate::routes::prelude::*;

use tradewind_engine::{CommandError, EngineError};
use tradewind_types::ClientOrderId;
use tradewind_types::record::BatchMode;

use super::{order_id, orders_of, parse, show};
use crate::middleware::key_of;

/// Submits an order. The same `client_order_id` (or, without one, the same `Idempotency-Key`) with the same content
/// answers the first order with 200. An order that the risk gate denies is stored and answered as DENIED with every
/// rule that denied it.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/orders", tag = "orders",
    params(("account" = String, Path, description = "Account id."),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 64 printable characters; used when the body has no client_order_id.")),
    request_body = wire::NewOrder,
    responses((status = 201, body = wire::Order), (status = 200, description = "It was there already.", body = wire::Order)))]
pub async fn post_order(
    State(state): State<AppState>,
    request: RequestInfo,
    headers: HeaderMap,
    access: AccountAccess,
    Body(body): Body<wire::NewOrder>,
) -> ApiResult<impl IntoResponse> {
    let key = key_of(&headers)?;
    let fallback: Option<ClientOrderId> = key.map(|key| order_id(&access, &key)).transpose()?;
    let order = parse::order(&access.caller, &access.id, &body, "", fallback.as_ref())?;
    let id = order.client_order_id.clone();
    let command = Command::SubmitOrders {
        orders: vec![order],
        mode: BatchMode::Independent,
    };
    let reply = match try_command(&state, &request, &access.caller, command).await {
        Err(EngineError::Rejected(CommandError::OrderArchived(_))) => {
            let archived = state.histories.order(&access.id, &id).await?;
            let archived = archived.ok_or_else(|| ApiError::of(Code::OrderUnknown))?;
            let shown = show(&state, access.id, vec![archived]).await?;
            return Ok((StatusCode::OK, Json(first(shown)?)));
        }
        other => other?,
    };
    let (orders, created, _) = orders_of(reply)?;
    let status = if created.first() == Some(&false) {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let shown = show(&state, access.id, orders).await?;
    Ok((status, Json(first(shown)?)))
}

fn first(orders: Vec<wire::Order>) -> ApiResult<wire::Order> {
    orders
        .into_iter()
        .next()
        .ok_or_else(|| ApiError::of(Code::Internal))
}
