//! The people of one's own organisation.

use crate::routes::prelude::*;

use tradewind_store::identity::users;

use crate::identity::parse_role;

/// The people of one's own organisation who can sign in, oldest first: whom an account can be shared with. For
/// administrators.
#[utoipa::path(get, path = "/api/v1/organisation/members", tag = "identity", params(PageQuery),
    responses((status = 200, body = wire::Page<wire::Colleague>)))]
pub async fn list_colleagues(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    QueryOf(page): QueryOf<PageQuery>,
) -> ApiResult<Json<wire::Page<wire::Colleague>>> {
    let limit = page.limit()?;
    let key = page.key::<StampedKey>()?;
    let after = key.as_ref().map(|k| (k.ts, k.id.as_str()));
    let mut rows = users::list(&state.store, &caller.org, after, limit + 1).await?;
    let more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next_cursor = rows.last().filter(|_| more).map(|user| {
        Cursor::after(StampedKey {
            ts: user.created_at,
            id: user.id.to_string(),
        })
    });
    let enabled = rows.into_iter().filter(|user| !user.disabled);
    let items = enabled.filter_map(|user| {
        Some(wire::Colleague {
            id: user.id.to_string(),
            role: parse_role(&user.role)?,
            display_name: user.display_name,
        })
    });
    Ok(Json(wire::Page {
        items: items.collect(),
        next_cursor,
    }))
}
