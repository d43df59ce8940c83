//! Taking back that one asked to be erased.

use crate::routes::prelude::*;

use tradewind_store::privacy::deletions::{self, Decision, DeletionState};

use crate::identity::audit;

/// Withdraws one's own pending request to be erased. One that is held stays until it is released: the hold is on the data.
#[utoipa::path(delete, path = "/api/v1/me/deletion-request", tag = "privacy",
    responses((status = 204), (status = 409, description = "Problem: DELETION_REQUEST_STATE while it is held.",
        body = wire::Problem, content_type = "application/problem+json")))]
pub async fn delete_deletion_request(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
) -> ApiResult<StatusCode> {
    let unknown = || ApiError::of(Code::DeletionRequestUnknown);
    let row = deletions::of_person(&state.store, caller.user.as_str())
        .await?
        .ok_or_else(unknown)?;
    if row.state == DeletionState::Held {
        let text = format!(
            "your data has to be kept for now: {}; the request can be withdrawn when it is released",
            row.hold_reason
        );
        return Err(ApiError::new(Code::DeletionRequestState, text));
    }
    let decision = Decision {
        from: &[DeletionState::Pending],
        to: DeletionState::Withdrawn,
        reason: None,
        by: caller.user.as_str(),
        at: state.clock.now(),
    };
    if !deletions::decide(&state.store, &row.id, decision).await? {
        return Err(unknown());
    }
    audit::write(
        &state,
        &request,
        Note::ok(&caller, "privacy.deletion_withdraw", &row.id),
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
