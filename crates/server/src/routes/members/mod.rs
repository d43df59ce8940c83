//! Members of accounts.

pub mod delete;
pub mod list;
pub mod put;

use tradewind_store::identity::memberships;
use tradewind_types::{AccountId, UserId};

use crate::AppState;
use crate::problem::{ApiError, ApiResult, Code};

/// Refuses to take ownership from the last owner.
async fn keep_an_owner(state: &AppState, account: &AccountId, leaving: &UserId) -> ApiResult<()> {
    let members = memberships::of_account(&state.store, account).await?;
    let owner = |m: &&memberships::MembershipRow| m.role == "OWNER";
    let is_owner = members.iter().filter(owner).any(|m| m.owner == *leaving);
    if is_owner && members.iter().filter(owner).count() == 1 {
        return Err(ApiError::of(Code::LastOwner));
    }
    Ok(())
}
