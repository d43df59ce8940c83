//! Keeping somebody's data although they asked to be erased.

use crate::routes::prelude::*;

use tradewind_store::privacy::deletions::{self, Decision, DeletionState};

use crate::identity::audit;
use crate::identity::manage::check_label;

/// Holds a request: while the law asks to keep the data, nothing of the person is erased, and the audit log is not
/// shortened past them.
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
    let detail = json!({ "person": row.person, "reason": body.reason.trim() });
    audit::write(
        &state,
        &request,
        Note::ok(&caller, "privacy.hold", &row.id).with(detail),
    )
    .await?;
    Ok(Json(super::describe(
        super::requested(&state, &caller.org, &row.id).await?,
    )))
}
