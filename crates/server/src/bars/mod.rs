//! Bars for whoever wants more of them than a page: the engine's own, behind one question.
//!
//! The engine keeps the newest bars of every interval; older ones are the catalogue's ([`stored`]). What is read is whatever lies before an end, so that those who
//! compute over bars get those that came before the first one that is wanted (their *lead*), as far as there are any.

pub mod adjusted;
pub mod columnar;
pub mod even;
mod stored;

use std::sync::Arc;

use tradewind_engine::EngineHandle;
use tradewind_store::catalog::Catalog;
use tradewind_types::market::{Bar, BarGrid, BarInterval, DataState};
use tradewind_types::{Clock, Instrument, InstrumentId, InstrumentIdx, UnixNanos};

use crate::problem::{ApiError, ApiResult, Code};

/// Most bars of one answer.
pub const ANSWER_MAX: usize = 20_000;
/// Most bars that are read before the first of an answer.
pub const LEAD_MAX: usize = 30_000;

/// What is wanted of a series: bars that open within times, the newest `count` of them after
/// `skip` that are left out, and `lead` more before those.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Interval.
    pub interval: BarInterval,
    /// Opening at this time or later.
    pub from: Option<UnixNanos>,
    /// Opening before this time.
    pub to: Option<UnixNanos>,
    /// The newest so many; at most [`ANSWER_MAX`].
    pub count: usize,
    /// How many of the newest to leave out.
    pub skip: usize,
    /// So many more before; at most [`LEAD_MAX`].
    pub lead: usize,
}

impl Wanted {
    /// Whether ascending bars, all there are from `since` on, hold everything that is wanted.
    fn is_met(&self, bars: &[Bar], since: UnixNanos) -> bool {
        let end = self
            .to
            .map_or(bars.len(), |to| bars.partition_point(|bar| bar.ts < to));
        let by_count = end >= self.skip.saturating_add(self.count).saturating_add(self.lead);
        let by_time = self
            .from
            .is_some_and(|from| from >= since && bars.partition_point(|bar| bar.ts < from) >= self.lead);
        by_count || by_time
    }
}

/// Bars that were read.
#[derive(Debug, Clone)]
pub struct BarsRead {
    /// The instrument.
    pub instrument: Arc<Instrument>,
    /// The interval.
    pub interval: BarInterval,
    /// Whether its newest data may be believed.
    pub state: DataState,
    /// Where its bars begin and end.
    pub grid: BarGrid,
    /// Lead and wanted bars, oldest first.
    pub bars: Vec<Bar>,
    /// Where the wanted ones begin.
    pub begin: usize,
    /// How many of `bars` are closed: all, or all but the last.
    pub closed: usize,
}

impl BarsRead {
    /// The bars that were wanted.
    #[must_use]
    pub fn wanted(&self) -> &[Bar] {
        &self.bars[self.begin..]
    }

    /// Whether the last one still forms.
    #[must_use]
    pub fn forms(&self) -> bool {
        self.closed < self.bars.len()
    }
}

/// An interval by its name.
///
/// # Errors
/// A field error that says which there are.
pub fn interval(text: &str) -> ApiResult<BarInterval> {
    text.parse()
        .map_err(|e: tradewind_types::market::bars::BadInterval| {
            ApiError::field("interval", "MALFORMED", e.to_string())
        })
}

/// Reads bars: of the engine, and what is stored of before.
#[derive(Clone)]
pub struct BarReader {
    /// The engine.
    pub engine: EngineHandle,
    /// Wall clock.
    pub clock: Arc<dyn Clock>,
    /// Stored bars.
    pub catalog: Option<Catalog>,
}

impl BarReader {
    /// Reads bars.
    ///
    /// # Errors
    /// `INSTRUMENT_UNKNOWN`; a field error for tick, volume or value bars that are not kept; those of engine and
    /// catalogue.
    pub async fn read(&self, id: &InstrumentId, wanted: Wanted) -> ApiResult<BarsRead> {
        let held = held(self, id, wanted.interval).await?;
        with_stored(self, held, wanted).await
    }

