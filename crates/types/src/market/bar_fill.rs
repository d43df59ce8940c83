//! What a reader sees in slots without a bar. Empty slots yield none; who wants an even series says how to fill it.
//!
//! ```
//! use tradewind_types::UnixNanos;
//! use tradewind_types::market::{BarGrid, BarInterval, FillPolicy, filled};
//!
//! let hour = (UnixNanos(0), UnixNanos::from_secs(3600));
//! let minutes = filled(&[], &BarGrid::Utc, BarInterval::M1, hour, FillPolicy::Null, 100)?;
//! assert_eq!(minutes.len(), 60);
//! assert!(minutes.iter().all(|slot| slot.bar.is_none()));
//! # Ok::<(), tradewind_types::market::FillError>(())
//! ```

use super::bar_grid::BarGrid;
use super::bars::{Bar, BarInterval};
use crate::{SizeMantissa, UnixNanos};

/// How slots without a bar are filled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum FillPolicy {
    /// Not at all: the series has holes.
    #[default]
    None,
    /// With a flat bar at the close before, without volume or trades. Slots ahead of the first bar stay empty.
    PreviousClose,
    /// With nothing, visibly: `bar` is `None`, in a column of floats NaN, in JSON null.
    Null,
}

/// One slot of a series.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct FilledSlot {
    /// When it opens.
    pub ts: UnixNanos,
    /// Its bar, or what stands for it.
    pub bar: Option<Bar>,
    /// Whether there was no bar.
    pub filled: bool,
}

/// Why a series cannot be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// More slots than the reader allows.
    #[error(
        "there are more than {max} bars of {interval} between {from} and {to}; ask for less time or longer bars"
    )]
    TooMany {
        /// Interval.
        interval: BarInterval,
        /// From.
        from: UnixNanos,
        /// To.
        to: UnixNanos,
        /// Limit.
        max: usize,
    },
    /// Bars of trades, volume or value have no slots.
    #[error("{interval} bars have no empty slots to fill; use the policy `none`")]
    NoSlots {
        /// Interval.
        interval: BarInterval,
    },
}

impl FilledSlot {
    /// A figure of the bar for a column of floats; NaN where there is none.
    #[must_use]
    pub fn column(&self, figure: impl FnOnce(&Bar) -> f64) -> f64 {
        self.bar.as_ref().map_or(f64::NAN, figure)
    }
}

/// The slots of `from ≤ ts < to` with their bars. `bars` ascend and are of one series on the grid; earlier ones than
/// `from` are used for the close before. Slots outside the sessions do not exist, so that a night or a holiday is not
/// filled.
///
/// # Errors
/// [`FillError`].
pub fn filled(
    bars: &[Bar],
    grid: &BarGrid,
    interval: BarInterval,
    (from, to): (UnixNanos, UnixNanos),
    policy: FillPolicy,
    max: usize,
) -> Result<Vec<FilledSlot>, FillError> {
    let too_many = FillError::TooMany {
        interval,
        from,
        to,
        max,
    };
    let first = bars.partition_point(|bar| bar.ts < from);
    let mut rest = bars[first..].iter().take_while(|bar| bar.ts < to).peekable();
    let own = |bar: &Bar| FilledSlot {
        ts: bar.ts,
        bar: Some(*bar),
        filled: false,
    };
    if policy == FillPolicy::None {
        let out: Vec<FilledSlot> = rest.take(max.saturating_add(1)).map(own).collect();
        return if out.len() > max { Err(too_many) } else { Ok(out) };
    }
    if !interval.is_time() {
        return Err(FillError::NoSlots { interval });
    }
    let mut before = first.checked_sub(1).and_then(|at| bars.get(at)).copied();
    let mut out = Vec::new();
    let mut at = from;
    while let Some(slot) = grid.slot_from(interval, at).filter(|slot| slot.start < to) {
        at = slot.end;
        if slot.start < from {
            continue;
        }
        if out.len() >= max {
            return Err(too_many);
        }
        // Bars that lie between the slots are nobody's; what they said last still holds.
        while let Some(bar) = rest.next_if(|bar| bar.ts < slot.start) {
            before = Some(*bar);
        }
        if let Some(bar) = rest.next_if(|bar| bar.ts == slot.start) {
            before = Some(*bar);
            out.push(own(bar));
            continue;
        }
        let flat = before
            .filter(|_| policy == FillPolicy::PreviousClose)
            .map(|bar| flat(&bar, slot.start));
        out.push(FilledSlot {
            ts: slot.start,
            bar: flat,
            filled: true,
        });
    }
    Ok(out)
}

/// A bar in which nothing happened.
fn flat(before: &Bar, ts: UnixNanos) -> Bar {
    let price = before.close;
    Bar {
        ts,
        open: price,
        high: price,
        low: price,
        volume: SizeMantissa(0),
        value: 0,
        trades: 0,
        revision: 0,
        ..*before
    }
}
