//! Risk settings.

use crate::routes::prelude::*;

use crate::map;

/// Risk settings of an account; the version is also the `ETag`.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/risk", tag = "risk",
    params(("account" = String, Path, description = "Account id.")), responses((status = 200, body = wire::Risk)))]
pub async fn get_risk(State(state): State<AppState>, access: AccountAccess) -> ApiResult<impl IntoResponse> {
    let read = |_: &_, account: &tradewind_engine::kernel::AccountState| wire::Risk {
        version: account.risk_version,
        settings: map::risk::settings(&account.risk),
    };
    let risk = of_account(&state, access.id, read).await?;
    Ok((Tag::version(risk.version).header()?, Json(risk)))
}
