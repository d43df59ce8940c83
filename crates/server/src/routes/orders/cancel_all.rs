//! Cancelling all orders.

use crate::routes::prelude::*;

use tradewind_engine::CommandReply;

/// Asks for all open orders of the account, or of one instrument in it, to be canceled.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/orders/cancel-all", tag = "orders",
    params(("account" = String, Path, description = "Account id."),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 64 printable characters; the same key and body within 24 hours answer the first result again.")), request_body = wire::CancelAll,
    responses((status = 202, body = wire::Canceled)))]
pub async fn cancel_all(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
    EmptyOr(body): EmptyOr<wire::CancelAll>,
) -> ApiResult<impl IntoResponse> {
    let instrument = known_instrument(&state, body.instrument.as_deref()).await?;
    let command = Command::CancelAll {
        account: access.id.clone(),
        instrument,
    };
    let CommandReply::Canceled(ids) = command_as(&state, &request, &access.caller, command).await? else {
        return Err(ApiError::of(Code::Internal));
    };
    let canceled = ids.iter().map(ToString::to_string).collect();
    Ok((StatusCode::ACCEPTED, Json(wire::Canceled { canceled })))
}
