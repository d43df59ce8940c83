//! Several indicators of several instruments and intervals in one call.

use crate::routes::prelude::*;

use tradewind_indicators::IndicatorSpec;
use tradewind_types::market::BarInterval;
use tradewind_types::{InstrumentId, UnixNanos};

use super::Span;
use crate::bars::{self, BarsRead, Wanted};
use crate::indicators::{self, Computation};

const REQUESTS_MAX: usize = 20;
const INDICATORS_MAX: usize = 20;
/// Most values of one answer.
const VALUES_MAX: usize = 2_000_000;
/// Values that are computed at once; more than that is handed to a thread that may block.
const AT_ONCE_MAX: usize = 4_000;

/// Bars, and what is to be computed over them.
pub(super) struct Work {
    read: BarsRead,
    specs: Vec<IndicatorSpec>,
}

impl Work {
    pub(super) async fn read(
        state: &AppState,
        id: &InstrumentId,
        interval: BarInterval,
        span: &Span,
        specs: Vec<IndicatorSpec>,
    ) -> ApiResult<Self> {
        let lead = specs.iter().map(|spec| indicators::lead(spec, interval)).max();
        let wanted = Wanted {
            interval,
            from: span.from,
            to: span.to,
            count: span.limit,
            skip: span.offset,
            lead: lead.unwrap_or(0),
        };
        let read = state.bars().read(id, wanted).await?;
        Ok(Self { read, specs })
    }

    /// How many values it makes.
    fn made(&self) -> usize {
        let outputs: usize = self
            .specs
            .iter()
            .map(|spec| spec.definition().outputs.len())
            .sum();
        outputs * self.read.wanted().len()
    }

    /// How many it computes, those before the first that is wanted included.
    pub(super) fn values(&self) -> usize {
        self.specs.len() * self.read.bars.len()
    }

    /// The series of a work of one.
    pub(super) fn one(&self) -> ApiResult<wire::IndicatorSeries> {
        let mut computation = Computation::over(&self.read);
        let spec = self.specs.first().ok_or_else(|| ApiError::of(Code::Internal))?;
        computation.of(spec).map_err(indicators::refusal)
    }
}

/// What became of a request: the work, and per indicator what to do, or why nothing can be done.
struct Asked {
    request: wire::IndicatorRequest,
    /// Per indicator, its place in the work.
    parsed: Vec<ApiResult<usize>>,
    work: ApiResult<Work>,
}

/// Says why there are no values, in the place of the values.
#[derive(Clone)]
struct Instance {
    correlation_id: String,
    now: UnixNanos,
}

impl Instance {
    fn refused(
        &self,
        request: &wire::IndicatorRequest,
        indicator: &str,
        error: &ApiError,
    ) -> wire::IndicatorResult {
        wire::IndicatorResult::Refused(Box::new(wire::IndicatorRefused {
            instrument: request.instrument.clone(),
            interval: request.interval.clone().unwrap_or_else(|| "1m".to_owned()),
            indicator: indicator.to_owned(),
            error: error.problem("/api/v1/indicators/query", &self.correlation_id, self.now),
        }))
    }
}

/// Values of many indicators over bars of many instruments and intervals. What cannot be computed is answered in its
/// place with a problem; the others are not touched by it.
#[utoipa::path(post, path = "/api/v1/indicators/query", tag = "market", request_body = wire::IndicatorQuery,
    responses((status = 200, body = wire::IndicatorResults)))]
pub async fn query_indicators(
    State(state): State<AppState>,
    request: RequestInfo,
    Body(query): Body<wire::IndicatorQuery>,
) -> ApiResult<axum::response::Response> {
    check(&query)?;
    let mut all = Vec::with_capacity(query.requests.len());
    let (mut made, mut computed) = (0, 0);
    for (at, request) in query.requests.into_iter().enumerate() {
        let asked = ask(&state, request).await;
        if let Ok(work) = &asked.work {
            made += work.made();
            computed += work.values();
        }
        if made > VALUES_MAX {
            let text = format!(
                "the answer may have {VALUES_MAX} values in all; ask for fewer, or with a smaller limit"
            );
            return Err(ApiError::field(format!("requests[{at}]"), "OUT_OF_RANGE", text));
        }
        all.push(asked);
    }
    let instance = Instance {
        correlation_id: request.correlation_id,
        now: state.clock.now(),
    };
    let results = move || {
        let results = all.iter().flat_map(|asked| compute(asked, &instance)).collect();
        Ok(wire::IndicatorResults { results })
    };
    answer(computed, results).await
}

