//! Recent public trades of an instrument.

use crate::routes::prelude::*;

use crate::map;

/// How many.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TradesQuery {
    /// At most so many; 100 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

/// Recent public trades of an instrument, newest first.
#[utoipa::path(get, path = "/api/v1/instruments/{instrument}/trades", tag = "market",
    params(("instrument" = String, Path, description = "Instrument id, e.g. BTC-USD.COINBASE."), TradesQuery), responses((status = 200, body = wire::Page<wire::Trade>)))]
pub async fn list_trades(
    State(state): State<AppState>,
    params: Params,
    QueryOf(query): QueryOf<TradesQuery>,
) -> ApiResult<Json<wire::Page<wire::Trade>>> {
    let limit = in_range("limit", query.limit, 100, 200)? as usize;
    let show =
        move |_: &_, i: &tradewind_types::Instrument, market: &tradewind_engine::kernel::MarketState| {
            market
                .trades()
                .iter()
                .rev()
                .take(limit)
                .filter_map(|t| map::market::trade(i, t))
                .collect::<Vec<_>>()
        };
    Ok(Json(wire::Page::whole(
        of_instrument(&state, &params, show).await?,
    )))
}