    /// Reads several stretches of one series, in the order that they are wanted in; the engine is asked once. Linear in the
    /// stretches times what the engine keeps of the series.
    ///
    /// # Errors
    /// As [`BarReader::read`].
    pub async fn read_each(
        &self,
        id: &InstrumentId,
        interval: BarInterval,
        stretches: &[Wanted],
    ) -> ApiResult<Vec<BarsRead>> {
        let held = held(self, id, interval).await?;
        let mut read = Vec::new();
        for wanted in stretches {
            read.push(with_stored(self, held.clone(), Wanted { interval, ..*wanted }).await?);
        }
        Ok(read)
    }
}

/// What the engine has of a series.
#[derive(Clone)]
struct Held {
    idx: InstrumentIdx,
    instrument: Arc<Instrument>,
    state: DataState,
    grid: BarGrid,
    bars: Vec<Bar>,
    closed: usize,
    now: UnixNanos,
}

async fn held(reader: &BarReader, id: &InstrumentId, interval: BarInterval) -> ApiResult<Held> {
    let asked = id.clone();
    let now = reader.clock.now();
    // Only the bars are read on the engine's thread.
    let answer = reader.engine.query(move |kernel| {
        let (instrument, market) = kernel.market(&asked)?;
        let idx = kernel.instruments().idx(&asked)?;
        let kept = market.series(interval).is_some();
        let read = market.bars(interval, UnixNanos(0), now, usize::MAX);
        Some((
            idx,
            Arc::clone(instrument),
            market.data_state(now),
            market.grid().clone(),
            kept.then_some(read),
        ))
    });
    let answer = answer.await?;
    let (idx, instrument, state, grid, read) = answer.ok_or_else(|| ApiError::of(Code::InstrumentUnknown))?;
    let read = read.ok_or_else(|| not_kept(interval))?;
    Ok(Held {
        idx,
        instrument,
        state,
        grid,
        bars: read.bars,
        closed: read.closed,
        now,
    })
}

/// What is wanted of what the engine has and of what is stored of before.
async fn with_stored(reader: &BarReader, held: Held, wanted: Wanted) -> ApiResult<BarsRead> {
    let forming = held.bars.len() - held.closed;
    let mut bars = held.bars;
    if let Some(catalog) = reader.catalog.as_ref().filter(|_| wanted.interval.is_time()) {
        let engines = stored::Engines {
            idx: held.idx,
            instrument: &held.instrument,
            grid: &held.grid,
            bars,
            now: held.now,
        };
        bars = stored::with_earlier(catalog, engines, wanted)
            .await
            .map_err(|error| {
                tracing::error!(%error, instrument = %held.instrument.id, "stored bars could not be read");
                ApiError::of(Code::StoreBusy).retry_after(1)
            })?;
    }
    let closed = bars.len() - forming;
    Ok(cut(held.instrument, held.state, held.grid, bars, closed, wanted))
}

/// Lead and wanted bars of all that there are.
fn cut(
    instrument: Arc<Instrument>,
    state: DataState,
    grid: BarGrid,
    mut bars: Vec<Bar>,
    closed: usize,
    wanted: Wanted,
) -> BarsRead {
    let end = wanted
        .to
        .map_or(bars.len(), |to| bars.partition_point(|bar| bar.ts < to))
        .saturating_sub(wanted.skip);
    let begin = wanted
        .from
        .map_or(0, |from| bars.partition_point(|bar| bar.ts < from).min(end));
    let begin = begin.max(end.saturating_sub(wanted.count));
    let first = begin.saturating_sub(wanted.lead);
    bars.truncate(end);
    bars.drain(..first);
    BarsRead {
        instrument,
        interval: wanted.interval,
        state,
        grid,
        begin: begin - first,
        closed: closed.min(end).saturating_sub(first),
        bars,
    }
}

/// The refusal of bars that nobody counts.
#[must_use]
pub fn not_kept(interval: BarInterval) -> ApiError {
    let detail = format!(
        "{interval} bars are not kept; name them in `count_bars` of the configuration, run a strategy on them, or \
         subscribe to the channel `bars`, which counts from then on"
    );
    ApiError::field("interval", "NOT_KEPT", detail)
}
