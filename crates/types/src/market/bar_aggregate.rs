//! Coarser bars from finer ones: the same numbers as from the ticks themselves, on the same grid.
//!
//! | figure | of the parts |
//! | --- | --- |
//! | open, close, open interest | the first's; the last's; the last's |
//! | high, low | the highest, the lowest |
//! | volume, value, trades, revision | the sum; value and trades are told only where all parts tell them |
//! | complete | all are, and the coarser slot lies within what is known of the finer series |
//! | source | the parts'; the venue's where candles of the venue and bars of trades come together |
//!
//! An interruption inside an empty finer slot leaves no trace there, so a builder fed with ticks knows it better.

use super::bar_grid::BarGrid;
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
    /// A bar opens outside the sessions of the grid.
    #[error("the bar at {ts} lies outside the sessions of its market")]
    Outside {
        /// Its opening time.
        ts: UnixNanos,
    },
    /// A sum does not fit.
    #[error("overflow in the bar at {ts}")]
    Overflow {
        /// The coarser bar's opening time.
        ts: UnixNanos,
    },
}

/// What is known of a series: everything from `since` to `until`. Coarser bars that reach beyond are not complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Known {
    /// From when on.
    pub since: UnixNanos,
    /// Until when.
    pub until: UnixNanos,
}

/// Whether bars of `fine` make bars of `coarse`; see [`BarInterval::is_made_of`].
#[must_use]
pub fn divides(fine: BarInterval, coarse: BarInterval) -> bool {
    coarse.is_made_of(fine)
}

/// Aggregates ascending bars of one series on the UTC grid, known from its beginning until `until`.
///
/// # Errors
/// [`AggregateError`].
pub fn aggregate(fine: &[Bar], coarse: BarInterval, until: UnixNanos) -> Result<Vec<Bar>, AggregateError> {
    let known = Known {
        since: UnixNanos(0),
        until,
    };
    aggregate_on(&BarGrid::Utc, fine, coarse, known)
}

/// Aggregates ascending bars of one series, all on the same grid. O(n), and one look-up on the grid for each bar made.
///
/// # Errors
/// [`AggregateError`].
pub fn aggregate_on(
    grid: &BarGrid,
    fine: &[Bar],
    coarse: BarInterval,
    known: Known,
) -> Result<Vec<Bar>, AggregateError> {
    let mut out: Vec<Bar> = Vec::new();
    let mut series: Option<(InstrumentIdx, BarInterval, BarSource)> = None;
    let mut previous: Option<UnixNanos> = None;
    let mut slot = None;
    for bar in fine {
        if !coarse.is_made_of(bar.interval) {
            return Err(AggregateError::Indivisible {
                fine: bar.interval,
                coarse,
            });
        }
        // Both are prices of trades.
        let prices = match bar.source {
            BarSource::Venue => BarSource::Trades,
            other => other,
        };
        let kind = (bar.instrument, bar.interval, prices);
        let mixed = |reason| AggregateError::Mixed { ts: bar.ts, reason };
        if *series.get_or_insert(kind) != kind {
            return Err(mixed("another instrument, interval or source"));
        }
        if previous.is_some_and(|ts| ts >= bar.ts) {
            return Err(mixed("not later than the bar before"));
        }
        previous = Some(bar.ts);
        if bar.interval == coarse {
            out.push(*bar);
            continue;
        }
        let within = slot.filter(|s: &super::BarSlot| bar.ts < s.end);
        if let (Some(last), Some(_)) = (out.last_mut(), within) {
            extend(last, bar)?;
            continue;
        }
        let next = grid.slot(coarse, bar.ts);
        let next = next.ok_or(AggregateError::Outside { ts: bar.ts })?;
        let whole = known.since <= next.start && next.settles <= known.until;
        slot = Some(next);
        out.push(Bar {
            interval: coarse,
            ts: next.start,
            complete: bar.complete && whole,
            ..*bar
        });
    }
    Ok(out)
}

fn extend(bar: &mut Bar, part: &Bar) -> Result<(), AggregateError> {
    let overflow = AggregateError::Overflow { ts: bar.ts };
    let told = bar.tells_value() && part.tells_value();
    let volume = bar
        .volume
        .0
        .checked_add(part.volume.0)
        .ok_or_else(|| overflow.clone())?;
    let value = bar.value.checked_add(part.value).ok_or(overflow)?;
    (bar.value, bar.trades) = if told {
        (value, bar.trades.saturating_add(part.trades))
    } else {
        (0, 0)
    };
    if part.source == BarSource::Venue {
        bar.source = BarSource::Venue;
    }
    bar.volume = SizeMantissa(volume);
    bar.high = bar.high.max(part.high);
    bar.low = bar.low.min(part.low);
    bar.close = part.close;
    bar.open_interest = part.open_interest.or(bar.open_interest);
    bar.revision = bar.revision.saturating_add(part.revision);
    bar.complete &= part.complete;
    bar.ts_init = bar.ts_init.max(part.ts_init);
    Ok(())
}
