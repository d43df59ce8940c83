//! Submitting several orders.

use crate::routes::prelude::*;

use super::{orders_of, parse, show};
use crate::map::enums;

const BATCH_MAX: usize = 20;

/// Submits 1 to 20 orders: each for itself, or all or none with compensation.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/orders/batch", tag = "orders",
    params(("account" = String, Path, description = "Account id.")), request_body = wire::NewBatch,
    responses((status = 201, body = wire::OrderBatch)))]
pub async fn post_batch(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
    Body(body): Body<wire::NewBatch>,
) -> ApiResult<impl IntoResponse> {
    if !(1..=BATCH_MAX).contains(&body.orders.len()) {
        let text = format!("a batch has 1 to {BATCH_MAX} orders, got {}", body.orders.len());
        return Err(ApiError::field("orders", "OUT_OF_RANGE", text));
    }
    let mut errors = Vec::new();
    let mut orders = Vec::with_capacity(body.orders.len());
    for (n, order) in body.orders.iter().enumerate() {
        match parse::order(&access.caller, &access.id, order, &format!("orders[{n}]."), None) {
            Ok(order) => orders.push(order),
            Err(error) if error.errors.is_empty() => return Err(error),
            Err(error) => errors.extend(error.errors),
        }
    }
    if !errors.is_empty() {
        return Err(ApiError::fields(errors));
    }
    let command = Command::SubmitOrders {
        orders,
        mode: enums::batch_mode_back(body.mode),
    };
    let (orders, _, compensated) = orders_of(command_as(&state, &request, &access.caller, command).await?)?;
    let orders = show(&state, access.id, orders).await?;
    Ok((
        StatusCode::CREATED,
        Json(wire::OrderBatch {
            mode: body.mode,
            orders,
            compensated,
        }),
    ))
}
