//! Drawing.

use crate::routes::prelude::*;

use tradewind_store::chart::drawings::{self, DrawingRow};

use super::{Content, drawing};
use crate::identity::random_id;

/// Most drawings of a person on an instrument.
const DRAWINGS_MAX: u32 = 500;

/// Keeps a new drawing of one's own; at most 500 on an instrument.
#[utoipa::path(post, path = "/api/v1/chart/drawings", tag = "charts", request_body = wire::NewDrawing,
    responses((status = 201, body = wire::Drawing),
        (status = 409, description = "Problem: CHART_LIMIT.", body = wire::Problem, content_type = "application/problem+json")))]
pub async fn post_drawing(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::NewDrawing>,
) -> ApiResult<impl IntoResponse> {
    let instrument = known_instrument(&state, Some(&body.instrument)).await?;
    let content = Content {
        kind: body.kind,
        points: body.points,
        style: body.style,
    };
    let now = state.clock.now();
    let row = DrawingRow {
        owner: caller.user.clone(),
        id: random_id(12)?,
        org: caller.org.clone(),
        instrument: instrument.map_or(body.instrument, |id| id.to_string()),
        content: content.checked()?,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    if !drawings::insert(&state.store, &row, DRAWINGS_MAX).await? {
        let text = format!("there are {DRAWINGS_MAX} drawings on this instrument; delete some");
        return Err(ApiError::new(Code::ChartLimit, text));
    }
    let made = drawing(row)?;
    Ok((
        StatusCode::CREATED,
        Tag::version(made.version).header()?,
        Json(made),
    ))
}
