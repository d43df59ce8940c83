//! Engaging the kill switch of all accounts.

use crate::routes::prelude::*;

use super::status;
use crate::identity::audit;
use crate::identity::manage::check_label;

/// Blocks new orders of all accounts and cancels the open ones; with `flatten` also closes positions. Engaging it again replaces the reason.
#[utoipa::path(post, operation_id = "engage_kill_switch", path = "/api/v1/kill-switch", tag = "risk",
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 64 printable characters; the same key and body within 24 hours answer the first result again.")),
    request_body = wire::KillSwitchRequest, responses((status = 200, body = wire::KillSwitchStatus)))]
pub async fn engage_all(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::KillSwitchRequest>,
) -> ApiResult<Json<wire::KillSwitchStatus>> {
    check_label("reason", &body.reason, 200)?;
    let account = None;
    let reason = body.reason.trim().to_owned();
    let command = Command::EngageKillSwitch {
        account: account.clone(),
        flatten: body.flatten,
        reason,
    };
    command_as(&state, &request, &caller, command).await?;
    let subject = account.as_ref().map_or("all", AccountId::as_str);
    audit::write_after(&state, &request, Note::ok(&caller, "kill_switch.engage", subject)).await;
    Ok(Json(status(&state, account).await?))
}
