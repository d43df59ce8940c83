//! Renaming one's own organisation.

use crate::routes::prelude::*;

use tradewind_store::identity::organisations::{self, Renamed};

use crate::identity::audit;
use crate::identity::manage::check_label;

/// Renames one's own organisation. `If-Match` carries the version that the change is based on.
#[utoipa::path(patch, path = "/api/v1/organisation", tag = "identity",
    params(("If-Match" = String, Header, description = "The `ETag` of the organisation read before.")),
    request_body = wire::OrganisationChange, responses((status = 200, body = wire::Organisation),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json"),
        (status = 428, description = "Problem: PRECONDITION_MISSING.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn patch_organisation(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    based_on: IfMatch,
    Body(body): Body<wire::OrganisationChange>,
) -> ApiResult<impl IntoResponse> {
    let version: Option<u32> = based_on.needed()?.version()?;
    check_label("name", &body.name, 64)?;
    let (org, name) = (caller.org.clone(), body.name.trim().to_owned());
    let changed = to_its_end(async move {
        let (before, after) = match organisations::rename(&state.store, &org, &name, version).await? {
            Renamed::Done { before, after } => (before, after),
            Renamed::Stale => return Err(ApiError::of(Code::VersionConflict)),
            Renamed::Missing => return Err(ApiError::of(Code::NotFound)),
        };
        let detail = json!({"before": {"name": before}, "after": {"name": after.name}});
        let note = Note::ok(&caller, "organisation.change", org.as_str()).with(detail);
        audit::write(&state, &request, note).await?;
        Ok(super::describe(&after, &state.config.org))
    })
    .await?;
    Ok((Tag::version(changed.version).header()?, Json(changed)))
}
