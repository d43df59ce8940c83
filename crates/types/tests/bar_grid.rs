//! Where bars begin and end: UTC days, sessions, breaks, margins, weeks and months.

use jiff::civil::date;
use jiff::civil::{Date, Weekday};
use proptest::prelude::*;
use tradewind_types::UnixNanos;
use tradewind_types::market::bar_grid::MARGIN_MAX_NS;
use tradewind_types::market::{BarGrid, BarInterval, BarSlot, GridError, SessionGrid, SessionSpan};
use tradewind_types::time::SECOND_NS;

fn utc_slot(interval: BarInterval, ts: UnixNanos) -> BarSlot {
    BarGrid::Utc
        .slot(interval, ts)
        .expect("without sessions every time has one")
}

fn at(text: &str) -> UnixNanos {
    text.parse().expect("a time")
}

fn interval(text: &str) -> BarInterval {
    text.parse().expect("an interval")
}

fn span(date: Date, open: &str, close: &str) -> SessionSpan {
    SessionSpan {
        date,
        open: at(open),
        close: at(close),
    }
}

/// NSE: 09:15 to 15:30 at +05:30. Friday 2024-01-26 was a holiday.
fn nse() -> SessionGrid {
    let days = [23, 24, 25, 29, 30, 31].map(|day| date(2024, 1, day));
    let days = days.into_iter().chain([date(2024, 2, 1), date(2024, 2, 2)]);
    let spans = days.map(|d| span(d, &format!("{d}T03:45:00Z"), &format!("{d}T10:00:00Z")));
    SessionGrid::new(spans.collect()).expect("a grid")
}

fn bounds(grid: &BarGrid, name: &str, ts: &str) -> (String, String) {
    let slot = grid.slot(interval(name), at(ts)).expect("inside");
    (slot.start.to_string(), slot.end.to_string())
}

fn pair(start: &str, end: &str) -> (String, String) {
    (start.to_owned(), end.to_owned())
}

#[test]
fn an_hour_of_the_nse_begins_at_a_quarter_past_and_the_last_is_short() {
    let grid = BarGrid::from(nse());
    for (ts, start, end) in [
        (
            "2024-01-24T03:45:00Z",
            "2024-01-24T03:45:00Z",
            "2024-01-24T04:45:00Z",
        ),
        (
            "2024-01-24T04:44:59.999999999Z",
            "2024-01-24T03:45:00Z",
            "2024-01-24T04:45:00Z",
        ),
        (
            "2024-01-24T09:59:59Z",
            "2024-01-24T09:45:00Z",
            "2024-01-24T10:00:00Z",
        ),
    ] {
        assert_eq!(bounds(&grid, "1h", ts), pair(start, end));
    }
    assert_eq!(
        bounds(&grid, "12h", "2024-01-24T09:00:00Z"),
        pair("2024-01-24T03:45:00Z", "2024-01-24T10:00:00Z")
    );
    for outside in [
        "2024-01-24T03:44:59Z",
        "2024-01-24T10:00:00Z",
        "2024-01-26T05:00:00Z",
    ] {
        assert_eq!(grid.slot(interval("1m"), at(outside)), None, "{outside}");
    }
}

#[test]
fn days_weeks_and_months_follow_the_trading_dates() {
    let grid = BarGrid::from(nse());
    let ts = "2024-01-31T05:00:00Z";
    assert_eq!(
        bounds(&grid, "D", ts),
        pair("2024-01-31T03:45:00Z", "2024-01-31T10:00:00Z")
    );
    // The week goes on into February, and the month does not.
    assert_eq!(
        bounds(&grid, "W", ts),
        pair("2024-01-29T03:45:00Z", "2024-02-02T10:00:00Z")
    );
    assert_eq!(
        bounds(&grid, "M", ts),
        pair("2024-01-23T03:45:00Z", "2024-01-31T10:00:00Z")
    );
    // A week whose Monday is not a session is stamped with its first session.
    assert_eq!(
        bounds(&grid, "W", "2024-01-25T05:00:00Z"),
        pair("2024-01-23T03:45:00Z", "2024-01-25T10:00:00Z")
    );
}

