//! Changing a drawing.

use crate::routes::prelude::*;

use tradewind_store::chart::{Changed, drawings};

use super::{Content, drawing};

/// Changes one of one's own drawings. `If-Match` carries the version that the change is based on.
#[utoipa::path(put, path = "/api/v1/chart/drawings/{drawing}", tag = "charts",
    params(("drawing" = String, Path, description = "Drawing id."),
        ("If-Match" = String, Header, description = "The version of the drawing read before, as `\"1\"`.")),
    request_body = wire::DrawingChange, responses((status = 200, body = wire::Drawing),
        (status = 412, description = "Problem: VERSION_CONFLICT.", body = wire::Problem, content_type = "application/problem+json"),
        (status = 428, description = "Problem: PRECONDITION_MISSING.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn put_drawing(
    State(state): State<AppState>,
    based_on: IfMatch,
    SignedIn(caller): SignedIn,
    params: Params,
    Body(body): Body<wire::DrawingChange>,
) -> ApiResult<impl IntoResponse> {
    let unversioned = || ApiError::of(Code::VersionConflict);
    let based_on = based_on.needed()?.version()?.ok_or_else(unversioned)?;
    let content = Content {
        kind: body.kind,
        points: body.points,
        style: body.style,
    };
    let (id, content, now) = (params.text("drawing"), content.checked()?, state.clock.now());
    let changed = drawings::update(&state.store, &caller.user, id, &content, based_on, now);
    match changed.await? {
        Changed::Done(row) => {
            let kept = drawing(row)?;
            Ok((Tag::version(kept.version).header()?, Json(kept)))
        }
        Changed::Stale => Err(ApiError::of(Code::VersionConflict)),
        Changed::Missing => Err(ApiError::of(Code::DrawingUnknown)),
    }
}
