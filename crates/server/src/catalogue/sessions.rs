//! When markets trade, as gaps and coarser bars need it.

use std::ops::Range;

use tradewind_engine::runtime::{ALWAYS, SessionSource};
use tradewind_types::UnixNanos;
use tradewind_types::market::BarGrid;
use tradewind_types::time::DAY_NS;

/// When a calendar's market trades between two times, as (open, close) in nanoseconds; day by day where it never closes,
/// so that it has daily bars, too.
///
/// # Errors
/// For people: a calendar that is not known, or a time that it does not reach.
pub fn sessions_between(
    source: &SessionSource,
    calendar: &str,
    times: Range<UnixNanos>,
) -> Result<Vec<(i64, i64)>, String> {
    let nanos = |ts: UnixNanos| i64::try_from(ts.0).unwrap_or(i64::MAX);
    if calendar != ALWAYS
        && let Some(grid) = source(calendar, times.start, times.end)?
    {
        let spans = grid.spans().iter();
        return Ok(spans.map(|span| (nanos(span.open), nanos(span.close))).collect());
    }
    let day = DAY_NS as i64;
    let (first, last) = (
        nanos(times.start).div_euclid(day),
        nanos(times.end).div_euclid(day),
    );
    Ok((first..=last)
        .map(|n| (n.saturating_mul(day), n.saturating_add(1).saturating_mul(day)))
        .collect())
}

/// The grid on which the bars of a calendar's market lie over a range of times in nanoseconds.
///
/// # Errors
/// As [`sessions_between`].
pub fn grid_of(source: &SessionSource, calendar: &str, times: Range<i64>) -> Result<BarGrid, String> {
    if calendar == ALWAYS {
        return Ok(BarGrid::Utc);
    }
    let at = |ns: i64| UnixNanos(u64::try_from(ns).unwrap_or(0));
    // A bar of a day may begin in the session before the first time.
    let from = at(times.start.saturating_sub(DAY_NS as i64));
    let to = at(times.end.saturating_add(DAY_NS as i64));
    Ok(source(calendar, from, to)?.map_or(BarGrid::Utc, BarGrid::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tradewind_types::market::{SessionGrid, SessionSpan};

    /// Open from 10:00 to 11:00 UTC every day.
    fn source() -> SessionSource {
        Arc::new(|calendar, from, to| {
            if calendar != "TEST" {
                return Err(format!("the calendar {calendar} is not known"));
            }
            let hour = DAY_NS / 24;
            let spans = (from.0 / DAY_NS..=to.0 / DAY_NS).filter_map(|n| {
                Some(SessionSpan {
                    date: BarGrid::Utc.trading_date(UnixNanos(n * DAY_NS))?,
                    open: UnixNanos(n * DAY_NS + 10 * hour),
                    close: UnixNanos(n * DAY_NS + 11 * hour),
                })
            });
            SessionGrid::new(spans.collect())
                .map(Some)
                .map_err(|e| e.to_string())
        })
    }

    #[test]
    fn sessions_are_the_calendar_s_and_days_where_there_is_none() {
        let day = DAY_NS as i64;
        let two = UnixNanos(3 * DAY_NS)..UnixNanos(4 * DAY_NS + 1);
        let hours = |n: i64, h: i64| n * day + h * day / 24;
        let found = sessions_between(&source(), "TEST", two.clone()).expect("known");
        assert_eq!(
            found,
            [(hours(3, 10), hours(3, 11)), (hours(4, 10), hours(4, 11))]
        );
        let always = sessions_between(&source(), ALWAYS, two.clone()).expect("known");
        assert_eq!(always, [(3 * day, 4 * day), (4 * day, 5 * day)]);
        let told = sessions_between(&source(), "NOPE", two).expect_err("unknown");
        assert!(told.contains("NOPE"), "{told}");
        assert_eq!(grid_of(&source(), ALWAYS, 0..day).expect("known"), BarGrid::Utc);
        assert!(matches!(
            grid_of(&source(), "TEST", 0..day),
            Ok(BarGrid::Sessions(_))
        ));
    }
}
