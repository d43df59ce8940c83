//! Deleting what is over its time.

use crate::routes::prelude::*;

use tradewind_store::privacy::deletions;

use super::requests_execute::execute;
use crate::identity::audit::{self, PlainRow};
use crate::privacy::retention::{self, DUE_MAX};

/// Deletes what is over its time: rows that are kept for a period, the beginning of the audit log, and people whose
/// requests to be erased are due (100 at once).
#[utoipa::path(post, path = "/api/v1/retention/enforce", tag = "privacy",
    responses((status = 200, body = wire::RetentionEnforced)))]
pub async fn enforce_retention(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
) -> ApiResult<Json<wire::RetentionEnforced>> {
    let deleted = to_its_end(async move { enforce(&state, &request, &caller).await }).await?;
    let deleted = deleted
        .into_iter()
        .map(|(kind, count)| wire::RetentionDeleted { kind, count });
    Ok(Json(wire::RetentionEnforced {
        deleted: deleted.collect(),
    }))
}

async fn enforce(
    state: &AppState,
    request: &RequestInfo,
    caller: &Caller,
) -> ApiResult<Vec<(wire::RetentionKind, u64)>> {
    let mut deleted = retention::delete_rows(state).await?;
    let mut erased = 0;
    for row in deletions::due(&state.store, state.clock.now(), DUE_MAX).await? {
        execute(state, &request.about(&row.org), caller, &row).await?;
        erased += 1;
    }
    deleted.push((wire::RetentionKind::DeletionRequests, erased));
    let note = PlainRow {
        org: state.config.org.clone(),
        ts: state.clock.now(),
        actor: caller.user.to_string(),
        action: "audit.cut".to_owned(),
        subject: "audit".to_owned(),
        outcome: "OK".to_owned(),
        address: request.ip.clone(),
        correlation_id: request.correlation_id.clone(),
        detail: String::new(),
        person: String::new(),
        personal: String::new(),
    };
    deleted.push((
        wire::RetentionKind::Audit,
        retention::cut_audit(state, note).await?,
    ));
    let detail = json!({ "deleted": deleted.iter().map(|(kind, n)| json!({ "kind": kind, "count": n })).collect::<Vec<_>>() });
    audit::write(
        state,
        request,
        Note::ok(caller, "retention.enforce", "retention").with(detail),
    )
    .await?;
    Ok(deleted)
}
