//! Weights over time.

use crate::routes::prelude::*;

use crate::map;

/// Weights of the combination as adapted over time, newest first.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/weights", tag = "strategies",
    params(("account" = String, Path, description = "Account id."), PageQuery),
    responses((status = 200, body = wire::Page<wire::Weights>)))]
pub async fn list_weights(
    State(state): State<AppState>,
    access: AccountAccess,
    QueryOf(page): QueryOf<PageQuery>,
) -> ApiResult<Json<wire::Page<wire::Weights>>> {
    let (slice, limit) = slice(&page)?;
    let rows = state.histories.weights(&access.id, slice).await?;
    let (rows, next_cursor) = cut(rows, limit);
    let items = rows.iter().map(|row| map::strategy::weights(&row.item)).collect();
    Ok(Json(wire::Page { items, next_cursor }))
}
