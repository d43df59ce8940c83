//! Listing what is stored.

use crate::routes::prelude::*;

use tradewind_store::catalog::{Kind, Listed};

use super::of;
use crate::map::catalogue as shown;

/// Which series.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CatalogueQuery {
    /// Only this instrument's.
    #[param(example = "BTC-USD.COINBASE")]
    pub instrument: Option<String>,
    /// Only `bars`, `trades`, `quotes` or `options`.
    #[param(example = "bars")]
    pub kind: Option<String>,
    /// Most series of the page; 100 when absent.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(max_length = 256)]
    pub cursor: Option<String>,
}

/// What orders the list, and what a cursor carries.
fn key(listed: &Listed) -> String {
    let interval = listed.interval.map_or(0, |interval| interval.secs());
    format!("{} {} {interval:010}", listed.kind, listed.instrument)
}

/// What is stored: every series with its rows, files and times, by kind, instrument and interval.
#[utoipa::path(get, path = "/api/v1/catalogue", tag = "catalogue", params(CatalogueQuery),
    responses((status = 200, body = wire::Catalogue)))]
pub async fn list_catalogue(
    State(state): State<AppState>,
    QueryOf(query): QueryOf<CatalogueQuery>,
) -> ApiResult<Json<wire::Catalogue>> {
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let limit = page.limit()? as usize;
    let after = page.key::<String>()?;
    let instrument = instrument_filter(query.instrument.as_deref())?;
    let kind = |text: String| {
        let refuse = |_| ApiError::field("kind", "UNKNOWN_KIND", "bars, trades, quotes or options");
        text.parse::<Kind>().map_err(refuse)
    };
    let kind = query.kind.map(kind).transpose()?;
    let catalogue = of(&state)?;
    let all = catalogue.list(state.clock.now()).await?;
    let fits = |listed: &&Listed| {
        instrument.as_ref().is_none_or(|id| listed.instrument == *id)
            && kind.is_none_or(|kind| listed.kind == kind.name())
    };
    let mut found: Vec<(String, &Listed)> = all.iter().filter(fits).map(|l| (key(l), l)).collect();
    found.retain(|(key, _)| after.as_ref().is_none_or(|after| key > after));
    found.sort_by(|a, b| a.0.cmp(&b.0));
    let more = found.len() > limit;
    found.truncate(limit);
    let next_cursor = found.last().filter(|_| more).map(|(key, _)| Cursor::after(key));
    Ok(Json(wire::Catalogue {
        place: catalogue.place().to_owned(),
        recording: catalogue.is_recording(),
        series: found.iter().map(|(_, listed)| shown::series(listed)).collect(),
        next_cursor,
    }))
}
