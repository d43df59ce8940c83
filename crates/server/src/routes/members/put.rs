//! Making or changing a member.

use crate::routes::prelude::*;

use tradewind_store::identity::memberships::{self, Changed, MembershipRow};
use tradewind_store::identity::users;
use tradewind_types::UserId;

use crate::identity::{audit, member_text};

/// Makes someone a member of the account, or changes what they may do. A super administrator who does not own the account
/// appoints an owner where there is none who could: all are disabled or asked to be erased.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/members/{user}", tag = "accounts",
    params(("account" = String, Path, description = "Account id."), ("user" = String, Path, description = "User id."),
        ("If-Match" = Option<String>, Header, description = "The version of the membership that the change is based on, in quotes; any, or none at all, when absent.")),
    request_body = wire::MemberChange, responses((status = 200, body = wire::Member),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn put_member(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
    based_on: IfMatch,
    params: Params,
    Body(body): Body<wire::MemberChange>,
) -> ApiResult<impl IntoResponse> {
    let id: UserId = params.id("user", Code::MemberUnknown)?;
    // Nobody of another organisation: they do not exist for this one.
    let user = users::by_id_in(&state.store, &access.caller.org, &id).await?;
    let user = user.ok_or_else(|| ApiError::of(Code::MemberUnknown))?;
    let row = MembershipRow {
        account: access.id.clone(),
        owner: id,
        role: member_text(body.role).to_owned(),
        since: state.clock.now(),
        version: 1,
    };
    let place = (&access.caller.org, &state.config.engine_id);
    let by = access.caller.user.as_str();
    let supposed = super::supposed(based_on);
    let changed = if access.caller.membership(&access.id) == Some(wire::MemberRole::Owner) {
        memberships::set(&state.store, place, &row, by, supposed).await?
    } else if body.role == wire::MemberRole::Owner {
        memberships::appoint(&state.store, place, &row, by, supposed).await?
    } else {
        Changed::Owned
    };
    let row = match changed {
        Changed::Done(row) => row,
        Changed::Owned => {
            let text =
                "only an owner changes members; a super administrator appoints an owner where there is none";
            return Err(ApiError::new(Code::Forbidden, text));
        }
        Changed::Missing => return Err(ApiError::of(Code::MemberUnknown)),
        Changed::Stale => return Err(ApiError::of(Code::VersionConflict)),
        Changed::LastOwner => return Err(ApiError::of(Code::LastOwner)),
    };
    state.identity_changed();
    let detail = json!({"member": row.owner.as_str(), "role": row.role});
    audit::write(
        &state,
        &request,
        Note::ok(&access.caller, "member.put", access.id.as_str()).with(detail),
    )
    .await?;
    let member = wire::Member {
        user: user.id.to_string(),
        display_name: user.display_name,
        role: body.role,
        since: wire::Time(row.since),
        version: row.version,
    };
    Ok((Tag::version(row.version).header()?, Json(member)))
}
