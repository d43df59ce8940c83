//! Changing the configuration of the running program.

use crate::routes::prelude::*;

use crate::identity::audit;

/// Changes settings that take no restart: what is logged, and the rate limits of everybody. It holds at once and after the
/// next start; `null` goes back to what the configuration says. `If-Match` carries the `ETag` that the change is based on.
#[utoipa::path(patch, path = "/api/v1/config", tag = "system",
    params(("If-Match" = String, Header, description = "The `ETag` of the configuration read before.")),
    request_body = wire::ConfigChange, responses((status = 200, body = wire::RunningConfig),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json"),
        (status = 428, description = "Problem: PRECONDITION_MISSING.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn patch_config(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    based_on: IfMatch,
    Body(body): Body<wire::ConfigChange>,
) -> ApiResult<impl IntoResponse> {
    let based_on = based_on.needed()?;
    let (tag, shown) = to_its_end(async move {
        let now = state.clock.now();
        let changed = state
            .settings
            .change(&state.store, &body.values, &based_on, now)
            .await?;
        let detail = json!({"before": changed.before, "after": changed.after});
        let note = Note::ok(&caller, "config.change", "settings").with(detail);
        audit::write(&state, &request, note).await?;
        Ok::<_, ApiError>((state.settings.tag()?, state.settings.show()))
    })
    .await?;
    Ok((tag.header()?, Json(shown)))
}
