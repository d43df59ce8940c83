//! Closing positions.

use crate::routes::prelude::*;

use tradewind_types::InstrumentId;

use super::{orders_of, show};
use crate::routes::idempotency::{self, Once};

/// Closes all open positions of the account, or that in one instrument, with reduce-only market orders. With an
/// `Idempotency-Key`, the same key and body within 24 hours answer the first result again and send nothing.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/flatten", tag = "orders",
    params(("account" = String, Path, description = "Account id."),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 64 printable characters.")),
    request_body = wire::Flatten,
    responses((status = 201, body = wire::OrderBatch),
        (status = 409, description = "Problem: IDEMPOTENCY_IN_FLIGHT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn flatten(
    State(state): State<AppState>,
    request: RequestInfo,
    headers: HeaderMap,
    access: AccountAccess,
    EmptyOr(body): EmptyOr<wire::Flatten>,
) -> ApiResult<axum::response::Response> {
    let instrument = known_instrument(&state, body.instrument.as_deref()).await?;
    let Some(key) = idempotency::key(&headers)? else {
        let closed = close(&state, &request, &access, instrument).await?;
        return Ok((StatusCode::CREATED, Json(closed)).into_response());
    };
    let fingerprint = json!(["flatten", access.id.as_str(), body.instrument]);
    let once = match idempotency::begin(&state, &access.caller, &key, &fingerprint).await? {
        Once::Replay(response) => return Ok(response),
        Once::First(once) => once,
    };
    // Whoever asked may have gone: the key must not stay taken without an answer.
    to_its_end(async move {
        let closed = close(&state, &request, &access, instrument).await;
        once.finish(&state, StatusCode::CREATED, closed).await
    })
    .await
}

async fn close(
    state: &AppState,
    request: &RequestInfo,
    access: &AccountAccess,
    instrument: Option<InstrumentId>,
) -> ApiResult<wire::OrderBatch> {
    let command = Command::Flatten {
        account: access.id.clone(),
        instrument,
    };
    let (orders, _, compensated) = orders_of(command_as(state, request, &access.caller, command).await?)?;
    Ok(wire::OrderBatch {
        mode: wire::BatchMode::Independent,
        orders: show(state, access.id.clone(), orders).await?,
        compensated,
    })
}
