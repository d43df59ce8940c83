//! Switching a strategy.

use crate::routes::prelude::*;

use tradewind_types::StrategyId;

use crate::map;

/// Switches a strategy on or off for the account. Switching on also lifts a halt.
#[utoipa::path(patch, path = "/api/v1/accounts/{account}/strategies/{strategy}", tag = "strategies",
    params(("account" = String, Path, description = "Account id."), ("strategy" = String, Path, description = "Strategy id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the strategy that the change is based on; any when absent.")),
    request_body = wire::StrategyChange, responses((status = 200, body = wire::Strategy),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn patch_strategy(
    State(state): State<AppState>,
    request: RequestInfo,
    based_on: IfMatch,
    access: AccountAccess,
    params: Params,
    Body(body): Body<wire::StrategyChange>,
) -> ApiResult<impl IntoResponse> {
    let strategy: StrategyId = params.id("strategy", Code::StrategyUnknown)?;
    let _turn = super::turn(&state, &access.id, &strategy, &based_on).await?;
    let command = Command::SetStrategy {
        account: access.id.clone(),
        strategy: strategy.clone(),
        enabled: body.enabled,
    };
    command_as(&state, &request, &access.caller, command).await?;
    let show = move |kernel: &tradewind_engine::Kernel, account: &_| {
        map::strategy::strategy(kernel, account, &strategy)
    };
    let changed = of_account(&state, access.id, show).await?;
    Ok((super::tag(&changed)?.header()?, Json(changed)))
}
