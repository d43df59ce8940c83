//! Bars of an instrument with overlays.

use crate::routes::prelude::*;

use tradewind_types::UnixNanos;
use tradewind_types::market::{Bar, BarGrid, BarInterval, FillPolicy, filled};

use crate::map;

const BARS_MAX: u32 = 2_000;
const OVERLAYS_MAX: usize = 12;
/// Bars read of the engine, and slots of an even series.
const READ_MAX: usize = 20_000;

/// Which bars.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BarsQuery {
    /// One of 1s 5s 10s 15s 30s 1m 2m 3m 5m 10m 15m 30m 1h 2h 4h 6h 12h D W M, or trades, volume or value such as
    /// 100tick, 2.5vol, 1000000val; `1m` when absent.
    #[param(example = "1m")]
    pub interval: Option<String>,
    /// At most so many; 500 when absent.
    #[param(minimum = 1, maximum = 2000)]
    pub limit: Option<u32>,
    /// Only bars that open before this time; the newest when absent.
    #[param(format = DateTime)]
    pub before: Option<String>,
    /// Indicators over the bars, by comma: `EMA_3,BBANDS_10_2,VWAP`.
    #[param(example = "EMA_3,BBANDS_10_2,VWAP")]
    pub overlays: Option<String>,
    /// What stands where nothing was traded: `none` (the series has holes) or `previous_close` (flat bars without
    /// trades); `none` when absent.
    #[param(example = "none")]
    pub fill: Option<String>,
}

/// Bars of an instrument, oldest first, the forming one last, with overlays as the engine computes them.
#[utoipa::path(get, path = "/api/v1/instruments/{instrument}/bars", tag = "market",
    params(("instrument" = String, Path, description = "Instrument id, e.g. BTC-USD.COINBASE."), BarsQuery), responses((status = 200, body = wire::Bars)))]
pub async fn get_bars(
    State(state): State<AppState>,
    params: Params,
    QueryOf(query): QueryOf<BarsQuery>,
) -> ApiResult<Json<wire::Bars>> {
    let interval = crate::bars::interval(query.interval.as_deref().unwrap_or("1m"))?;
    let limit = in_range("limit", query.limit, 500, BARS_MAX)? as usize;
    let before = match &query.before {
        None => None,
        Some(text) => Some(
            text.parse::<UnixNanos>()
                .map_err(|e| ApiError::field("before", "MALFORMED", e.to_string()))?,
        ),
    };
    let names: Vec<String> = query
        .overlays
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|n| !n.is_empty())
        .map(str::to_owned)
        .collect();
    if names.len() > OVERLAYS_MAX {
        return Err(ApiError::field(
            "overlays",
            "OUT_OF_RANGE",
            format!("at most {OVERLAYS_MAX} overlays"),
        ));
    }
    let even = match query.fill.as_deref() {
        None | Some("none") => false,
        Some("previous_close") if interval.is_time() => true,
        Some(other) => {
            let detail = format!("`{other}` must be none, or for bars of time previous_close");
            return Err(ApiError::field("fill", "MALFORMED", detail));
        }
    };
    let now = state.clock.now();
    // Only the bars are read on the engine's thread; indicators are computed here.
    let (instrument, market_state, read, grid) = of_instrument(
        &state,
        &params,
        move |_, i: &tradewind_types::Instrument, market| {
            let kept = market.series(interval).is_some();
            let read = market.bars(interval, UnixNanos(0), now, READ_MAX);
            let read = kept.then_some(read);
            (i.clone(), market.data_state(now), read, market.grid().clone())
        },
    )
    .await?;
    let Some(read) = read else {
        return Err(crate::bars::not_kept(interval));
    };
    let forming = read.bars.len() - read.closed;
    let bars = if even {
        without_holes(&read.bars, &grid, interval)?
    } else {
        read.bars
    };
    let closed = bars.len().saturating_sub(forming);
    let end = before.map_or(bars.len(), |before| bars.partition_point(|bar| bar.ts < before));
    let begin = end.saturating_sub(limit);
    let ids: Vec<&str> = names.iter().map(String::as_str).collect();
    let overlays = map::market::overlays(&ids, &bars[..end], &instrument, end - begin)
        .map_err(|e| ApiError::field("overlays", "UNKNOWN_OVERLAY", e.to_string()))?;
    let shown = bars[begin..end].iter().enumerate();
    Ok(Json(wire::Bars {
        instrument: instrument.id.to_string(),
        interval: interval.to_string(),
        state: map::enums::data_state(market_state),
        simulated: instrument.simulated,
        bars: shown
            .map(|(n, bar)| map::market::bar(&instrument, bar, begin + n < closed))
            .collect(),
        overlays,
    }))
}

/// The bars with flat ones where nothing was traded: of time without end at most the newest that may be read.
fn without_holes(bars: &[Bar], grid: &BarGrid, interval: BarInterval) -> ApiResult<Vec<Bar>> {
    let (Some(first), Some(last)) = (bars.first(), bars.last()) else {
        return Ok(Vec::new());
    };
    let reach = interval.nanos().saturating_mul(READ_MAX as u64 - 1);
    let from = first.ts.max(UnixNanos(last.ts.0.saturating_sub(reach)));
    let span = (from, last.ts.plus(1));
    let slots = filled(bars, grid, interval, span, FillPolicy::PreviousClose, READ_MAX)
        .map_err(|e| ApiError::field("fill", "OUT_OF_RANGE", e.to_string()))?;
    Ok(slots.into_iter().filter_map(|slot| slot.bar).collect())
}