fn check(query: &wire::IndicatorQuery) -> ApiResult<()> {
    let counted = |field: String, count: usize, max: usize| {
        if (1..=max).contains(&count) {
            return Ok(());
        }
        let text = format!("1 to {max} are taken at once, got {count}");
        Err(ApiError::field(field, "OUT_OF_RANGE", text))
    };
    counted("requests".to_owned(), query.requests.len(), REQUESTS_MAX)?;
    for (at, request) in query.requests.iter().enumerate() {
        let field = format!("requests[{at}].indicators");
        counted(field, request.indicators.len(), INDICATORS_MAX)?;
    }
    Ok(())
}

async fn ask(state: &AppState, request: wire::IndicatorRequest) -> Asked {
    let mut specs: Vec<IndicatorSpec> = Vec::new();
    let parse = |id: &String| {
        let spec = indicators::parse(id)?;
        Ok(match specs.iter().position(|other| *other == spec) {
            Some(at) => at,
            None => {
                specs.push(spec);
                specs.len() - 1
            }
        })
    };
    let parsed = request.indicators.iter().map(parse).collect();
    let work = read(state, &request, specs).await;
    Asked {
        request,
        parsed,
        work,
    }
}

async fn read(
    state: &AppState,
    request: &wire::IndicatorRequest,
    specs: Vec<IndicatorSpec>,
) -> ApiResult<Work> {
    let unknown = |_| ApiError::of(Code::InstrumentUnknown);
    let id: InstrumentId = request.instrument.parse().map_err(unknown)?;
    let interval = bars::interval(request.interval.as_deref().unwrap_or("1m"))?;
    let times = (request.from.map(|t| t.0), request.to.map(|t| t.0));
    let span = Span::checked(times, request.limit, request.offset)?;
    Work::read(state, &id, interval, &span, specs).await
}

/// The results of one request.
fn compute(asked: &Asked, instance: &Instance) -> Vec<wire::IndicatorResult> {
    let refused = |indicator: &str, error: &ApiError| instance.refused(&asked.request, indicator, error);
    let work = match &asked.work {
        Ok(work) => work,
        Err(error) => {
            return asked
                .request
                .indicators
                .iter()
                .map(|id| refused(id, error))
                .collect();
        }
    };
    let mut computation = Computation::over(&work.read);
    let mut one = |(id, place): (&String, &ApiResult<usize>)| {
        let computed = match place {
            Ok(at) => computation.of(&work.specs[*at]).map_err(indicators::refusal),
            Err(error) => Err(error.clone()),
        };
        match computed {
            Ok(series) => wire::IndicatorResult::Series(Box::new(series)),
            Err(error) => refused(id, &error),
        }
    };
    asked
        .request
        .indicators
        .iter()
        .zip(&asked.parsed)
        .map(&mut one)
        .collect()
}

/// Computes and writes an answer: at once when it is small, on a thread that may block when it is not.
pub(in crate::routes) async fn answer<T: serde::Serialize>(
    computed: usize,
    compute: impl FnOnce() -> ApiResult<T> + Send + 'static,
) -> ApiResult<axum::response::Response> {
    let write = move || {
        let json = serde_json::to_vec(&compute()?);
        json.map_err(|error| {
            tracing::error!(%error, "an answer could not be written as JSON");
            ApiError::of(Code::Internal)
        })
    };
    let body = if computed <= AT_ONCE_MAX {
        write()?
    } else {
        let task = tokio::task::spawn_blocking(write).await;
        task.map_err(|_| ApiError::of(Code::Internal))??
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}
