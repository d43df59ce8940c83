//! Closing positions.

use crate::routes::prelude::*;

use super::{orders_of, show};

/// Closes all open positions of the account, or that in one instrument, with reduce-only market orders.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/flatten", tag = "orders",
    params(("account" = String, Path, description = "Account id."),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 64 printable characters; the same key and body within 24 hours answer the first result again.")),
    request_body = wire::Flatten,
    responses((status = 201, body = wire::OrderBatch)))]
pub async fn flatten(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
    EmptyOr(body): EmptyOr<wire::Flatten>,
) -> ApiResult<impl IntoResponse> {
    let instrument = known_instrument(&state, body.instrument.as_deref()).await?;
    let command = Command::Flatten {
        account: access.id.clone(),
        instrument,
    };
    let (orders, _, compensated) = orders_of(command_as(&state, &request, &access.caller, command).await?)?;
    let closed = wire::OrderBatch {
        mode: wire::BatchMode::Independent,
        orders: show(&state, access.id, orders).await?,
        compensated,
    };
    Ok((StatusCode::CREATED, Json(closed)))
}
