//! What is missing in a series.

use crate::routes::prelude::*;

use tradewind_types::UnixNanos;
use tradewind_types::time::DAY_NS;

use super::{calendar, of, series, within_reach};
use crate::catalogue::SETTLED_NS;
use crate::map::catalogue as shown;

const DAYS_DEFAULT: u32 = 30;
const DAYS_MAX: u32 = 366;

/// Of which bars.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct GapsQuery {
    /// Instrument id.
    #[param(example = "BTC-USD.COINBASE")]
    pub instrument: String,
    /// Interval.
    #[param(example = "1m")]
    pub interval: String,
    /// How many days back is looked; 30 when absent.
    #[param(minimum = 1, maximum = 366)]
    pub days: Option<u32>,
    /// The calendar whose sessions count; the instrument's own when absent.
    pub calendar: Option<String>,
}

/// What is missing in a series of bars: stretches in session of more than 3 minutes without a bar, and bars of which the
/// feed missed a part. The newest minute is not looked at.
#[utoipa::path(get, path = "/api/v1/catalogue/gaps", tag = "catalogue", params(GapsQuery),
    responses((status = 200, body = wire::CatalogueGaps)))]
pub async fn get_gaps(
    State(state): State<AppState>,
    QueryOf(query): QueryOf<GapsQuery>,
) -> ApiResult<Json<wire::CatalogueGaps>> {
    let series = series(&query.instrument, &query.interval)?;
    let days = in_range("days", query.days, DAYS_DEFAULT, DAYS_MAX)?;
    within_reach("days", &series, u64::from(days) * DAY_NS)?;
    let catalogue = of(&state)?;
    let calendar = calendar(&state, query.calendar, &series.instrument).await?;
    let to = UnixNanos(state.clock.now().0.saturating_sub(SETTLED_NS));
    let from = UnixNanos(to.0.saturating_sub(u64::from(days) * DAY_NS));
    let gaps = catalogue.gaps(&series, &calendar, from..to).await?;
    Ok(Json(wire::CatalogueGaps {
        instrument: series.instrument.to_string(),
        interval: series.interval_name(),
        calendar,
        from: wire::Time(from),
        to: wire::Time(to),
        gaps: gaps.iter().map(shown::gap).collect(),
    }))
}
