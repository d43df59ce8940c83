//! Ending a membership.

use crate::routes::prelude::*;

use tradewind_store::identity::memberships::{self, Changed};
use tradewind_types::UserId;

use crate::identity::audit;

/// Ends a membership; the person's open sockets lose the account within five seconds.
#[utoipa::path(delete, path = "/api/v1/accounts/{account}/members/{user}", tag = "accounts",
    params(("account" = String, Path, description = "Account id."), ("user" = String, Path, description = "User id."),
        ("If-Match" = Option<String>, Header, description = "The version of the membership that the change is based on, in quotes; any, or none at all, when absent.")),
    responses((status = 204),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn delete_member(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
    based_on: IfMatch,
    params: Params,
) -> ApiResult<StatusCode> {
    let id: UserId = params.id("user", Code::MemberUnknown)?;
    match memberships::end(&state.store, &access.id, &id, super::supposed(based_on)).await? {
        Changed::Done(_) => {}
        Changed::Missing => return Err(ApiError::of(Code::MemberUnknown)),
        Changed::Stale => return Err(ApiError::of(Code::VersionConflict)),
        Changed::LastOwner | Changed::Owned => return Err(ApiError::of(Code::LastOwner)),
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
