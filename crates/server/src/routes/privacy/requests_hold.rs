//! Keeping somebody's data although they asked to be erased.

use crate::routes::prelude::*;

use tradewind_store::privacy::deletions::{self, Decision, DeletionState};

use crate::identity::audit;
use crate::identity::manage::check_label;
use crate::privacy::erasure::not_oneself;

/// Holds a request: while the law asks to keep the data, nothing of the person is erased, and the audit log is not
/// shortened past them. Nobody holds their own request.
#[utoipa::path(post, path = "/api/v1/deletion-requests/{request}/hold", tag = "privacy",
    params(("request" = String, Path, description = "Id of the request.")),
    request_body = wire::LegalHold, responses((status = 200, body = wire::DeletionRequest)))]
pub async fn hold_deletion_request(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
    Body(body): Body<wire::LegalHold>,
) -> ApiResult<Json<wire::DeletionRequest>> {
    check_label("reason", &body.reason, 200)?;
    let row = super::requested(&state, &caller.org, params.text("request")).await?;
    not_oneself(&caller, &row)?;
    // Not while it is being executed.
    let _turn = state.changes.of(&row.id).await?;
    let decision = Decision {
        from: &[DeletionState::Pending],
        to: DeletionState::Held,
        reason: Some(body.reason.trim()),
        by: caller.user.as_str(),
        at: state.clock.now(),
    };
    if !deletions::decide(&state.store, &row.id, decision).await? {
        return Err(ApiError::new(
            Code::DeletionRequestState,
            "only a pending request can be held",
        ));
    }
    // The reason says something of the person: it goes with them.
    let note = Note::ok(&caller, "privacy.hold", &row.id).with(json!({ "person": row.person }));
    let reason = json!({ "reason": body.reason.trim() });
    audit::write_about(&state, &request, note, &row.person, reason).await?;
    Ok(Json(super::describe(
        super::requested(&state, &caller.org, &row.id).await?,
    )))
}
