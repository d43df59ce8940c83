//! Submitting several orders.

use crate::routes::prelude::*;

use super::{order_id, orders_of, parse, show};
use crate::limits::{Spent, Verdict};
use crate::map::enums;
use crate::middleware::key_of;

const BATCH_MAX: usize = 20;

/// Submits 1 to 20 orders: each for itself, or all or none with compensation. The same ids (or, of orders without one,
/// the same `Idempotency-Key` and place in the batch) with the same content answer the orders that are there.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/orders/batch", tag = "orders",
    params(("account" = String, Path, description = "Account id."),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 64 printable characters; used for orders that have no client_order_id.")),
    request_body = wire::NewBatch,
    responses((status = 201, body = wire::OrderBatch), (status = 200, description = "All were there already.", body = wire::OrderBatch)))]
pub async fn post_batch(
    State(state): State<AppState>,
    request: RequestInfo,
    headers: HeaderMap,
    access: AccountAccess,
    spent: Spent,
    Body(body): Body<wire::NewBatch>,
) -> ApiResult<impl IntoResponse> {
    if !(1..=BATCH_MAX).contains(&body.orders.len()) {
        let text = format!("a batch has 1 to {BATCH_MAX} orders, got {}", body.orders.len());
        return Err(ApiError::field("orders", "OUT_OF_RANGE", text));
    }
    let key = key_of(&headers)?;
    let mut errors = Vec::new();
    let mut orders = Vec::with_capacity(body.orders.len());
    for (n, order) in body.orders.iter().enumerate() {
        let of_key = |key: &String| order_id(&access, &format!("{key}\0{n}"));
        let fallback = key.as_ref().map(of_key).transpose()?;
        let field = format!("orders[{n}].");
        match parse::order(&access.caller, &access.id, order, &field, fallback.as_ref()) {
            Ok(order) => orders.push(order),
            Err(error) if error.errors.is_empty() => return Err(error),
            Err(error) => errors.extend(error.errors),
        }
    }
    if !errors.is_empty() {
        return Err(ApiError::fields(errors));
    }
    // In one step, all or none: the guard leaves it to us.
    let verdicts = state
        .limiter
        .spend_orders(&access.caller, access.id.as_str(), orders.len() as u64);
    let over = verdicts.iter().find(|verdict| !verdict.allowed);
    let refusal = over.map(Verdict::refusal);
    spent.note(verdicts);
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    let command = Command::SubmitOrders {
        orders,
        mode: enums::batch_mode_back(body.mode),
    };
    let reply = command_as(&state, &request, &access.caller, command).await?;
    let (orders, created, compensated) = orders_of(reply)?;
    let orders = show(&state, access.id, orders).await?;
    let status = if created.contains(&true) {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((
        status,
        Json(wire::OrderBatch {
            mode: body.mode,
            orders,
            compensated,
        }),
    ))
}
