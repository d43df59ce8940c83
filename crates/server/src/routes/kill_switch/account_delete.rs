//! Lifting the kill switch of the account.

use crate::routes::prelude::*;

use super::status;
use crate::identity::audit;

/// Lets new orders of the account through again.
#[utoipa::path(delete, operation_id = "lift_account_kill_switch", path = "/api/v1/accounts/{account}/kill-switch", tag = "risk",
    params(("account" = String, Path, description = "Account id.")), responses((status = 200, body = wire::KillSwitchStatus),
        (status = 409, description = "Problem: KILL_SWITCH_STATE.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn lift_account(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
) -> ApiResult<Json<wire::KillSwitchStatus>> {
    let account = Some(access.id.clone());
    let command = Command::LiftKillSwitch {
        account: account.clone(),
    };
    command_as(&state, &request, &access.caller, command).await?;
    let subject = account.as_ref().map_or("all", AccountId::as_str);
    audit::write_after(
        &state,
        &request,
        Note::ok(&access.caller, "kill_switch.lift", subject),
    )
    .await;
    Ok(Json(status(&state, account).await?))
}
