//! Listing drawings.

use crate::routes::prelude::*;

use tradewind_store::chart::drawings;
use tradewind_types::InstrumentId;

/// Of which chart.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DrawingsQuery {
    /// Instrument id.
    #[param(example = "BTC-USD.COINBASE")]
    pub instrument: String,
}

/// One's own drawings on an instrument, the oldest first.
#[utoipa::path(get, path = "/api/v1/chart/drawings", tag = "charts", params(DrawingsQuery),
    responses((status = 200, body = wire::Drawings)))]
pub async fn list_drawings(
    State(state): State<AppState>,
    SignedIn(caller): SignedIn,
    QueryOf(query): QueryOf<DrawingsQuery>,
) -> ApiResult<Json<wire::Drawings>> {
    let id: InstrumentId = query.instrument.parse().map_err(|e: tradewind_types::IdError| {
        ApiError::field("instrument", "UNKNOWN_INSTRUMENT", e.to_string())
    })?;
    let rows = drawings::of(&state.store, &caller.user, &id.to_string()).await?;
    let drawings = rows.into_iter().map(super::drawing).collect::<ApiResult<_>>()?;
    Ok(Json(wire::Drawings { drawings }))
}
