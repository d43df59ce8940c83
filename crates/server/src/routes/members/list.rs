//! Members of an account.

use crate::routes::prelude::*;

use tradewind_store::identity::{memberships, users};

use crate::identity::parse_member;

/// The members of an account.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/members", tag = "accounts",
    params(("account" = String, Path, description = "Account id.")), responses((status = 200, body = wire::Page<wire::Member>)))]
pub async fn list_members(
    State(state): State<AppState>,
    access: AccountAccess,
) -> ApiResult<Json<wire::Page<wire::Member>>> {
    let mut items = Vec::new();
    for row in memberships::of_account(&state.store, &access.id).await? {
        let Some(user) = users::by_id(&state.store, &row.owner).await? else {
            continue;
        };
        let Some(role) = parse_member(&row.role) else {
            continue;
        };
        let since = wire::Time(row.since);
        items.push(wire::Member {
            user: user.id.to_string(),
            display_name: user.display_name,
            role,
            since,
            version: row.version,
        });
    }
    Ok(Json(wire::Page::whole(items)))
}
