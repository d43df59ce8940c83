//! Fills of an account.

use crate::routes::prelude::*;

use tradewind_store::projection::{FillRow, Numbered};

use crate::map;

/// Fills of an account, newest first.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/fills", tag = "orders",
    params(("account" = String, Path, description = "Account id."), PageQuery),
    responses((status = 200, body = wire::Page<wire::Fill>)))]
pub async fn list_fills(
    State(state): State<AppState>,
    access: AccountAccess,
    QueryOf(page): QueryOf<PageQuery>,
) -> ApiResult<Json<wire::Page<wire::Fill>>> {
    let (slice, limit) = slice(&page)?;
    let rows = state.histories.fills(&access.id, slice).await?;
    let (rows, next_cursor) = cut(rows, limit);
    let show = move |kernel: &tradewind_engine::Kernel| {
        let one = |row: Numbered<FillRow>| {
            map::order::fill(&row.item, map::order::is_simulated(kernel, &row.item.instrument))
        };
        rows.into_iter().filter_map(one).collect()
    };
    let items = state.engine.query(show).await?;
    Ok(Json(wire::Page { items, next_cursor }))
}
