//! Listing instruments.

use crate::routes::prelude::*;

use crate::map;

/// Which instruments.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InstrumentsQuery {
    /// Part of the id, symbol or product, without case.
    #[param(max_length = 64)]
    pub q: Option<String>,
    /// Only of this venue.
    pub venue: Option<String>,
    /// Most items of the page; 100 when absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Instruments by id.
#[utoipa::path(get, path = "/api/v1/instruments", tag = "market", params(InstrumentsQuery),
    responses((status = 200, body = wire::Page<wire::Instrument>)))]
pub async fn list_instruments(
    State(state): State<AppState>,
    QueryOf(query): QueryOf<InstrumentsQuery>,
) -> ApiResult<Json<wire::Page<wire::Instrument>>> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let limit = page.limit()? as usize;
    let after = page.key::<String>()?;
    let part = query.q.unwrap_or_default().to_lowercase();
    let venue = query.venue;
    let find = move |kernel: &tradewind_engine::Kernel| {
        let fits = |i: &tradewind_types::Instrument| {
            let named = [i.id.to_string(), i.product.to_string()]
                .iter()
                .any(|n| n.to_lowercase().contains(&part));
            named && venue.as_ref().is_none_or(|v| i.venue.as_str() == v)
        };
        let all = kernel.instruments().iter().filter(|(_, i)| fits(i));
        let mut rows: Vec<wire::Instrument> = all
            .filter_map(|(idx, i)| Some(map::market::instrument(kernel, i, kernel.market_at(idx)?)))
            .collect();
        rows.sort_by(|a, b| a.id.cmp(&b.id));
        rows
    };
    let mut items = state.engine.query(find).await?;
    items.retain(|i| after.as_ref().is_none_or(|after| i.id > *after));
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = items.last().filter(|_| more).map(|i| Cursor::after(&i.id));
    Ok(Json(wire::Page { items, next_cursor }))
}
