//! Removing a deployed strategy.

use crate::routes::prelude::*;

/// Removes a deployed strategy. Its resting entries are canceled; what it holds stays, with what protects it.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/strategies/{strategy}", tag = "strategies",
    params(("account" = String, Path, description = "Account id."), ("strategy" = String, Path, description = "Strategy id.")),
    responses((status = 204)))]
pub async fn delete_strategy(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
    params: Params,
) -> ApiResult<StatusCode> {
    let command = Command::RemoveStrategy {
        account: access.id.clone(),
        strategy: params.id("strategy", Code::StrategyUnknown)?,
    };
    command_as(&state, &request, &access.caller, command).await?;
    Ok(StatusCode::NO_CONTENT)
}
