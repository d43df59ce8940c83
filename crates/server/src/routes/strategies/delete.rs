//! Removing a deployed strategy.

use crate::routes::prelude::*;

use tradewind_types::StrategyId;

/// Removes a deployed strategy. Its resting entries are canceled; what it holds stays, with what protects it.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/strategies/{strategy}", tag = "strategies",
    params(("account" = String, Path, description = "Account id."), ("strategy" = String, Path, description = "Strategy id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the strategy that the change is based on; any when absent.")),
    responses((status = 204),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn delete_strategy(
    State(state): State<AppState>,
    request: RequestInfo,
    based_on: IfMatch,
    access: AccountAccess,
    params: Params,
) -> ApiResult<StatusCode> {
    let strategy: StrategyId = params.id("strategy", Code::StrategyUnknown)?;
    let _turn = super::turn(&state, &access.id, &strategy, &based_on).await?;
    let command = Command::RemoveStrategy {
        account: access.id.clone(),
        strategy,
    };
    command_as(&state, &request, &access.caller, command).await?;
    Ok(StatusCode::NO_CONTENT)
}
