//! Asking to be erased.

use crate::routes::prelude::*;

use tradewind_store::privacy::deletions::{self, Asked, DeletionRow, DeletionState};
use tradewind_types::time::DAY_NS;

use crate::identity::{audit, random_id};
use crate::privacy::retention::WITHDRAW_DAYS;

/// Asks to be erased. It is done 30 days later at the earliest, until then it can be withdrawn.
#[utoipa::path(post, path = "/api/v1/me/deletion-request", tag = "privacy",
    responses((status = 201, body = wire::DeletionRequest)))]
pub async fn post_deletion_request(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
) -> ApiResult<impl IntoResponse> {
    let now = state.clock.now();
    let row = DeletionRow {
        id: format!("d{}", random_id(8)?),
        org: caller.org.clone(),
        person: caller.user.to_string(),
        state: DeletionState::Pending,
        requested_at: now,
        due_at: now.plus(u64::from(WITHDRAW_DAYS) * DAY_NS),
        hold_reason: String::new(),
        decided_by: String::new(),
        decided_at: None,
    };
    match deletions::insert(&state.store, &row).await? {
        Asked::Stored => {}
        Asked::Open => return Err(ApiError::of(Code::DeletionRequestOpen)),
        Asked::TooOften => {
            let text = "you asked and withdrew several times today; ask again tomorrow";
            return Err(ApiError::new(Code::RateLimited, text).retry_after(DAY_NS / 1_000_000_000));
        }
    }
    audit::write(
        &state,
        &request,
        Note::ok(&caller, "privacy.deletion_request", &row.id),
    )
    .await?;
    Ok((StatusCode::CREATED, Json(super::describe(row))))
}
