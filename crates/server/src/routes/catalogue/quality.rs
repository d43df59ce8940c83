//! How good a series looks.

use crate::routes::prelude::*;

use super::{calendar, of, series};
use crate::map::catalogue as shown;

/// Of which bars.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct QualityQuery {
    /// Instrument id.
    #[param(example = "BTC-USD.COINBASE")]
    pub instrument: String,
    /// Interval.
    #[param(example = "1m")]
    pub interval: String,
    /// The calendar whose sessions count for gaps; the instrument's own when absent.
    pub calendar: Option<String>,
}

/// How good a series of bars looks: a score from 0 to 1, and what each check found.
#[utoipa::path(get, path = "/api/v1/catalogue/quality", tag = "catalogue", params(QualityQuery),
    responses((status = 200, body = wire::SeriesQuality)))]
pub async fn get_quality(
    State(state): State<AppState>,
    QueryOf(query): QueryOf<QualityQuery>,
) -> ApiResult<Json<wire::SeriesQuality>> {
    let series = series(&query.instrument, &query.interval)?;
    let catalogue = of(&state)?;
    let calendar = calendar(&state, query.calendar, &series.instrument).await?;
    let found = catalogue.quality(&series, &calendar, state.clock.now()).await?;
    let found = found.ok_or_else(|| ApiError::of(Code::SeriesUnknown))?;
    Ok(Json(shown::quality(&series, &found)))
}
