//! Erasing somebody who asked for it.

use std::sync::Arc;

use crate::routes::prelude::*;

use tradewind_store::privacy::deletions::{self, Decision, DeletionRow, DeletionState};

use crate::identity::audit;
use crate::privacy::erasure::erase_person;

/// Erases a person whose request is due: their key is destroyed, which makes everything personal in records that stay
/// unreadable for ever, and what else is theirs alone is deleted. This cannot be taken back.
#[utoipa::path(post, path = "/api/v1/deletion-requests/{request}/execute", tag = "privacy",
    params(("request" = String, Path, description = "Id of the request.")),
    responses((status = 200, body = wire::DeletionRequest)))]
pub async fn execute_deletion_request(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<Json<wire::DeletionRequest>> {
    let row = super::requested(&state, &caller.org, params.text("request")).await?;
    if row.state == DeletionState::Pending && row.due_at > state.clock.now() {
        return Err(ApiError::of(Code::DeletionNotDue));
    }
    let id = row.id.clone();
    let (working, by) = (state.clone(), Arc::clone(&caller));
    to_its_end(async move { execute(&working, &request, &by, &row).await }).await?;
    Ok(Json(super::describe(
        super::requested(&state, &caller.org, &id).await?,
    )))
}

/// Erases the person of a request.
///
/// # Errors
/// `DELETION_REQUEST_STATE` when it is not pending; those of erasing.
pub(super) async fn execute(
    state: &AppState,
    request: &RequestInfo,
    caller: &Caller,
    row: &DeletionRow,
) -> ApiResult<()> {
    let decision = |from: &'static [DeletionState], to| Decision {
        from,
        to,
        reason: None,
        by: caller.user.as_str(),
        at: state.clock.now(),
    };
    // Taken first, so that neither a hold nor a second execution comes in between; given back when erasing fails.
    let taken = decision(&[DeletionState::Pending], DeletionState::Executed);
    if !deletions::decide(&state.store, &row.id, taken).await? {
        return Err(ApiError::new(
            Code::DeletionRequestState,
            "only a pending request can be executed",
        ));
    }
    let person = row.person.parse().map_err(|_| ApiError::of(Code::UserUnknown))?;
    if let Err(error) = erase_person(state, &person).await {
        let back = decision(&[DeletionState::Executed], DeletionState::Pending);
        deletions::decide(&state.store, &row.id, back).await?;
        return Err(error);
    }
    let detail = json!({ "person": row.person });
    audit::write(
        state,
        request,
        Note::ok(caller, "privacy.erase", &row.id).with(detail),
    )
    .await
}
