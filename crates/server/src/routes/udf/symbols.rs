//! One instrument.

use crate::routes::prelude::*;

use super::symbol;

/// Which instrument.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UdfSymbolQuery {
    /// An id, `MARKET:SYMBOL`, or a symbol that only one market has.
    #[param(example = "COINBASE:BTC-USD")]
    pub symbol: String,
}

/// An instrument as the Universal Data Feed describes it.
#[utoipa::path(get, path = "/udf/symbols", tag = "udf", params(UdfSymbolQuery),
    responses((status = 200, body = wire::UdfSymbol)))]
pub async fn udf_symbols(
    State(state): State<AppState>,
    QueryOf(query): QueryOf<UdfSymbolQuery>,
) -> ApiResult<Json<wire::UdfSymbol>> {
    let now = state.clock.now();
    let found = state.engine.query(move |kernel| {
        let instrument = symbol::find(kernel, &query.symbol)?;
        let (_, market) = kernel
            .market(&instrument.id)
            .ok_or_else(|| ApiError::of(Code::InstrumentUnknown))?;
        Ok(symbol::symbol(instrument, market.grid(), now))
    });
    found.await?.map(Json)
}
