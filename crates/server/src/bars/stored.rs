//! Bars of before the engine's, from the catalogue.

use tradewind_store::catalog::{Catalog, CatalogError, Scales, Series, Shape};
use tradewind_types::market::{Bar, BarGrid, BarInterval, Known, aggregate_on};
use tradewind_types::time::DAY_NS;
use tradewind_types::{Instrument, InstrumentIdx, UnixNanos};

use super::Wanted;

/// Each further look reaches so many times as far back as the one before.
const GROWTH: u64 = 4;
/// Stretches of time that are looked at, the longest of which is longer than any history.
const LOOKS_MAX: u32 = 12;
/// Most bars held while coarser ones are made of them.
const FINER_MAX: usize = 2_000_000;

/// What the engine has.
pub(super) struct Engines<'a> {
    pub(super) idx: InstrumentIdx,
    pub(super) instrument: &'a Instrument,
    pub(super) grid: &'a BarGrid,
    pub(super) bars: Vec<Bar>,
    pub(super) now: UnixNanos,
}

impl Engines<'_> {
    /// From when on the engine knows everything: its first whole bar.
    fn since(&self) -> UnixNanos {
        let whole = self.bars.iter().find(|bar| bar.complete);
        whole.or(self.bars.first()).map_or(self.now, |bar| bar.ts)
    }

    /// Puts what is stored before the engine's bars. Where the engine's first ones are not whole, the stored ones stand.
    fn after(self, stored: Vec<Bar>, since: UnixNanos) -> Vec<Bar> {
        let mut all = stored;
        for bar in self.bars {
            if bar.ts >= since {
                all.push(bar);
            } else if let Err(at) = all.binary_search_by_key(&bar.ts, |b| b.ts) {
                all.insert(at, bar);
            }
        }
        all
    }
}

/// The engine's bars with as many before them as are wanted and stored.
pub(super) async fn with_earlier(
    catalog: &Catalog,
    engines: Engines<'_>,
    wanted: Wanted,
) -> Result<Vec<Bar>, CatalogError> {
    let since = engines.since();
    if wanted.is_met(&engines.bars, since) {
        return Ok(engines.bars);
    }
    for source in sources(wanted.interval) {
        let series = Series::bars(engines.instrument.id.clone(), source);
        let Some(begins) = catalog.begins(&series).await? else {
            continue;
        };
        let found = look_back(catalog, &series, source, begins, &engines, wanted).await?;
        if !found.is_empty() {
            return Ok(engines.after(found, since));
        }
    }
    Ok(engines.bars)
}

/// The intervals whose stored bars may serve, the best first: the same, else coarse ones that it is made of.
fn sources(interval: BarInterval) -> impl Iterator<Item = BarInterval> {
    let finer = [
        BarInterval::DAY,
        BarInterval::H1,
        BarInterval::M1,
        BarInterval::S1,
    ];
    let made_of = move |finer: &BarInterval| *finer < interval && interval.is_made_of(*finer);
    std::iter::once(interval).chain(finer.into_iter().filter(made_of))
}

/// Stored bars before the engine's, from as far back as is needed.
async fn look_back(
    catalog: &Catalog,
    series: &Series,
    source: BarInterval,
    begins: i64,
    engines: &Engines<'_>,
    wanted: Wanted,
) -> Result<Vec<Bar>, CatalogError> {
    let until = engines.since();
    // The whole of the bar that the end lies in, where it has to be made of finer ones.
    let whole = |to| engines.grid.slot(wanted.interval, to).map_or(to, |slot| slot.end);
    let end = wanted.to.map_or(until, |to| whole(to).min(until));
    let shape = Shape {
        instrument: engines.idx,
        interval: source,
        scales: Scales {
            price: engines.instrument.price_scale,
            size: engines.instrument.size_scale,
        },
    };
    let begins = UnixNanos(u64::try_from(begins).unwrap_or(0));
    let bars = (wanted.count + wanted.skip + wanted.lead) as u64;
    // Twice as long as the bars are if none is missing: nights and weekends.
    let mut span = wanted
        .interval
        .nanos()
        .saturating_mul(bars)
        .saturating_mul(2)
        .max(DAY_NS);
    let mut finer: Vec<Bar> = Vec::new();
    let mut from = end;
    for _ in 0..LOOKS_MAX {
        let named = wanted.from.map_or(from, |named| named.min(from));
        let reach = named.0.saturating_sub(span);
        let start = UnixNanos(reach).max(begins.min(from));
        let times = bound(start)..bound(from);
        let mut earlier = catalog.history(series.clone(), times, shape).await?;
        earlier.append(&mut finer);
        finer = earlier;
        from = start;
        let coarse = coarser(engines, &finer, wanted.interval, start, begins);
        if start <= begins || finer.len() > FINER_MAX || wanted.is_met(&coarse, start) {
            return Ok(coarse);
        }
        span = span.saturating_mul(GROWTH);
    }
    Ok(coarser(engines, &finer, wanted.interval, from, begins))
}

fn bound(ts: UnixNanos) -> i64 {
    i64::try_from(ts.0).unwrap_or(i64::MAX)
}

/// Bars of an interval made of stored ones, which are all there are from `start` on. The first is left out where its
/// beginning was not read.
fn coarser(
    engines: &Engines<'_>,
    finer: &[Bar],
    interval: BarInterval,
    start: UnixNanos,
    begins: UnixNanos,
) -> Vec<Bar> {
    if finer.first().is_none_or(|bar| bar.interval == interval) {
        return finer.to_vec();
    }
    let known = Known {
        since: start,
        until: engines.since(),
    };
    let mut made = match aggregate_on(engines.grid, finer, interval, known) {
        Ok(made) => made,
        Err(error) => {
            tracing::warn!(instrument = %engines.instrument.id, %error, "stored bars make no bars of {interval}");
            return Vec::new();
        }
    };
    if start > begins && made.first().is_some_and(|bar| !bar.complete) {
        made.remove(0);
    }
    made
}
