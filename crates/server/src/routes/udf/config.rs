//! What the feed can do.

use crate::routes::prelude::*;

use std::collections::BTreeSet;

use super::{resolution, symbol};

/// What the Universal Data Feed can do: resolutions, markets and kinds of instruments.
#[utoipa::path(get, path = "/udf/config", tag = "udf", responses((status = 200, body = wire::UdfConfig)))]
pub async fn udf_config(State(state): State<AppState>) -> ApiResult<Json<wire::UdfConfig>> {
    let seen = state.engine.query(|kernel| {
        let all = || kernel.instruments().iter().map(|(_, i)| i);
        let markets: BTreeSet<String> = all().map(|i| i.id.market.to_string()).collect();
        let kinds: BTreeSet<&str> = all().map(|i| symbol::kind(i.kind)).collect();
        (markets, kinds)
    });
    let (markets, kinds) = seen.await?;
    let all = |name: &str| wire::UdfExchange {
        value: String::new(),
        name: name.to_owned(),
        desc: String::new(),
    };
    let market = |market: String| wire::UdfExchange {
        value: market.clone(),
        desc: market.clone(),
        name: market,
    };
    let kind = |(value, name): (&str, &str)| wire::UdfSymbolType {
        value: value.to_owned(),
        name: name.to_owned(),
    };
    let known = symbol::KINDS
        .into_iter()
        .filter(|(value, _)| kinds.contains(value));
    Ok(Json(wire::UdfConfig {
        supported_resolutions: resolution::all(),
        supports_search: true,
        supports_group_request: false,
        supports_marks: true,
        supports_timescale_marks: true,
        supports_time: true,
        exchanges: std::iter::once(all("All exchanges"))
            .chain(markets.into_iter().map(market))
            .collect(),
        symbols_types: std::iter::once(("", "All types"))
            .chain(known)
            .map(kind)
            .collect(),
    }))
}
