//! Changing a person.

use crate::routes::prelude::*;

use tradewind_store::identity::factors;
use tradewind_store::identity::users::{self, Decided, UserRow};
use tradewind_types::UserId;

use crate::access::may_administer;
use crate::identity::{audit, parse_role, role_text};

/// Changes a person's role, or disables or enables them. Disabling ends their sessions and voids their keys. Of the enabled
/// super administrators of an organisation one always stays, also when two demote each other at once.
#[utoipa::path(patch, path = "/api/v1/users/{user}", tag = "identity",
    params(("user" = String, Path, description = "User id."),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the person that the change is based on; any when absent.")),
    request_body = wire::UserChange,
    responses((status = 200, body = wire::User),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn patch_user(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    based_on: IfMatch,
    params: Params,
    Body(body): Body<wire::UserChange>,
) -> ApiResult<impl IntoResponse> {
    let id: UserId = params.id("user", Code::UserUnknown)?;
    let (now, counted) = (state.clock.now(), role_text(wire::Role::SuperAdmin));
    let decide = |user: &UserRow, others: u64| decide(&caller, user, others, &based_on, &body);
    let decided = users::change(&state.store, (&caller.org, &id), counted, now, decide).await?;
    let (before, after) = match decided {
        Decided::Done(before, after) => (before, after),
        Decided::Missing => return Err(ApiError::of(Code::UserUnknown)),
        Decided::Refused(error) => return Err(error),
    };
    state.identity_changed();
    let told = |user: &UserRow| json!({"role": user.role, "disabled": user.disabled});
    let detail = json!({"before": told(&before), "after": told(&after)});
    let note = Note::ok(&caller, "user.change", id.as_str()).with(detail);
    audit::write(&state, &request, note).await?;
    let second_factor = factors::is_on(&state.store, &id).await?;
    let changed = super::describe(*after, second_factor)?;
    Ok((Tag::version(changed.version).header()?, Json(changed)))
}

/// Role and disabled flag as they are to be, or why they stay; `others` are enabled super administrators beside the person.
fn decide(
    caller: &Caller,
    user: &UserRow,
    others: u64,
    based_on: &IfMatch,
    body: &wire::UserChange,
) -> Result<(String, bool), ApiError> {
    based_on.check(Some(&Tag::version(user.version)))?;
    let old = parse_role(&user.role).ok_or_else(|| ApiError::of(Code::UserUnknown))?;
    let new = body.role.unwrap_or(old);
    if !may_administer(caller.role, old) || !may_administer(caller.role, new) {
        let text = "only a super administrator changes administrators";
        return Err(ApiError::new(Code::Forbidden, text));
    }
    let disabled = body.disabled.unwrap_or(user.disabled);
    let leaves =
        old == wire::Role::SuperAdmin && !user.disabled && (disabled || new != wire::Role::SuperAdmin);
    if leaves && others == 0 {
        return Err(ApiError::of(Code::LastAdministrator));
    }
    Ok((role_text(new).to_owned(), disabled))
}
