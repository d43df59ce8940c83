//! How an account keeps its books.

use crate::routes::prelude::*;

use crate::map;

/// How an account keeps its books: which lots close first, netting or hedging, whether cash may go below zero. The
/// version is also the `ETag`.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/ledger/settings", tag = "accounts",
    params(("account" = String, Path, description = "Account id.")),
    responses((status = 200, body = wire::LedgerSettings)))]
pub async fn get_ledger_settings(
    State(state): State<AppState>,
    access: AccountAccess,
) -> ApiResult<impl IntoResponse> {
    let settings = of_account(&state, access.id, |_, account| {
        map::bookkeeping::settings(account.ledger.settings(), account.ledger.settings_version())
    });
    let settings = settings.await?;
    Ok((Tag::version(settings.version).header()?, Json(settings)))
}