#[test]
fn a_session_that_opens_the_evening_before_has_the_date_of_its_day() {
    // Globex: Sunday 17:00 in Chicago is Monday's session.
    let spans = vec![
        span(date(2024, 3, 4), "2024-03-03T23:00:00Z", "2024-03-04T22:00:00Z"),
        span(date(2024, 3, 5), "2024-03-04T23:00:00Z", "2024-03-05T22:00:00Z"),
    ];
    let grid = BarGrid::from(SessionGrid::new(spans).expect("a grid"));
    assert_eq!(
        grid.trading_date(at("2024-03-03T23:30:00Z")),
        Some(date(2024, 3, 4))
    );
    assert_eq!(
        bounds(&grid, "W", "2024-03-05T10:00:00Z"),
        pair("2024-03-03T23:00:00Z", "2024-03-05T22:00:00Z")
    );
    assert_eq!(
        BarGrid::Utc.trading_date(at("2024-03-03T23:30:00Z")),
        Some(date(2024, 3, 3))
    );
}

#[test]
fn bars_begin_anew_after_a_break_and_the_day_spans_it() {
    let day = date(2024, 3, 4);
    let spans = vec![
        span(day, "2024-03-04T00:00:00Z", "2024-03-04T02:30:00Z"),
        span(day, "2024-03-04T03:30:00Z", "2024-03-04T06:00:00Z"),
    ];
    let grid = BarGrid::from(SessionGrid::new(spans).expect("a grid"));
    assert_eq!(
        bounds(&grid, "1h", "2024-03-04T02:15:00Z"),
        pair("2024-03-04T02:00:00Z", "2024-03-04T02:30:00Z")
    );
    assert_eq!(
        bounds(&grid, "1h", "2024-03-04T03:31:00Z"),
        pair("2024-03-04T03:30:00Z", "2024-03-04T04:30:00Z")
    );
    assert_eq!(
        bounds(&grid, "D", "2024-03-04T03:31:00Z"),
        pair("2024-03-04T00:00:00Z", "2024-03-04T06:00:00Z")
    );
    assert_eq!(grid.slot(interval("1h"), at("2024-03-04T03:00:00Z")), None);
    let next = grid
        .slot_from(interval("1h"), at("2024-03-04T03:00:00Z"))
        .expect("a slot");
    assert_eq!(next.start, at("2024-03-04T03:30:00Z"));
    assert_eq!(grid.slot_from(interval("1h"), at("2024-03-04T06:00:00Z")), None);
}

#[test]
fn margins_take_the_auctions_prints() {
    let minutes = |n: u64| n * 60 * SECOND_NS;
    let grid = nse().with_margins(minutes(8), minutes(10)).expect("margins");
    let grid = BarGrid::from(grid);
    assert_eq!(
        bounds(&grid, "5m", "2024-01-24T03:37:00Z"),
        pair("2024-01-24T03:45:00Z", "2024-01-24T03:50:00Z")
    );
    let slot = grid
        .slot(interval("5m"), at("2024-01-24T10:09:59Z"))
        .expect("inside");
    assert_eq!(
        (slot.start, slot.settles),
        (at("2024-01-24T09:55:00Z"), at("2024-01-24T10:10:00Z"))
    );
    assert_eq!(grid.slot(interval("5m"), at("2024-01-24T10:10:00Z")), None);
    let inner = grid
        .slot(interval("5m"), at("2024-01-24T09:54:00Z"))
        .expect("inside");
    assert_eq!(inner.settles, inner.end);
    assert!(nse().with_margins(0, MARGIN_MAX_NS + 1).is_err());
}

#[test]
fn stretches_that_make_no_grid_are_refused() {
    let (a, b) = (date(2024, 3, 4), date(2024, 3, 5));
    let empty = vec![span(a, "2024-03-04T02:00:00Z", "2024-03-04T02:00:00Z")];
    assert!(matches!(SessionGrid::new(empty), Err(GridError::Empty { .. })));
    let overlap = vec![
        span(a, "2024-03-04T02:00:00Z", "2024-03-04T04:00:00Z"),
        span(b, "2024-03-04T03:00:00Z", "2024-03-04T05:00:00Z"),
    ];
    assert!(matches!(SessionGrid::new(overlap), Err(GridError::Order { .. })));
    let backwards = vec![
        span(b, "2024-03-04T02:00:00Z", "2024-03-04T04:00:00Z"),
        span(a, "2024-03-05T03:00:00Z", "2024-03-05T05:00:00Z"),
    ];
    assert!(matches!(
        SessionGrid::new(backwards),
        Err(GridError::Order { .. })
    ));
}

