//! Searching instruments.

use crate::routes::prelude::*;

use tradewind_types::Instrument;

use super::symbol;

const LIMIT_DEFAULT: u32 = 30;
const LIMIT_MAX: u32 = 500;

/// Which instruments.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UdfSearchQuery {
    /// Part of the symbol, id or name, without case; everything when empty.
    #[serde(default)]
    #[param(max_length = 64)]
    pub query: String,
    /// Only of this kind; all when empty.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// Only of this market; all when empty.
    #[serde(default)]
    pub exchange: String,
    /// At most so many; 30 when absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

/// How well an instrument fits: the place of what is looked for in its symbol, else in its other names.
fn rank(i: &Instrument, part: &str) -> Option<usize> {
    const ELSEWHERE: usize = 1_000;
    let symbol = i.id.symbol.to_string().to_uppercase();
    if let Some(at) = symbol.find(part) {
        // A symbol that is just that comes before one that begins with it.
        return Some(2 * at + usize::from(symbol.len() != part.len()));
    }
    let others = [i.id.to_string(), symbol::full_name(i), symbol::description(i)];
    let found = others
        .iter()
        .filter_map(|name| name.to_uppercase().find(part))
        .min();
    found.map(|at| ELSEWHERE + at)
}

/// Instruments by part of their names, the best fit first.
#[utoipa::path(get, path = "/udf/search", tag = "udf", params(UdfSearchQuery),
    responses((status = 200, body = Vec<wire::UdfFound>)))]
pub async fn udf_search(
    State(state): State<AppState>,
    QueryOf(query): QueryOf<UdfSearchQuery>,
) -> ApiResult<Json<Vec<wire::UdfFound>>> {
    let limit = in_range("limit", query.limit, LIMIT_DEFAULT, LIMIT_MAX)? as usize;
    let found = state.engine.query(move |kernel| {
        let part = query.query.trim().to_uppercase();
        let fits = |i: &Instrument| {
            let kind = query.kind.is_empty() || symbol::kind(i.kind) == query.kind;
            let market = &query.exchange;
            kind && (market.is_empty() || i.id.market.as_str().eq_ignore_ascii_case(market))
        };
        let all = kernel.instruments().iter().map(|(_, i)| i).filter(|i| fits(i));
        let mut ranked: Vec<_> = all
            .filter_map(|i| Some((rank(i, &part)?, i.id.to_string(), i)))
            .collect();
        ranked.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        ranked.truncate(limit);
        let show = |(_, id, i): (usize, String, &std::sync::Arc<Instrument>)| wire::UdfFound {
            symbol: i.id.symbol.to_string(),
            full_name: symbol::full_name(i),
            description: symbol::description(i),
            exchange: i.id.market.to_string(),
            id,
            kind: symbol::kind(i.kind).to_owned(),
        };
        ranked.into_iter().map(show).collect()
    });
    Ok(Json(found.await?))
}
