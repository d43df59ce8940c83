//! Taking an event away.

use crate::routes::prelude::*;

use tradewind_store::calendar::events;

use crate::identity::audit;
use crate::map;

/// Takes a corporate action or an earnings date away that was entered by mistake.
#[utoipa::path(delete, path = "/api/v1/corporate-actions/{corporate_action}", tag = "calendars",
    params(("corporate_action" = String, Path, description = "Id of the event.")),
    responses((status = 204, description = "It is gone."),
        (status = 404, description = "Problem: CORPORATE_ACTION_UNKNOWN.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn delete_corporate_action(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    params: Params,
) -> ApiResult<StatusCode> {
    let id = params.text("corporate_action").to_owned();
    to_its_end(async move {
        let removed = events::remove(&state.store, &state.config.org, &id).await?;
        let removed = removed.ok_or_else(|| ApiError::of(Code::CorporateActionUnknown))?;
        let before = map::corporate::event(&removed)?;
        let note = Note::ok(&caller, "corporate_action.delete", &removed.id)
            .with(json!({"before": before, "after": null}));
        audit::write(&state, &request, note).await?;
        Ok(StatusCode::NO_CONTENT)
    })
    .await
}
