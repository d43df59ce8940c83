//! People.

pub mod list;
pub mod patch;
pub mod post;

use tradewind_store::StoreError;
use tradewind_store::identity::users::UserRow;
use tradewind_wire as wire;

use crate::identity::parse_role;
use crate::problem::ApiResult;

/// A person as administrators see them.
fn describe(row: UserRow) -> ApiResult<wire::User> {
    let role = parse_role(&row.role).ok_or_else(|| StoreError::corrupt("users.role", &row.role))?;
    Ok(wire::User {
        id: row.id.to_string(),
        username: row.username,
        display_name: row.display_name,
        role,
        disabled: row.disabled,
        created_at: wire::Time(row.created_at),
    })
}
