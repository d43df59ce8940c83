//! The order book of an instrument.

use crate::routes::prelude::*;

use crate::map;

/// How deep.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BookQuery {
    /// Levels per side; 20 when absent.
    #[param(minimum = 1, maximum = 100)]
    pub depth: Option<u32>,
}

/// The best levels of an instrument's order book.
#[utoipa::path(get, path = "/api/v1/instruments/{instrument}/book", tag = "market",
    params(("instrument" = String, Path, description = "Instrument id, e.g. BTC-USD.COINBASE."), BookQuery), responses((status = 200, body = wire::Book)))]
pub async fn get_book(
    State(state): State<AppState>,
    params: Params,
    QueryOf(query): QueryOf<BookQuery>,
) -> ApiResult<Json<wire::Book>> {
    let depth = in_range("depth", query.depth, 20, 100)?;
    let now = state.clock.now();
    let show = move |_: &_, i: &_, market: &_| map::market::book(i, market, depth as usize, now);
    Ok(Json(of_instrument(&state, &params, show).await?))
}
