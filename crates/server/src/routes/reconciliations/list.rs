//! Past reconciliations.

use crate::routes::prelude::*;

use crate::map;

/// Reconciliations of an account, newest first.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/reconciliations", tag = "accounts",
    params(("account" = String, Path, description = "Account id."), PageQuery),
    responses((status = 200, body = wire::Page<wire::Reconciliation>)))]
pub async fn list_reconciliations(
    State(state): State<AppState>,
    access: AccountAccess,
    QueryOf(page): QueryOf<PageQuery>,
) -> ApiResult<Json<wire::Page<wire::Reconciliation>>> {
    let (slice, limit) = slice(&page)?;
    let rows = state.histories.reconciliations(&access.id, slice).await?;
    let (rows, next_cursor) = cut(rows, limit);
    let items = rows
        .iter()
        .map(|row| map::ledger::reconciliation(&row.item))
        .collect();
    Ok(Json(wire::Page { items, next_cursor }))
}
