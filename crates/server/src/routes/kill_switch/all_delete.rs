//! Lifting the kill switch of all accounts.

use crate::routes::prelude::*;

use super::status;
use crate::identity::audit;

/// Lets new orders of all accounts through again.
#[utoipa::path(delete, operation_id = "lift_kill_switch", path = "/api/v1/kill-switch", tag = "risk",
    responses((status = 200, body = wire::KillSwitchStatus),
        (status = 409, description = "Problem: KILL_SWITCH_STATE.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn lift_all(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::KillSwitchStatus>> {
    let account = None;
    let command = Command::LiftKillSwitch {
        account: account.clone(),
    };
    command_as(&state, &request, &caller, command).await?;
    let subject = account.as_ref().map_or("all", AccountId::as_str);
    audit::write_after(&state, &request, Note::ok(&caller, "kill_switch.lift", subject)).await;
    Ok(Json(status(&state, account).await?))
}
