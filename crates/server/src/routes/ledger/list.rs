//! Ledger of an account.

use crate::routes::prelude::*;

use crate::map;

/// Ledger entries of an account, newest first. Each sums to zero per currency.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/ledger", tag = "orders",
    params(("account" = String, Path, description = "Account id."), PageQuery),
    responses((status = 200, body = wire::Page<wire::LedgerEntry>)))]
pub async fn list_entries(
    State(state): State<AppState>,
    access: AccountAccess,
    QueryOf(page): QueryOf<PageQuery>,
) -> ApiResult<Json<wire::Page<wire::LedgerEntry>>> {
    let (slice, limit) = slice(&page)?;
    let rows = state.histories.ledger(&access.id, slice).await?;
    let (rows, next_cursor) = cut(rows, limit);
    let items = rows.iter().map(|row| map::ledger::entry(&row.item)).collect();
    Ok(Json(wire::Page { items, next_cursor }))
}
