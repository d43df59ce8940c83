//! People.

pub mod get;
pub mod list;
pub mod mfa_delete;
pub mod password_reset;
pub mod patch;
pub mod post;

use tradewind_store::StoreError;
use tradewind_store::identity::users::{self, UserRow};
use tradewind_store::privacy::person_keys;
use tradewind_types::UserId;
use tradewind_wire as wire;

use crate::AppState;
use crate::access::may_administer;
use crate::extract::Params;
use crate::identity::{Caller, parse_role};
use crate::problem::{ApiError, ApiResult, Code};

/// A person as administrators see them.
fn describe(row: UserRow, second_factor: bool) -> ApiResult<wire::User> {
    let role = parse_role(&row.role).ok_or_else(|| StoreError::corrupt("users.role", &row.role))?;
    Ok(wire::User {
        id: row.id.to_string(),
        username: row.username,
        display_name: row.display_name,
        role,
        disabled: row.disabled,
        second_factor,
        created_at: wire::Time(row.created_at),
        version: row.version,
    })
}

/// The person in the path, when the caller may change them. Somebody who was erased is nobody any more.
async fn administered(state: &AppState, caller: &Caller, params: &Params) -> ApiResult<UserRow> {
    let unknown = || ApiError::of(Code::UserUnknown);
    let id: UserId = params.id("user", Code::UserUnknown)?;
    let user = users::by_id_in(&state.store, &caller.org, &id)
        .await?
        .ok_or_else(unknown)?;
    let role = parse_role(&user.role).ok_or_else(unknown)?;
    if person_keys::is_erased(&state.store, user.id.as_str()).await? {
        return Err(ApiError::new(Code::UserUnknown, "this person was erased"));
    }
    if may_administer(caller.role, role) {
        return Ok(user);
    }
    Err(ApiError::new(
        Code::Forbidden,
        "only a super administrator changes administrators",
    ))
}
