//! One instrument.

use crate::routes::prelude::*;

use crate::map;

/// One instrument.
#[utoipa::path(get, path = "/api/v1/instruments/{instrument}", tag = "market",
    params(("instrument" = String, Path, description = "Instrument id, e.g. BTC-USD.COINBASE.")), responses((status = 200, body = wire::Instrument)))]
pub async fn get_instrument(
    State(state): State<AppState>,
    params: Params,
) -> ApiResult<Json<wire::Instrument>> {
    let show = |kernel: &_, i: &_, market: &_| map::market::instrument(kernel, i, market);
    Ok(Json(of_instrument(&state, &params, show).await?))
}
