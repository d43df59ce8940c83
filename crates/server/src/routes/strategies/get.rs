//! One strategy.

use crate::routes::prelude::*;

use tradewind_types::StrategyId;

use crate::map;

/// A strategy of an account; of a deployed script also its text.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/strategies/{strategy}", tag = "strategies",
    params(("account" = String, Path, description = "Account id."), ("strategy" = String, Path, description = "Strategy id.")),
    responses((status = 200, body = wire::Strategy)))]
pub async fn get_strategy(
    State(state): State<AppState>,
    access: AccountAccess,
    params: Params,
) -> ApiResult<impl IntoResponse> {
    let strategy: StrategyId = params.id("strategy", Code::StrategyUnknown)?;
    let show = move |kernel: &tradewind_engine::Kernel, account: &tradewind_engine::kernel::AccountState| {
        let known = account.strategies.contains_key(&strategy);
        known.then(|| map::strategy::detail(kernel, account, &strategy))
    };
    let found = of_account(&state, access.id, show).await?;
    let found = found.ok_or_else(|| ApiError::of(Code::StrategyUnknown))?;
    Ok((super::tag(&found)?.header()?, Json(found)))
}
