//! One entry of the audit log.

use crate::routes::prelude::*;

use tradewind_store::identity::audit;

/// One entry of the audit log.
#[utoipa::path(get, path = "/api/v1/audit/{seq}", tag = "audit",
    params(("seq" = String, Path, description = "Number of the entry.")),
    responses((status = 200, body = wire::AuditEntry)))]
pub async fn get_audit(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<Json<wire::AuditEntry>> {
    let seq: i64 = params.id("seq", Code::AuditEntryUnknown)?;
    let entry = audit::get(&state.store, &caller.org, seq).await?;
    let entry = entry.ok_or_else(|| ApiError::of(Code::AuditEntryUnknown))?;
    Ok(Json(super::describe(&state, entry).await?))
}
