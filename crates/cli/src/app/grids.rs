//! Bars of the configuration: which calendars' sessions they follow, and which counted ones are kept.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::Date;
use tradewind_calendar::{Calendar, Overrides};
use tradewind_engine::kernel::market::COUNT_BARS_MAX;
use tradewind_types::UnixNanos;
use tradewind_types::market::{BarInterval, SessionGrid};

use crate::failure::Failure;

/// Years before and after now of which sessions are taken: a venue's history, and as far as a calendar is known.
const YEARS_BACK: i32 = 10;
const YEARS_AHEAD: i32 = 3;

/// The grids of `bar_calendars`, by the names given there: instruments name their calendars alike. What administrators have
/// laid over the calendars is in them.
pub(super) fn grids(
    laid: &Arc<Overrides>,
    names: &[String],
    now: UnixNanos,
) -> Result<BTreeMap<String, SessionGrid>, Failure> {
    let mut grids = BTreeMap::new();
    for name in names {
        let refuse = |what: String| Failure::Input(format!("bar_calendars: {what}"));
        let known = Calendar::find(name)
            .map_err(|e| refuse(e.to_string()))?
            .with_shared_overrides(Arc::clone(laid));
        let (first, last) = known.coverage();
        let today = date_of(now).ok_or_else(|| refuse("the clock is out of range".to_owned()))?;
        let years = |count: i32| jiff::Span::new().years(count);
        let from = today.saturating_sub(years(YEARS_BACK)).first_of_year().max(first);
        let to = today.saturating_add(years(YEARS_AHEAD)).last_of_year().min(last);
        let grid = known.grid(from, to).map_err(|e| refuse(e.to_string()))?;
        grids.insert(name.clone(), grid);
    }
    Ok(grids)
}

fn date_of(ts: UnixNanos) -> Option<Date> {
    let stamp = Timestamp::from_nanosecond(i128::from(ts.0)).ok()?;
    Some(jiff::tz::TimeZone::UTC.to_datetime(stamp).date())
}

/// The intervals of `count_bars`.
pub(super) fn counted(names: &[String]) -> Result<Vec<BarInterval>, Failure> {
    if names.len() > COUNT_BARS_MAX {
        let what = format!(
            "count_bars: at most {COUNT_BARS_MAX} kinds, found {}",
            names.len()
        );
        return Err(Failure::Input(what));
    }
    let one = |name: &String| -> Result<BarInterval, Failure> {
        let refuse = |what: String| Failure::Input(format!("count_bars: {what}"));
        let interval: BarInterval = name
            .parse()
            .map_err(|e: tradewind_types::market::bars::BadInterval| refuse(e.to_string()))?;
        if interval.is_time() {
            return Err(refuse(format!(
                "{interval} bars are kept anyway; name bars such as 100tick"
            )));
        }
        Ok(interval)
    };
    names.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> UnixNanos {
        "2026-01-15T00:00:00Z".parse().expect("a time")
    }

    #[test]
    fn a_calendar_gives_the_sessions_of_years() {
        let none = Arc::new(Overrides::default());
        let grids = grids(&none, &["XNSE".to_owned()], now()).unwrap_or_default();
        let nse = grids.get("XNSE").expect("a grid");
        let first = nse.spans().first().expect("sessions");
        assert_eq!(first.open.to_string(), "2016-01-01T03:45:00Z");
        assert!(nse.spans().len() > 2_400);
        match super::grids(&none, &["XNOPE".to_owned()], now()) {
            Err(Failure::Input(text)) => assert!(text.contains("no calendar `XNOPE`"), "{text}"),
            _ => panic!("there is no such calendar"),
        }
    }

    #[test]
    fn only_counted_bars_are_named_and_not_too_many() {
        let names = |list: &[&str]| list.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            counted(&names(&["100tick", "2.5vol"]))
                .map(|list| list.len())
                .ok(),
            Some(2)
        );
        for bad in [vec!["1m"], vec!["tick"], vec!["1tick"; 9]] {
            assert!(matches!(counted(&names(&bad)), Err(Failure::Input(_))), "{bad:?}");
        }
    }
}
