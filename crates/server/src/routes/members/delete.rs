//! Ending a membership.

use crate::routes::prelude::*;

use tradewind_store::identity::memberships;
use tradewind_types::UserId;

use crate::identity::audit;

/// Ends a membership; the person's open sockets lose the account within five seconds.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/members/{user}", tag = "accounts",
    params(("account" = String, Path, description = "Account id."), ("user" = String, Path, description = "User id.")),
    responses((status = 204)))]
pub async fn delete_member(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
    params: Params,
) -> ApiResult<StatusCode> {
    let id: UserId = params.id("user", Code::MemberUnknown)?;
    super::keep_an_owner(&state, &access.id, &id).await?;
    if !memberships::remove(&state.store, &access.id, &id).await? {
        return Err(ApiError::of(Code::MemberUnknown));
    }
    state.identity_changed();
    let detail = json!({"member": id.as_str()});
    audit::write(
        &state,
        &request,
        Note::ok(&access.caller, "member.delete", access.id.as_str()).with(detail),
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
