//! Bars of an instrument with overlays.

use std::collections::{BTreeMap, HashMap};

use crate::routes::prelude::*;

use tradewind_indicators::IndicatorSpec;
use tradewind_store::catalog::Scales;
use tradewind_types::market::{Bar, BarInterval};
use tradewind_types::{Instrument, InstrumentId, UnixNanos};

use crate::bars::{ANSWER_MAX, BarsRead, LEAD_MAX, Wanted, adjusted, columnar, even};
use crate::extract::accept;
use crate::routes::corporate_actions::adjustments::table;
use crate::routes::indicators::query::answer;
use crate::{indicators, map};

const LIMIT_DEFAULT: u32 = 500;
const LIMIT_MAX: u32 = ANSWER_MAX as u32;
const OVERLAYS_MAX: usize = 12;

/// Which bars.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct BarsQuery {
    /// One of 1s 5s 10s 15s 30s 1m 2m 3m 5m 10m 15m 30m 1h 2h 4h 6h 12h D W M, or trades, volume or value such as
    /// 100tick, 2.5vol, 1000000val; `1m` when absent.
    #[param(example = "1m")]
    pub interval: Option<String>,
    /// At most so many; 500 when absent.
    #[param(minimum = 1, maximum = 20000)]
    pub limit: Option<u32>,
    /// Only bars that open before this time, such as `next_before` of the page after; the newest when absent.
    #[param(format = DateTime)]
    pub before: Option<String>,
    /// Indicators over the bars, by comma: `EMA_3,BBANDS_10_2,VWAP`.
    #[param(example = "EMA_3,BBANDS_10_2,VWAP")]
    pub overlays: Option<String>,
    /// What stands where nothing was traded: `none` (the series has holes) or `previous_close` (flat bars without
    /// trades); `none` when absent.
    #[param(example = "none")]
    pub fill: Option<String>,
    /// As if today's units had held all along (`splits`), and what was paid out had been reinvested (`all`); as traded
    /// when absent. For intervals up to D.
    #[param(inline)]
    pub adjust: Option<wire::AdjustFor>,
}

/// Bars of an instrument, oldest first, the forming one last, with overlays as the engine computes them. The engine's
/// bars are followed back into the stored ones: `next_before` is there as long as older ones are.
///
/// Those who accept `application/vnd.apache.arrow.stream` get the same bars as one batch of an Arrow IPC stream, overlays
/// as further columns; what the JSON answer says beside its bars is in the schema's metadata.
#[utoipa::path(get, path = "/api/v1/instruments/{instrument}/bars", tag = "market",
    params(("instrument" = String, Path, description = "Instrument id, e.g. BTC-USD.COINBASE."), BarsQuery),
    responses((status = 200, content((wire::Bars = "application/json"), (Vec<u8> = "application/vnd.apache.arrow.stream")))))]
pub async fn get_bars(
    State(state): State<AppState>,
    params: Params,
    headers: HeaderMap,
    QueryOf(query): QueryOf<BarsQuery>,
) -> ApiResult<axum::response::Response> {
    let id: InstrumentId = params.id("instrument", Code::InstrumentUnknown)?;
    let asked = Asked::checked(query)?;
    let page = Page::read(&state, &id, asked).await?;
    if !accept::prefers(&headers, columnar::MEDIA_TYPE) {
        return answer(page.cost(), move || page.wire()).await;
    }
    let written = tokio::task::spawn_blocking(move || page.columns()).await;
    let body = written.map_err(|_| ApiError::of(Code::Internal))??;
    Ok(([(header::CONTENT_TYPE, columnar::MEDIA_TYPE)], body).into_response())
}

/// What is asked for, after its checks.
struct Asked {
    interval: BarInterval,
    limit: usize,
    before: Option<UnixNanos>,
    overlays: Vec<IndicatorSpec>,
    /// Whether empty slots are filled.
    even: bool,
    adjust: Option<wire::AdjustFor>,
}

impl Asked {
    fn checked(query: BarsQuery) -> ApiResult<Self> {
        let interval = crate::bars::interval(query.interval.as_deref().unwrap_or("1m"))?;
        let limit = in_range("limit", query.limit, LIMIT_DEFAULT, LIMIT_MAX)? as usize;
        let before = |text: &String| {
            text.parse::<UnixNanos>()
                .map_err(|e| ApiError::field("before", "MALFORMED", e.to_string()))
        };
        let named = query.overlays.as_deref().unwrap_or_default().split(',');
        let named: Vec<&str> = named.map(str::trim).filter(|name| !name.is_empty()).collect();
        if named.len() > OVERLAYS_MAX {
            let text = format!("at most {OVERLAYS_MAX} overlays");
            return Err(ApiError::field("overlays", "OUT_OF_RANGE", text));
        }
        let spec = |id: &&str| IndicatorSpec::parse(id).map_err(|e| unknown_overlay(&e.to_string()));
        let even = match query.fill.as_deref() {
            None | Some("none") => false,
            Some("previous_close") if interval.is_time() => true,
            Some(other) => {
                let detail = format!("`{other}` must be none, or for bars of time previous_close");
                return Err(ApiError::field("fill", "MALFORMED", detail));
            }
        };
        if query.adjust.is_some() && interval.is_time() && interval.secs() > BarInterval::DAY.secs() {
            let text = "bars above D hold days before and after an action: ask for D";
            return Err(ApiError::field("adjust", "OUT_OF_RANGE", text));
        }
        Ok(Self {
            adjust: query.adjust,
            interval,
            limit,
            before: query.before.as_ref().map(before).transpose()?,
            overlays: named.iter().map(spec).collect::<ApiResult<_>>()?,
            even,
        })
    }

