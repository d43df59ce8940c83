//! What a calendar answers: next and previous, what is open, minutes, phases, hours that changed, overrides.

use jiff::civil::{Date, date};
use tradewind_calendar::{
    Calendar, CalendarError, Day, HoursTable, OverrideText, Overrides, PhaseKind, Session, overrides,
};
use tradewind_types::UnixNanos;

fn calendar(id: &str) -> Calendar {
    Calendar::find(id).expect("known")
}

fn on(id: &str, date: Date) -> Session {
    calendar(id)
        .session_on(date)
        .expect("covered")
        .expect("a session")
}

fn ts(text: &str) -> UnixNanos {
    text.parse().expect("a time stamp")
}

fn times(session: &Session) -> String {
    format!("{} {}", session.open, session.close)
}

#[test]
fn futures_and_options_of_the_nse_close_ten_minutes_later_from_august_2026() {
    assert_eq!(
        times(&on("NFO", date(2026, 7, 31))),
        "2026-07-31T03:45:00Z 2026-07-31T10:00:00Z"
    );
    assert_eq!(
        times(&on("NFO", date(2026, 8, 3))),
        "2026-08-03T03:45:00Z 2026-08-03T10:10:00Z"
    );
    assert!(!on("NFO", date(2026, 8, 3)).early_close);
    // The cash market still closes at 15:30, with an auction for stocks with derivatives.
    let auction = |d| {
        let phases = calendar("NSE").phases(d).expect("covered");
        phases.into_iter().find(|p| p.kind == PhaseKind::ClosingAuction)
    };
    assert!(auction(date(2026, 7, 31)).is_none());
    let auction = auction(date(2026, 8, 3)).expect("an auction");
    assert_eq!(
        (auction.start, auction.end),
        (ts("2026-08-03T09:45:00Z"), ts("2026-08-03T10:05:00Z"))
    );
}

#[test]
fn sessions_follow_one_another_over_holidays_and_weekends() {
    let nyse = calendar("XNYS");
    let next = nyse
        .next_session(date(2024, 12, 24))
        .expect("covered")
        .expect("one");
    assert_eq!(next.date, date(2024, 12, 26));
    let previous = nyse
        .previous_session(date(2024, 12, 26))
        .expect("covered")
        .expect("one");
    assert_eq!(previous.date, date(2024, 12, 24));
    assert!(previous.early_close && previous.name.as_deref() == Some("Christmas Eve"));
    let friday = nyse
        .session_on_or_before(date(2024, 12, 29))
        .expect("covered")
        .expect("one");
    assert_eq!(friday.date, date(2024, 12, 27));
    assert_eq!(
        nyse.day(date(2024, 12, 25)),
        Ok(Day::Holiday("Christmas Day".into()))
    );
    assert_eq!(nyse.day(date(2024, 12, 28)), Ok(Day::Weekend));
    let (first, last) = nyse.coverage();
    assert_eq!(nyse.previous_session(first), Ok(None));
    assert_eq!(nyse.next_session(last), Ok(None));
}

#[test]
fn what_is_open_is_told_to_the_nanosecond_and_not_during_the_break() {
    let tokyo = calendar("XTKS");
    for (at, open) in [
        ("2024-10-01T23:59:59.999999999Z", false),
        ("2024-10-02T00:00:00Z", true),
        ("2024-10-02T02:29:59.999999999Z", true),
        ("2024-10-02T02:30:00Z", false),
        ("2024-10-02T03:30:00Z", true),
        ("2024-10-02T06:00:00Z", false),
    ] {
        assert_eq!(tokyo.is_open_at(ts(at)), Ok(open), "{at}");
    }
    assert!(
        tokyo
            .session_at(ts("2024-10-02T03:00:00Z"))
            .expect("covered")
            .is_some(),
        "in the break"
    );
    assert_eq!(on("XTKS", date(2024, 10, 2)).minutes(), 300);
    assert_eq!(on("XTKS", date(2024, 11, 5)).minutes(), 330);
}

#[test]
fn a_session_may_begin_on_the_evening_before() {
    let cme = calendar("CME");
    let sunday = ts("2024-01-07T23:30:00Z");
    let session = cme.session_at(sunday).expect("covered").expect("open");
    assert_eq!(session.date, date(2024, 1, 8));
    assert!(!cme.is_open_at(ts("2024-01-07T22:59:59Z")).expect("covered"));
    let fx = calendar("FX");
    assert!(fx.is_open_at(ts("2024-07-07T21:00:00Z")).expect("covered"));
    assert!(!fx.is_open_at(ts("2024-07-05T21:00:00Z")).expect("covered"));
    assert!(
        calendar("CRYPTO")
            .is_open_at(ts("2024-07-06T12:00:00Z"))
            .expect("covered")
    );
    assert_eq!(on("CRYPTO", date(2024, 7, 6)).minutes(), 1_440);
}