proptest! {
    #[test]
    fn utc_weeks_and_months_are_the_calendars(secs in 0u64..16_000_000_000) {
        let ts = UnixNanos::from_secs(secs);
        let date = BarGrid::Utc.trading_date(ts).expect("a date");
        let month = utc_slot(BarInterval::MONTH, ts);
        let of = |ts: UnixNanos| BarGrid::Utc.trading_date(ts).expect("a date");
        prop_assert_eq!(of(month.start), date.first_of_month());
        prop_assert_eq!(of(UnixNanos(month.end.0 - 1)), date.last_of_month());
        let week = utc_slot(BarInterval::WEEK, ts);
        prop_assert!(week.start <= ts && ts < week.end);
        prop_assert_eq!(of(week.end).weekday(), Weekday::Monday);
        prop_assert!(week.start.0 == 0 || of(week.start).weekday() == Weekday::Monday);
    }

    #[test]
    fn slots_hold_their_times_and_follow_one_another(secs in 1_705_900_000u64..1_707_000_000, at in 0..20usize) {
        let interval = BarInterval::every().nth(at).expect("one of twenty");
        for grid in [BarGrid::Utc, nse().into()] {
            let ts = UnixNanos::from_secs(secs);
            let Some(next) = grid.slot_from(interval, ts) else { continue };
            prop_assert!(next.end > ts);
            prop_assert_eq!(grid.slot(interval, next.start), Some(next));
            prop_assert_eq!(grid.slot(interval, UnixNanos(next.end.0 - 1)), Some(next));
            if let Some(slot) = grid.slot(interval, ts) {
                prop_assert_eq!(slot, next);
                prop_assert!(slot.start <= ts && ts < slot.end);
            }
            if let Some(after) = grid.slot_from(interval, next.end) {
                prop_assert!(after.start >= next.end);
            }
        }
    }
}
#[test]
fn a_grid_is_stored_and_read_through_the_same_checks() {
    let grid = nse().with_margins(1, 2).expect("margins");
    let json = serde_json::to_string(&grid).expect("json");
    assert_eq!(serde_json::from_str::<SessionGrid>(&json).expect("read"), grid);
    let backwards = json.replacen("2024-01-24", "2024-01-22", 1);
    assert!(serde_json::from_str::<SessionGrid>(&backwards).is_err());
}

#[test]
fn a_bar_ends_with_its_slot_and_a_bar_of_history_with_its_session() {
    let bar = |interval: BarInterval, ts: &str| tradewind_types::market::Bar {
        instrument: tradewind_types::InstrumentIdx(0),
        interval,
        ts: at(ts),
        open: tradewind_types::PriceMantissa(1),
        high: tradewind_types::PriceMantissa(1),
        low: tradewind_types::PriceMantissa(1),
        close: tradewind_types::PriceMantissa(1),
        volume: tradewind_types::SizeMantissa(1),
        value: 0,
        trades: 1,
        open_interest: None,
        source: tradewind_types::market::BarSource::Trades,
        revision: 0,
        complete: true,
        ts_init: at(ts),
    };
    // A leap February has 29 days, not 30; a March 31.
    let february = BarGrid::Utc.end_of(&bar(BarInterval::MONTH, "2024-02-01T00:00:00Z"));
    assert_eq!(february, at("2024-03-01T00:00:00Z"));
    let march = BarGrid::Utc.end_of(&bar(BarInterval::MONTH, "2024-03-01T00:00:00Z"));
    assert_eq!(march, at("2024-04-01T00:00:00Z"));
    let sessions = BarGrid::from(nse());
    let last = bar(interval("1h"), "2024-01-23T09:45:00Z");
    assert_eq!(sessions.end_of(&last), at("2024-01-23T10:00:00Z"));
    // Files may begin their bars on the clock's hours: the last one still ends with the session.
    let hour = interval("1h");
    assert_eq!(
        sessions.closes(hour, at("2024-01-23T09:30:00Z")),
        at("2024-01-23T10:00:00Z")
    );
    assert_eq!(
        sessions.closes(hour, at("2024-01-23T04:00:00Z")),
        at("2024-01-23T05:00:00Z")
    );
    assert_eq!(
        sessions.closes(hour, at("2024-01-23T12:00:00Z")),
        at("2024-01-23T13:00:00Z")
    );
    assert_eq!(
        BarGrid::Utc.closes(hour, at("2024-01-23T09:30:00Z")),
        at("2024-01-23T10:30:00Z")
    );
}