    /// Bars before the first one shown: those that the overlays remember, or one that says that there are older ones.
    fn lead(&self) -> usize {
        let of = |spec: &IndicatorSpec| indicators::lead(spec, self.interval);
        self.overlays.iter().map(of).max().unwrap_or(1).clamp(1, LEAD_MAX)
    }
}

fn unknown_overlay(text: &str) -> ApiError {
    ApiError::field("overlays", "UNKNOWN_OVERLAY", text)
}

/// Bars to be shown, and those before them that the overlays remember.
struct Page {
    read: BarsRead,
    overlays: Vec<IndicatorSpec>,
    adjust: Option<wire::AdjustFor>,
}

impl Page {
    async fn read(state: &AppState, id: &InstrumentId, asked: Asked) -> ApiResult<Self> {
        let wanted = Wanted {
            interval: asked.interval,
            from: None,
            to: asked.before,
            count: asked.limit,
            skip: 0,
            lead: asked.lead(),
        };
        let reader = state.bars();
        let mut read = reader.read(id, wanted).await?;
        if let Some(adjust) = asked.adjust {
            adjusted::adjust(&mut read, &table(state, id, adjust).await?)?;
        }
        if asked.even {
            let newest = Wanted {
                to: None,
                count: 1,
                lead: 0,
                ..wanted
            };
            let last = match asked.before {
                Some(_) => reader.read(id, newest).await?.bars.last().map(|bar| bar.ts),
                None => None,
            };
            // Up to the end that is asked for when there are bars beyond it, else up to the last bar.
            let end = asked
                .before
                .filter(|before| last.is_some_and(|last| last >= *before));
            even::fill(&mut read, end, wanted)?;
        }
        Ok(Self {
            read,
            overlays: asked.overlays,
            adjust: asked.adjust,
        })
    }

    /// Values that are computed and written.
    fn cost(&self) -> usize {
        self.read.bars.len() * (1 + self.overlays.len())
    }

    fn overlays(&self) -> ApiResult<BTreeMap<String, Vec<wire::OverlayPoint>>> {
        let read = &self.read;
        let ids: Vec<&str> = self.overlays.iter().map(IndicatorSpec::id).collect();
        map::market::overlays(&ids, &read.bars, &read.instrument, read.wanted().len())
            .map_err(|e| unknown_overlay(&e.to_string()))
    }

    /// Where the page before ends, when there is one.
    fn next_before(&self) -> Option<wire::Time> {
        let first = self.read.wanted().first().filter(|_| self.read.begin > 0);
        first.map(|bar| wire::Time(bar.ts))
    }

    fn columns(&self) -> ApiResult<Vec<u8>> {
        let read = &self.read;
        let instrument: &Instrument = &read.instrument;
        let scales = Scales {
            price: instrument.price_scale,
            size: instrument.size_scale,
        };
        let column = |(name, points): (String, Vec<wire::OverlayPoint>)| {
            (name, points.into_iter().map(|point| point.value).collect())
        };
        let mut about = HashMap::from([
            ("instrument".to_owned(), instrument.id.to_string()),
            ("interval".to_owned(), read.interval.to_string()),
            ("simulated".to_owned(), instrument.simulated.to_string()),
        ]);
        if let Some(adjust) = self.adjust {
            let name = if adjust == wire::AdjustFor::Splits {
                "splits"
            } else {
                "all"
            };
            about.insert("adjust".to_owned(), name.to_owned());
        }
        if let Some(before) = self.next_before() {
            about.insert("next_before".to_owned(), before.0.to_string());
        }
        let closed = read.closed.saturating_sub(read.begin);
        let overlays = self.overlays()?.into_iter().map(column).collect();
        columnar::bars_stream(read.wanted(), scales, closed, overlays, about).map_err(|error| {
            tracing::error!(%error, "bars could not be written as columns");
            ApiError::of(Code::Internal)
        })
    }

    fn wire(&self) -> ApiResult<wire::Bars> {
        let read = &self.read;
        let instrument: &Instrument = &read.instrument;
        let overlays = self.overlays()?;
        let bar = |(at, bar): (usize, &Bar)| map::market::bar(instrument, bar, read.begin + at < read.closed);
        Ok(wire::Bars {
            instrument: instrument.id.to_string(),
            interval: read.interval.to_string(),
            state: map::enums::data_state(read.state),
            simulated: instrument.simulated,
            bars: read.wanted().iter().enumerate().map(bar).collect(),
            overlays,
            adjust: self.adjust,
            next_before: self.next_before(),
        })
    }
}
