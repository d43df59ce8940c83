//! All instruments of a market.

use crate::routes::prelude::*;

use super::{resolution, symbol};

/// Which market.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UdfGroupQuery {
    /// A market.
    #[param(example = "COINBASE")]
    pub group: String,
}

/// All instruments of a market as a table.
#[utoipa::path(get, path = "/udf/symbol_info", tag = "udf", params(UdfGroupQuery),
    responses((status = 200, body = wire::UdfSymbolInfo)))]
pub async fn udf_symbol_info(
    State(state): State<AppState>,
    QueryOf(query): QueryOf<UdfGroupQuery>,
) -> ApiResult<Json<wire::UdfSymbolInfo>> {
    let now = state.clock.now();
    let group = query.group.clone();
    let mut all: Vec<wire::UdfSymbol> = state
        .engine
        .query(move |kernel| {
            let of_group =
                |i: &tradewind_types::Instrument| i.id.market.as_str().eq_ignore_ascii_case(&group);
            let all = kernel.instruments().iter().filter(|(_, i)| of_group(i));
            all.filter_map(|(idx, i)| Some(symbol::symbol(i, kernel.market_at(idx)?.grid(), now)))
                .collect()
        })
        .await?;
    let Some(market) = all.first().map(|symbol| symbol.exchange.clone()) else {
        let shown: String = query.group.chars().take(64).collect();
        let detail = format!("there is no market `{shown}`; /udf/config lists them");
        return Err(ApiError::field("group", "UNKNOWN_MARKET", detail));
    };
    all.sort_by(|a, b| a.id.cmp(&b.id));
    fn column<T>(all: &[wire::UdfSymbol], of: impl Fn(&wire::UdfSymbol) -> T) -> Vec<T> {
        all.iter().map(of).collect()
    }
    Ok(Json(wire::UdfSymbolInfo {
        symbol: column(&all, |s| s.name.clone()),
        id: column(&all, |s| s.id.clone()),
        description: column(&all, |s| s.description.clone()),
        exchange_listed: market.clone(),
        exchange_traded: market,
        kind: column(&all, |s| s.kind.clone()),
        minmovement: column(&all, |s| s.minmov),
        pricescale: column(&all, |s| s.pricescale),
        fractional: false,
        session_regular: column(&all, |s| s.session.clone()),
        timezone: column(&all, |s| s.timezone.clone()),
        has_intraday: true,
        intraday_multipliers: column(&all, |_| resolution::multipliers(false)),
        has_daily: true,
        has_weekly_and_monthly: true,
        has_empty_bars: false,
        supported_resolutions: column(&all, |_| resolution::all()),
        volume_precision: column(&all, |s| s.volume_precision),
        currency_code: column(&all, |s| s.currency_code.clone()),
    }))
}