#[test]
fn minutes_between_two_instants_are_those_of_trading() {
    let nyse = calendar("XNYS");
    // Friday half an hour before the close to Monday half an hour after the open.
    let minutes = nyse.trading_minutes(ts("2024-03-08T20:30:00Z"), ts("2024-03-11T14:00:00Z"));
    assert_eq!(minutes, Ok(60));
    assert_eq!(
        nyse.trading_minutes(ts("2024-03-11T14:00:00Z"), ts("2024-03-08T20:30:00Z")),
        Ok(0)
    );
    let tokyo = calendar("XTKS");
    let minutes = tokyo.trading_minutes(ts("2024-10-02T02:00:00Z"), ts("2024-10-02T04:00:00Z"));
    assert_eq!(minutes, Ok(60));
}

#[test]
fn the_next_open_is_found_from_any_instant() {
    let nyse = calendar("XNYS");
    let next = |at| {
        nyse.next_open(ts(at))
            .expect("covered")
            .expect("one")
            .open
            .to_string()
    };
    assert_eq!(next("2024-03-08T14:29:59Z"), "2024-03-08T14:30:00Z");
    assert_eq!(next("2024-03-08T14:30:00Z"), "2024-03-11T13:30:00Z");
    assert_eq!(next("2024-03-09T12:00:00Z"), "2024-03-11T13:30:00Z");
}

#[test]
fn commodities_in_india_follow_the_clocks_of_the_united_states() {
    assert_eq!(on("MCX", date(2024, 3, 7)).close, ts("2024-03-07T18:25:00Z"));
    assert_eq!(on("MCX", date(2024, 3, 11)).close, ts("2024-03-11T18:00:00Z"));
    let evening = on("MCX", date(2024, 4, 17));
    assert_eq!(times(&evening), "2024-04-17T11:30:00Z 2024-04-17T18:00:00Z");
    assert_eq!(on("MCX", date(2025, 1, 1)).close, ts("2025-01-01T11:30:00Z"));
}

#[test]
fn extended_hours_end_earlier_after_an_early_close() {
    let post = |d| {
        let phases = calendar("XNAS").phases(d).expect("covered");
        let post = phases
            .into_iter()
            .find(|p| p.kind == PhaseKind::PostMarket)
            .expect("one");
        (post.start.to_string(), post.end.to_string())
    };
    assert_eq!(
        post(date(2024, 11, 27)),
        ("2024-11-27T21:00:00Z".into(), "2024-11-28T01:00:00Z".into())
    );
    assert_eq!(
        post(date(2024, 11, 29)),
        ("2024-11-29T18:00:00Z".into(), "2024-11-29T22:00:00Z".into())
    );
}

#[test]
fn hours_of_the_past_are_there_where_the_reference_calendars_have_todays() {
    let frankfurt = calendar("XETR");
    let close = |c: &Calendar| {
        c.session_on(date(2002, 1, 15))
            .expect("covered")
            .expect("one")
            .close
            .to_string()
    };
    assert_eq!(close(&frankfurt), "2002-01-15T16:30:00Z");
    assert_eq!(
        close(&frankfurt.with_hours(HoursTable::AsTraded)),
        "2002-01-15T19:00:00Z"
    );
    let mumbai = calendar("BSE").with_hours(HoursTable::AsTraded);
    let open = |d| {
        mumbai
            .session_on(d)
            .expect("covered")
            .expect("one")
            .open
            .to_string()
    };
    assert_eq!(open(date(2009, 12, 31)), "2009-12-31T04:25:00Z");
    assert_eq!(open(date(2010, 1, 4)), "2010-01-04T03:30:00Z");
    assert_eq!(open(date(2010, 10, 18)), "2010-10-18T03:45:00Z");
}

#[test]
fn years_that_are_not_published_are_provisional_and_those_unknown_refused() {
    let nse = calendar("XNSE");
    assert!(!on("XNSE", date(2026, 12, 31)).provisional);
    assert!(on("XNSE", date(2027, 1, 4)).provisional);
    assert!(!nse.is_trading_day(date(2027, 1, 26)).expect("covered"));
    assert!(matches!(
        nse.day(date(1995, 12, 29)),
        Err(CalendarError::OutsideCoverage { calendar: "XNSE", .. })
    ));
    assert!(matches!(
        nse.sessions(date(2024, 2, 1), date(2024, 1, 1)),
        Err(CalendarError::EmptyPeriod { .. })
    ));
    let unknown = Calendar::find("XXXX").expect_err("refused").to_string();
    assert!(unknown.contains("XXXX") && unknown.contains("XNYS"), "{unknown}");
}

