//! Reconciling now.

use crate::routes::prelude::*;

use tradewind_engine::CommandReply;

use crate::map;

/// Compares orders, positions and balances of the account with its venue now.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/reconciliations", tag = "accounts",
    params(("account" = String, Path, description = "Account id."),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 64 printable characters; the same key and body within 24 hours answer the first result again.")), responses((status = 201, body = wire::Reconciliation)))]
pub async fn post_reconciliation(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
) -> ApiResult<impl IntoResponse> {
    let command = Command::Reconcile {
        account: access.id.clone(),
    };
    match command_as(&state, &request, &access.caller, command).await? {
        CommandReply::Reconciliation(done) => {
            Ok((StatusCode::CREATED, Json(map::ledger::reconciliation(&done))))
        }
        _ => Err(ApiError::of(Code::Internal)),
    }
}
