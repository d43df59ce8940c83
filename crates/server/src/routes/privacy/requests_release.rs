//! Ending a hold.

use crate::routes::prelude::*;

use tradewind_store::privacy::deletions::{self, Decision, DeletionState};

use crate::identity::audit;
use crate::privacy::erasure::not_oneself;

/// Releases a held request: it may be executed when it is due. Nobody releases their own.
#[utoipa::path(post, path = "/api/v1/deletion-requests/{request}/release", tag = "privacy",
    params(("request" = String, Path, description = "Id of the request.")),
    responses((status = 200, body = wire::DeletionRequest)))]
pub async fn release_deletion_request(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<Json<wire::DeletionRequest>> {
    let row = super::requested(&state, &caller.org, params.text("request")).await?;
    not_oneself(&caller, &row)?;
    let decision = Decision {
        from: &[DeletionState::Held],
        to: DeletionState::Pending,
        reason: None,
        by: caller.user.as_str(),
        at: state.clock.now(),
    };
    if !deletions::decide(&state.store, &row.id, decision).await? {
        return Err(ApiError::new(
            Code::DeletionRequestState,
            "only a held request can be released",
        ));
    }
    let detail = json!({ "person": row.person });
    audit::write(
        &state,
        &request,
        Note::ok(&caller, "privacy.release", &row.id).with(detail),
    )
    .await?;
    Ok(Json(super::describe(
        super::requested(&state, &caller.org, &row.id).await?,
    )))
}