#[test]
fn overrides_lie_over_the_rules_and_are_read_from_csv_with_the_bad_lines_named() {
    let text = "Date,Calendar,kind,open,close,break_start,break_end,name\n\
        2026-11-08,nse,special,18:00,19:00,,,Muhurat trading\n\
        2026-12-01,XNSE,holiday,,,,,\"Election, by-poll\"\n\
        2026-12-02,XNSE,early_close,,13:00,,,Half day\n\
        2026-12-32,XNSE,holiday,,,,,No such day\n\
        2026-12-03,XXXX,holiday,,,,,No such exchange\n\
        2026-12-04,XNSE,special,18:00,17:00,,,Backwards\n\
        2026-12-07,XNSE,special,10:00,17:00,12:00,,Half a break\n\
        2026-12-08,XNSE,close,,,,,What kind\n\
        2026-12-01,NSE,holiday,,,,,Again\n\
        2026-12-09,XNSE,early_close,,,,,No time\n";
    let imported = overrides::read_csv(text).expect("a table");
    let rejects: Vec<String> = imported
        .rejects
        .iter()
        .map(|r| format!("{}: {}", r.line, r.reason))
        .collect();
    assert_eq!(
        rejects,
        [
            "5: `2026-12-32` is not a date such as 2026-11-29",
            "6: there is no calendar `XXXX`",
            "7: the times are not in order: open, break_start, break_end and close must follow one another",
            "8: break_end is missing",
            "9: kind `close` is not one of holiday, special, early_close",
            "10: line 3 changes the same date of the same calendar",
            "11: close is missing",
        ]
    );
    let overrides: Overrides = imported.overrides.into_iter().collect();
    assert_eq!(overrides.len(), 3);
    let nse = calendar("NSE").with_overrides(overrides.clone());
    let muhurat = nse
        .session_on(date(2026, 11, 8))
        .expect("covered")
        .expect("a session");
    assert_eq!(times(&muhurat), "2026-11-08T12:30:00Z 2026-11-08T13:30:00Z");
    // The regular day's auctions are not those of an evening.
    assert_eq!(nse.phases(date(2026, 11, 8)), Ok(Vec::new()));
    assert_eq!(
        nse.day(date(2026, 12, 1)),
        Ok(Day::Holiday("Election, by-poll".into()))
    );
    let half = nse
        .session_on(date(2026, 12, 2))
        .expect("covered")
        .expect("a session");
    assert!(half.early_close && half.close == ts("2026-12-02T07:30:00Z"));
    assert_eq!(half.name.as_deref(), Some("Half day"));
    // Another calendar, and the one without overrides, stay as they are.
    assert!(
        calendar("BSE")
            .with_overrides(overrides)
            .is_trading_day(date(2026, 12, 1))
            .expect("covered")
    );
    assert!(
        calendar("NSE")
            .is_trading_day(date(2026, 12, 1))
            .expect("covered")
    );
}

#[test]
fn a_file_about_one_calendar_needs_no_column_for_it_and_holds_no_other() {
    let of = calendar("NSE");
    let imported =
        overrides::read_csv_of("date,kind,name\n2026-12-01,holiday,Election\n", &of).expect("a table");
    let first = imported.overrides.first().expect("one");
    assert_eq!(
        (first.calendar, first.date, imported.lines),
        ("XNSE", date(2026, 12, 1), vec![2])
    );
    let text = "calendar,date,kind,name\n,2026-12-01,holiday,a\nnse,2026-12-02,holiday,b\nXLON,2026-12-03,holiday,c\n";
    let imported = overrides::read_csv_of(text, &of).expect("a table");
    assert_eq!(imported.lines, [2, 3]);
    let rejects: Vec<String> = imported
        .rejects
        .iter()
        .map(|r| format!("{}: {}", r.line, r.reason))
        .collect();
    assert_eq!(rejects, ["4: this is about the calendar XLON, not XNSE"]);
}

#[test]
fn an_early_close_before_the_open_is_a_holiday_and_on_a_closed_day_nothing() {
    let early = |date, close| {
        let fields = OverrideText {
            calendar: "XNYS",
            date,
            kind: "early_close",
            close,
            name: "Storm",
            ..OverrideText::default()
        };
        fields.read().expect("valid")
    };
    let nyse = calendar("XNYS").with_overrides(
        [
            early("2026-12-01", "09:00"),
            early("2026-12-25", "13:00"),
            early("2026-12-02", "23:00"),
        ]
        .into_iter()
        .collect(),
    );
    assert_eq!(nyse.day(date(2026, 12, 1)), Ok(Day::Holiday("Storm".into())));
    assert_eq!(
        nyse.day(date(2026, 12, 25)),
        Ok(Day::Holiday("Christmas Day".into()))
    );
    let later = nyse
        .session_on(date(2026, 12, 2))
        .expect("covered")
        .expect("a session");
    assert_eq!(
        later.close,
        ts("2026-12-02T21:00:00Z"),
        "an early close makes no day longer"
    );
}
