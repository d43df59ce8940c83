//! Filling gaps by hand.

use crate::routes::prelude::*;

use super::{of, series, within_reach};
use crate::catalogue::{BackfillAsked, BackfillDone};
use crate::identity::audit;

/// Asks the venue for what is missing in a series of bars, the latest first: what the running program does every few
/// minutes. At most 60 questions are asked; where gaps are left the same request goes on with those further back. A
/// venue that had nothing is not asked for the same again within ten minutes.
#[utoipa::path(post, path = "/api/v1/catalogue/backfill", tag = "catalogue", request_body = wire::NewBackfill,
    responses((status = 200, body = wire::Backfilled)))]
pub async fn post_backfill(
    State(state): State<AppState>,
    request: RequestInfo,
    SignedIn(caller): SignedIn,
    Body(body): Body<wire::NewBackfill>,
) -> ApiResult<Json<wire::Backfilled>> {
    let series = series(&body.instrument, &body.interval)?;
    let (from, to) = (body.from.map(|time| time.0), body.to.map(|time| time.0));
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        let text = format!("from must be before to, got {from} and {to}");
        return Err(ApiError::field("from", "OUT_OF_RANGE", text));
    }
    if let Some(from) = from {
        let to = to.unwrap_or_else(|| state.clock.now());
        within_reach("from", &series, to.0.saturating_sub(from.0))?;
    }
    let catalogue = of(&state)?;
    let subject = series.to_string();
    let note = Note::ok(&caller, "catalogue.backfill", &subject);
    let note = note.with(json!({ "from": body.from, "to": body.to }));
    audit::write(&state, &request, note).await?;
    let asked = BackfillAsked { series, from, to };
    let BackfillDone { filled, gaps_left } = catalogue.backfill(asked, &caller.user).await?;
    Ok(Json(wire::Backfilled {
        asked: filled.asked,
        added: filled.added,
        empty: filled.empty,
        skipped: filled.skipped,
        failures: filled.failures,
        gaps_left,
    }))
}
