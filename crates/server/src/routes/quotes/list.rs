//! Quotes of several instruments.

use crate::routes::prelude::*;

use crate::map;

const INSTRUMENTS_MAX: usize = 500;

/// Which quotes.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QuotesQuery {
    /// Instrument ids by comma; all when absent.
    #[param(example = "BTC-USD.COINBASE,ETH-USD.KRAKEN")]
    pub instruments: Option<String>,
}

/// Best bids and offers with the state of the data.
#[utoipa::path(get, path = "/api/v1/quotes", tag = "market", params(QuotesQuery),
    responses((status = 200, body = wire::Page<wire::Quote>)))]
pub async fn list_quotes(
    State(state): State<AppState>,
    QueryOf(query): QueryOf<QuotesQuery>,
) -> ApiResult<Json<wire::Page<wire::Quote>>> {
    let named = query.instruments.unwrap_or_default();
    let names = named.split(',').map(str::trim).filter(|n| !n.is_empty());
    let wanted = names
        .map(|n| instrument_filter(Some(n)))
        .collect::<ApiResult<Vec<_>>>()?;
    if wanted.len() > INSTRUMENTS_MAX {
        return Err(ApiError::field(
            "instruments",
            "OUT_OF_RANGE",
            format!("at most {INSTRUMENTS_MAX} instruments"),
        ));
    }
    let now = state.clock.now();
    let items = state.engine.query(move |kernel| {
        let quote = |id: &tradewind_types::InstrumentId| {
            let (i, market) = kernel.market(id).ok_or_else(|| id.clone())?;
            Ok(map::market::quote(i, market, now))
        };
        if wanted.is_empty() {
            let all: Vec<_> = kernel
                .instruments()
                .iter()
                .map(|(_, i)| i.id.clone())
                .take(INSTRUMENTS_MAX)
                .collect();
            return all.iter().map(quote).collect::<Result<Vec<_>, _>>();
        }
        wanted.iter().flatten().map(quote).collect()
    });
    let unknown = |id: tradewind_types::InstrumentId| {
        ApiError::field(
            "instruments",
            "UNKNOWN_INSTRUMENT",
            format!("instrument {id} is unknown"),
        )
    };
    Ok(Json(wire::Page::whole(items.await?.map_err(unknown)?)))
}
