//! One's accounts.

use crate::routes::prelude::*;

use crate::access::may_see;
use crate::map;

/// All accounts that one may see.
#[utoipa::path(get, path = "/api/v1/accounts", tag = "accounts", responses((status = 200, body = wire::Page<wire::Account>)))]
pub async fn list_accounts(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::Page<wire::Account>>> {
    let items = state.engine.query(move |kernel| {
        let visible = kernel
            .accounts()
            .filter(|a| may_see(&caller, &a.info.id, Some(&a.info.org)));
        visible
            .map(|a| map::account::account(kernel, &a.info, caller.membership(&a.info.id)))
            .collect()
    });
    Ok(Json(wire::Page::whole(items.await?)))
}
