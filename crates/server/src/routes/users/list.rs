//! All people.

use crate::routes::prelude::*;

use std::collections::HashSet;

use tradewind_store::identity::{factors, users};

/// All people of one's own organisation, oldest first.
#[utoipa::path(get, path = "/api/v1/users", tag = "identity", params(PageQuery),
    responses((status = 200, body = wire::Page<wire::User>)))]
pub async fn list_users(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    QueryOf(page): QueryOf<PageQuery>,
) -> ApiResult<Json<wire::Page<wire::User>>> {
    let limit = page.limit()?;
    let key = page.key::<StampedKey>()?;
    let after = key.as_ref().map(|k| (k.ts, k.id.as_str()));
    let mut rows = users::list(&state.store, &caller.org, after, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let last = rows.last().filter(|_| more).map(|u| {
        Cursor::after(StampedKey {
            ts: u.created_at,
            id: u.id.to_string(),
        })
    });
    let enrolled: HashSet<String> = factors::owners(&state.store).await?.into_iter().collect();
    let items = rows
        .into_iter()
        .map(|row| {
            let second_factor = enrolled.contains(row.id.as_str());
            super::describe(row, second_factor)
        })
        .collect::<ApiResult<Vec<_>>>()?;
    Ok(Json(wire::Page {
        items,
        next_cursor: last,
    }))
}
