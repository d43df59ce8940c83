//! Coarser bars from finer ones: the same numbers as from the ticks themselves.

use super::bars::{Bar, BarInterval, BarSource};
use crate::{InstrumentIdx, SizeMantissa, UnixNanos};

/// Why bars cannot be aggregated.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AggregateError {
    /// The finer interval does not divide the coarser one.
    #[error("bars of {fine} do not make bars of {coarse}")]
    Indivisible {
        /// Interval of the bars given.
        fine: BarInterval,
        /// Interval wanted.
        coarse: BarInterval,
    },
    /// Bars of different instruments, intervals or sources, or not in ascending order of time.
    #[error("the bar at {ts} does not continue the series: {reason}")]
    Mixed {
        /// Its opening time.
        ts: UnixNanos,
        /// What differs.
        reason: &'static str,
    },
    /// A sum does not fit.
    #[error("overflow in the bar at {ts}")]
    Overflow {
        /// The coarser bar's opening time.
        ts: UnixNanos,
    },
}

/// Whether bars of `fine` make bars of `coarse`.
#[must_use]
pub fn divides(fine: BarInterval, coarse: BarInterval) -> bool {
    coarse.secs().is_multiple_of(fine.secs())
}

/// Aggregates ascending bars of one series. `until` is the time up to which the finer series is known: a
/// coarser bar that ends later is not complete.
///
/// A coarser bar is complete when all of its parts are; an interruption inside an empty finer interval leaves
/// no trace there, so a builder fed with ticks knows it better. Its revision is the sum of its parts'.
///
/// # Errors
/// [`AggregateError`].
pub fn aggregate(fine: &[Bar], coarse: BarInterval, until: UnixNanos) -> Result<Vec<Bar>, AggregateError> {
    let mut out: Vec<Bar> = Vec::new();
    let mut series: Option<(InstrumentIdx, BarInterval, BarSource)> = None;
    let mut previous: Option<UnixNanos> = None;
    for bar in fine {
        if !divides(bar.interval, coarse) {
            return Err(AggregateError::Indivisible {
                fine: bar.interval,
                coarse,
            });
        }
        let kind = (bar.instrument, bar.interval, bar.source);
        let mixed = |reason| AggregateError::Mixed { ts: bar.ts, reason };
        if *series.get_or_insert(kind) != kind {
            return Err(mixed("another instrument, interval or source"));
        }
        if previous.is_some_and(|ts| ts >= bar.ts) {
            return Err(mixed("not later than the bar before"));
        }
        previous = Some(bar.ts);
        let ts = bar.ts.floor_to(coarse.nanos());
        match out.last_mut().filter(|last| last.ts == ts) {
            Some(last) => extend(last, bar)?,
            None => out.push(Bar {
                interval: coarse,
                ts,
                ..*bar
            }),
        }
    }
    for bar in &mut out {
        bar.complete &= bar.ts.plus(coarse.nanos()) <= until;
    }
    Ok(out)
}

fn extend(bar: &mut Bar, part: &Bar) -> Result<(), AggregateError> {
    let overflow = AggregateError::Overflow { ts: bar.ts };
    let volume = bar
        .volume
        .0
        .checked_add(part.volume.0)
        .ok_or_else(|| overflow.clone())?;
    bar.value = bar.value.checked_add(part.value).ok_or(overflow)?;
    bar.volume = SizeMantissa(volume);
    bar.high = bar.high.max(part.high);
    bar.low = bar.low.min(part.low);
    bar.close = part.close;
    bar.trades = bar.trades.saturating_add(part.trades);
    bar.revision = bar.revision.saturating_add(part.revision);
    bar.complete &= part.complete;
    bar.ts_init = bar.ts_init.max(part.ts_init);
    Ok(())
}
