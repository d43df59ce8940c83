//! Changing a person.

use crate::routes::prelude::*;

use tradewind_store::identity::{factors, keys, users};
use tradewind_types::UserId;

use crate::access::may_administer;
use crate::identity::{audit, end_sign_ins, parse_role, role_text};

/// Changes a person's role, or disables or enables them. Disabling ends their sessions and voids their keys.
#[utoipa::path(patch, path = "/api/v1/users/{user}", tag = "identity",
    params(("user" = String, Path, description = "User id.")), request_body = wire::UserChange,
    responses((status = 200, body = wire::User)))]
pub async fn patch_user(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
    Body(body): Body<wire::UserChange>,
) -> ApiResult<Json<wire::User>> {
    let unknown = || ApiError::of(Code::UserUnknown);
    let id: UserId = params.id("user", Code::UserUnknown)?;
    let mut user = users::by_id(&state.store, &id).await?.ok_or_else(unknown)?;
    let old = parse_role(&user.role).ok_or_else(unknown)?;
    let new = body.role.unwrap_or(old);
    if !may_administer(caller.role, old) || !may_administer(caller.role, new) {
        return Err(ApiError::new(
            Code::Forbidden,
            "only a super administrator changes administrators",
        ));
    }
    let disabled = body.disabled.unwrap_or(user.disabled);
    let leaves =
        old == wire::Role::SuperAdmin && !user.disabled && (disabled || new != wire::Role::SuperAdmin);
    if leaves && users::count_enabled(&state.store, role_text(old)).await? <= 1 {
        return Err(ApiError::of(Code::LastAdministrator));
    }
    let now = state.clock.now();
    if !users::update(&state.store, &id, role_text(new), disabled, now).await? {
        return Err(unknown());
    }
    if disabled {
        end_sign_ins(&state.store, &id, None, now).await?;
        keys::revoke_all(&state.store, &id, now).await?;
    }
    state.identity_changed();
    let detail = json!({"before": {"role": user.role, "disabled": user.disabled}, "after": {"role": role_text(new), "disabled": disabled}});
    audit::write(
        &state,
        &request,
        Note::ok(&caller, "user.change", id.as_str()).with(detail),
    )
    .await?;
    user.role = role_text(new).to_owned();
    user.disabled = disabled;
    let second_factor = factors::is_on(&state.store, &id).await?;
    Ok(Json(super::describe(user, second_factor)?))
}
