//! Bars without holes: flat ones stand where nothing was traded.

use tradewind_types::UnixNanos;
use tradewind_types::market::{FillPolicy, filled};

use super::{BarsRead, Wanted};
use crate::problem::{ApiError, ApiResult};

/// Most empty and full slots that are looked at, for few bars; for many, as often as many.
const SLOTS_MAX: usize = 100_000;
const SLOTS_TIMES_MAX: usize = 8;
/// Each further look reaches so many times as far back as the one before.
const GROWTH: u64 = 4;

/// Fills the slots of what was read between its first bar and its last, or an end after it, and cuts to what was
/// wanted, which is counted in slots then. Without an end before the last bar's no slot after it is filled.
///
/// # Errors
/// A field error of `fill` when the slots are too many to be looked at.
pub fn fill(read: &mut BarsRead, end: Option<UnixNanos>, wanted: Wanted) -> ApiResult<()> {
    let (Some(first), Some(last)) = (read.bars.first(), read.bars.last()) else {
        return Ok(());
    };
    let forming = usize::from(read.forms());
    let slots = wanted.count.saturating_add(wanted.lead);
    let most = slots.saturating_mul(SLOTS_TIMES_MAX).max(SLOTS_MAX);
    let end = end.unwrap_or(last.ts.plus(1)).max(last.ts.plus(1));
    let mut reach = wanted.interval.nanos().saturating_mul(slots as u64);
    let even = loop {
        let from = first.ts.max(UnixNanos(end.0.saturating_sub(reach)));
        let span = (from, end);
        let policy = FillPolicy::PreviousClose;
        let even = filled(&read.bars, &read.grid, wanted.interval, span, policy, most)
            .map_err(|e| ApiError::field("fill", "OUT_OF_RANGE", e.to_string()))?;
        // Nights and weekends have no slots.
        if even.len() >= slots || from == first.ts {
            break even;
        }
        reach = reach.saturating_mul(GROWTH);
    };
    let mut bars: Vec<_> = even.into_iter().filter_map(|slot| slot.bar).collect();
    let begin = bars.len().saturating_sub(wanted.count);
    bars.drain(..begin.saturating_sub(wanted.lead));
    read.begin = begin.min(wanted.lead);
    read.closed = bars.len().saturating_sub(forming);
    read.bars = bars;
    Ok(())
}
