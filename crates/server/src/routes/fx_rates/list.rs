//! The exchange rates known.

use crate::routes::prelude::*;

use crate::map;

/// Most rates of the answer: the newest of each pair come first.
const RATES_MAX: usize = 5_000;

/// The exchange rates known, newest first. The newest not older than seven days converts; without one nothing does.
#[utoipa::path(get, path = "/api/v1/fx-rates", tag = "accounts",
    responses((status = 200, body = wire::Page<wire::FxRate>)))]
pub async fn list_fx_rates(State(state): State<AppState>) -> ApiResult<Json<wire::Page<wire::FxRate>>> {
    let rates = state.engine.query(|kernel| {
        let mut rates: Vec<_> = kernel.fx_rates().iter().collect();
        rates.sort_by_key(|rate| std::cmp::Reverse(rate.ts));
        rates.truncate(RATES_MAX);
        rates.iter().map(map::bookkeeping::rate).collect::<Vec<_>>()
    });
    Ok(Json(wire::Page::whole(rates.await?)))
}
