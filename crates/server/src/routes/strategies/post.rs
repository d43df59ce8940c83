//! Deploying a strategy.

use crate::routes::prelude::*;

use crate::map;

/// Deploys a built-in strategy or a script on a paper account. The same `strategy` again replaces it by a new version:
/// the old one's resting entries are canceled, what it holds is the new one's.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/strategies", tag = "strategies",
    params(("account" = String, Path, description = "Account id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the strategy that the change is based on; any, or none at all, when absent."),
        ("Idempotency-Key" = Option<String>, Header, description = "1 to 64 printable characters; the same key and body within 24 hours answer the first result again.")),
    request_body = wire::NewDeployment, responses((status = 200, body = wire::Strategy),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn post_strategy(
    State(state): State<AppState>,
    request: RequestInfo,
    based_on: IfMatch,
    access: AccountAccess,
    Body(body): Body<wire::NewDeployment>,
) -> ApiResult<impl IntoResponse> {
    let (strategy, spec) = map::deployment::spec(&body)?;
    let _turn = super::turn(&state, &access.id, &strategy, &based_on).await?;
    let command = Command::DeployStrategy {
        account: access.id.clone(),
        strategy: strategy.clone(),
        spec: Box::new(spec),
    };
    command_as(&state, &request, &access.caller, command).await?;
    let show = move |kernel: &tradewind_engine::Kernel, account: &_| {
        map::strategy::detail(kernel, account, &strategy)
    };
    let deployed = of_account(&state, access.id, show).await?;
    Ok((super::tag(&deployed)?.header()?, Json(deployed)))
}
