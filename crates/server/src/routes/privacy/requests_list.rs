//! People who asked to be erased.

use crate::routes::prelude::*;

use tradewind_store::privacy::deletions;

/// Requests to be erased, newest first.
#[utoipa::path(get, path = "/api/v1/deletion-requests", tag = "privacy", params(PageQuery),
    responses((status = 200, body = wire::Page<wire::DeletionRequest>)))]
pub async fn list_deletion_requests(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    QueryOf(page): QueryOf<PageQuery>,
) -> ApiResult<Json<wire::Page<wire::DeletionRequest>>> {
    let limit = page.limit()?;
    let key = page.key::<StampedKey>()?;
    let before = key.as_ref().map(|key| (key.ts, key.id.as_str()));
    let mut rows = deletions::list(&state.store, &caller.org, before, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|row| {
        Cursor::after(StampedKey {
            ts: row.requested_at,
            id: row.id.clone(),
        })
    });
    let items = rows.into_iter().map(super::describe).collect();
    Ok(Json(wire::Page { items, next_cursor }))
}
