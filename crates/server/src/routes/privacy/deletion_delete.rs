//! Taking back that one asked to be erased.

use crate::routes::prelude::*;

use tradewind_store::privacy::deletions::{self, Decision, DeletionState};

use crate::identity::audit;

/// Withdraws one's own open request to be erased.
#[utoipa::path(delete, path = "/api/v1/me/deletion-request", tag = "privacy", responses((status = 204)))]
pub async fn delete_deletion_request(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
) -> ApiResult<StatusCode> {
    let unknown = || ApiError::of(Code::DeletionRequestUnknown);
    let row = deletions::of_person(&state.store, caller.user.as_str())
        .await?
        .ok_or_else(unknown)?;
    let decision = Decision {
        from: &[DeletionState::Pending, DeletionState::Held],
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
