//! Deploying a strategy.

use crate::routes::prelude::*;

use crate::map;

/// Deploys a built-in strategy or a script on a paper account. The same `strategy` again replaces it by a new version:
/// the old one's resting entries are canceled, what it holds is the new one's.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/strategies", tag = "strategies",
    params(("account" = String, Path, description = "Account id.")),
    request_body = wire::NewDeployment, responses((status = 200, body = wire::Strategy)))]
pub async fn post_strategy(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
    Body(body): Body<wire::NewDeployment>,
) -> ApiResult<Json<wire::Strategy>> {
    let (strategy, spec) = map::deployment::spec(&body)?;
    let command = Command::DeployStrategy {
        account: access.id.clone(),
        strategy: strategy.clone(),
        spec: Box::new(spec),
    };
    command_as(&state, &request, &access.caller, command).await?;
    let show = move |kernel: &tradewind_engine::Kernel, account: &_| {
        map::strategy::detail(kernel, account, &strategy)
    };
    Ok(Json(of_account(&state, access.id, show).await?))
}
