//! The last closes before ex-dates.

use crate::routes::prelude::*;

use jiff::civil::Date;
use tradewind_calendar::Calendar;
use tradewind_types::market::BarInterval;
use tradewind_types::time::DAY_NS;
use tradewind_types::{InstrumentId, Money, UnixNanos};

use super::called;
use crate::bars::{BarsRead, Wanted};

/// How old the last close before an action may be.
const CLOSE_AGE_NS: u64 = 14 * DAY_NS;
/// Bars that are read before an ex-date: the newest may still form, or reach beyond it.
const BARS: usize = 2;

/// An ex-date, and the close of the session before it, from which on it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ExDate {
    pub(super) date: Date,
    pub(super) effective: UnixNanos,
}

/// A close, and when its bar had ended.
#[derive(Debug, Clone, Copy)]
struct Close {
    ended: UnixNanos,
    price: Money,
}

/// The closes before ex-dates of an instrument, or why there is none: of the last closed minute or the last closed day before
/// each, whichever ended later, the minute where both ended at once.
pub(super) async fn closes_before(
    state: &AppState,
    instrument: &InstrumentId,
    dates: &[ExDate],
) -> ApiResult<Vec<Result<Money, &'static str>>> {
    let mut last: Vec<Option<Close>> = vec![None; dates.len()];
    if dates.is_empty() {
        return Ok(Vec::new());
    }
    let reader = state.bars();
    for interval in [BarInterval::M1, BarInterval::DAY] {
        let stretches: Vec<Wanted> = dates.iter().map(|ex| before(*ex, interval)).collect();
        let read = match reader.read_each(instrument, interval, &stretches).await {
            Ok(read) => read,
            Err(error) if error.code == Code::InstrumentUnknown => {
                let why = "the close before it is not known: the engine does not know the instrument";
                return Ok(vec![Err(why); dates.len()]);
            }
            Err(error) => return Err(error),
        };
        for ((ex, read), last) in dates.iter().zip(&read).zip(&mut last) {
            let calendar = called(state, &read.instrument.calendar).ok();
            let found = last_closed(read, *ex, opens(calendar.as_ref(), *ex));
            if let Some(found) = found
                && last.is_none_or(|last| last.ended < found.ended)
            {
                *last = Some(found);
            }
        }
    }
    let closes = last
        .into_iter()
        .map(|close| Ok(close.ok_or("the close before it is not stored")?.price));
    Ok(closes.collect())
}

/// The bars that the close before an ex-date is one of.
fn before(ex: ExDate, interval: BarInterval) -> Wanted {
    Wanted {
        interval,
        from: Some(UnixNanos(ex.effective.0.saturating_sub(CLOSE_AGE_NS))),
        to: Some(ex.effective),
        count: BARS,
        skip: 0,
        lead: 0,
    }
}

/// When the first session opens that trades without the right.
fn opens(calendar: Option<&Calendar>, ex: ExDate) -> UnixNanos {
    let session = calendar.and_then(|calendar| {
        let on = calendar.session_on(ex.date).ok()?;
        on.or_else(|| calendar.next_session(ex.date).ok().flatten())
    });
    session.map_or(ex.effective, |session| session.open.max(ex.effective))
}

/// The last bar that is closed and has nothing of the ex-date in it. A day that is cut at midnight ends after the session's
/// close, and holds nothing later than that if it ends before the next one opens: it counts as ended with the session.
fn last_closed(read: &BarsRead, ex: ExDate, opens: UnixNanos) -> Option<Close> {
    let closed = read.bars.get(read.begin..read.closed)?;
    closed.iter().rev().find_map(|bar| {
        let slot = read.grid.slot(read.interval, bar.ts);
        let end = slot.map_or(bar.ts.plus(read.interval.nanos()), |slot| slot.end);
        let price = bar.close.to_decimal(read.instrument.price_scale);
        (end <= opens).then(|| Close {
            ended: end.min(ex.effective),
            price: Money::new(price, read.instrument.quote),
        })
    })
}
