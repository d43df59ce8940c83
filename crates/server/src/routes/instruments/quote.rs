//! The quote of an instrument.

use crate::routes::prelude::*;

use crate::map;

/// Best bid and offer of an instrument, with the state of the data.
#[utoipa::path(get, path = "/api/v1/instruments/{instrument}/quote", tag = "market",
    params(("instrument" = String, Path, description = "Instrument id, e.g. BTC-USD.COINBASE.")), responses((status = 200, body = wire::Quote)))]
pub async fn get_quote(State(state): State<AppState>, params: Params) -> ApiResult<Json<wire::Quote>> {
    let now = state.clock.now();
    let show = move |_: &_, i: &_, market: &_| map::market::quote(i, market, now);
    Ok(Json(of_instrument(&state, &params, show).await?))
}
