//! What the risk rules warned about.

use crate::routes::prelude::*;

use crate::map;

/// The newest warnings of an account, newest first: margin, end of the session, rules of the place. At most 200.
#[utoipa::path(get, path = "/api/v1/accounts/{account}/risk/warnings", tag = "risk",
    params(("account" = String, Path, description = "Account id.")),
    responses((status = 200, body = Vec<wire::RiskWarning>)))]
pub async fn list_warnings(
    State(state): State<AppState>,
    access: AccountAccess,
) -> ApiResult<Json<Vec<wire::RiskWarning>>> {
    let warnings = of_account(&state, access.id, |_, account| {
        let shown = account.warnings.iter().rev().map(|w| wire::RiskWarning {
            client_order_id: w.client_order_id.as_ref().map(ToString::to_string),
            warning: map::order::denial(&w.warning),
            ts: wire::Time(w.ts),
        });
        shown.collect()
    });
    Ok(Json(warnings.await?))
}
