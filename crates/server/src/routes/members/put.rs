//! Making or changing a member.

use crate::routes::prelude::*;

use tradewind_store::identity::memberships::{self, MembershipRow};
use tradewind_store::identity::users;
use tradewind_types::UserId;

use crate::identity::{audit, member_text};

/// Makes someone a member of the account, or changes what they may do.
#[utoipa::path(put, path = "/api/v1/accounts/{account}/members/{user}", tag = "accounts",
    params(("account" = String, Path, description = "Account id."), ("user" = String, Path, description = "User id.")),
    request_body = wire::MemberChange, responses((status = 200, body = wire::Member)))]
pub async fn put_member(
    State(state): State<AppState>,
    request: RequestInfo,
    access: AccountAccess,
    params: Params,
    Body(body): Body<wire::MemberChange>,
) -> ApiResult<Json<wire::Member>> {
    let id: UserId = params.id("user", Code::MemberUnknown)?;
    let user = users::by_id(&state.store, &id)
        .await?
        .ok_or_else(|| ApiError::of(Code::MemberUnknown))?;
    if body.role != wire::MemberRole::Owner {
        super::keep_an_owner(&state, &access.id, &id).await?;
    }
    let known = memberships::of_account(&state.store, &access.id).await?;
    let since = known
        .iter()
        .find(|m| m.owner == id)
        .map_or_else(|| state.clock.now(), |m| m.since);
    let row = MembershipRow {
        account: access.id.clone(),
        owner: id,
        role: member_text(body.role).to_owned(),
        since,
    };
    let config = &state.config;
    memberships::upsert(
        &state.store,
        &config.org,
        &config.engine_id,
        &row,
        access.caller.user.as_str(),
    )
    .await?;
    state.identity_changed();
    let detail = json!({"member": row.owner.as_str(), "role": row.role});
    audit::write(
        &state,
        &request,
        Note::ok(&access.caller, "member.put", access.id.as_str()).with(detail),
    )
    .await?;
    let since = wire::Time(since);
    Ok(Json(wire::Member {
        user: user.id.to_string(),
        display_name: user.display_name,
        role: body.role,
        since,
    }))
}
