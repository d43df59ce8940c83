//! Switching a strategy.

use crate::routes::prelude::*;

use tradewind_types::StrategyId;

use crate::map;

/// Switches a strategy on or off for the account. Switching on also lifts a halt.
#[utoipa::path(patch, path = "/api/v1/accounts/{account}/strategies/{strategy}", tag = "strategies",
    params(("account" = String, Path, description = "Account id."), ("strategy" = String, Path, description = "Strategy id.")),
    request_body = wire::StrategyChange, responses((status = 200, body = wire::Strategy)))]
pub async fn patch_strategy(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
    params: Params,
    Body(body): Body<wire::StrategyChange>,
) -> ApiResult<Json<wire::Strategy>> {
    let strategy: StrategyId = params.id("strategy", Code::StrategyUnknown)?;
    let command = Command::SetStrategy {
        account: access.id.clone(),
        strategy: strategy.clone(),
        enabled: body.enabled,
    };
    command_as(&state, &request, &access.caller, command).await?;
    let show = move |kernel: &tradewind_engine::Kernel, account: &_| {
        map::strategy::strategy(kernel, account, &strategy)
    };
    Ok(Json(of_account(&state, access.id, show).await?))
}
