//! One indicator over the bars of an instrument.

use crate::routes::prelude::*;

use tradewind_types::InstrumentId;

use super::query::{Work, answer};
use super::{Span, time};
use crate::{bars, indicators};

/// Over which bars.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IndicatorParams {
    /// As for bars; `1m` when absent.
    #[param(example = "1m")]
    pub interval: Option<String>,
    /// Only bars that open at this time or later.
    #[param(format = DateTime)]
    pub from: Option<String>,
    /// Only bars that open before this time.
    #[param(format = DateTime)]
    pub to: Option<String>,
    /// The newest so many: 1 = the current value; 500 when absent, or all from `from` on.
    #[param(minimum = 1, maximum = 20000)]
    pub limit: Option<u32>,
    /// How many of the newest bars to leave out: with limit 1 the value so many bars back.
    #[param(minimum = 0, maximum = 20000)]
    pub offset: Option<u32>,
}

/// An indicator's values over bars, oldest first, the forming bar last. Enough bars before the first one are taken into
/// account for its warm-up, as far as there are any.
#[utoipa::path(get, path = "/api/v1/instruments/{instrument}/indicators/{indicator}", tag = "market",
    params(("instrument" = String, Path, description = "Instrument id, e.g. BTC-USD.COINBASE."),
        ("indicator" = String, Path, description = "Indicator id, e.g. MACD_12_26_9; parameters left out take their defaults."),
        IndicatorParams),
    responses((status = 200, body = wire::IndicatorSeries)))]
pub async fn get_indicator(
    State(state): State<AppState>,
    params: Params,
    QueryOf(query): QueryOf<IndicatorParams>,
) -> ApiResult<axum::response::Response> {
    let id: InstrumentId = params.id("instrument", Code::InstrumentUnknown)?;
    let spec = indicators::parse(params.text("indicator"))?;
    let interval = bars::interval(query.interval.as_deref().unwrap_or("1m"))?;
    let times = (
        time("from", query.from.as_deref())?,
        time("to", query.to.as_deref())?,
    );
    let span = Span::checked(times, query.limit, query.offset)?;
    let work = Work::read(&state, &id, interval, &span, vec![spec]).await?;
    let cost = work.values();
    answer(cost, move || work.one()).await
}
