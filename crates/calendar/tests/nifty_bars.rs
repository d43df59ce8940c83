//! The trading days of the NSE against recorded 1-minute bars of NIFTY (shared data, 2013 to 2016): an independent witness, among
//! others of three Saturdays.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::PathBuf;

use jiff::civil::{Date, date};
use tradewind_calendar::Calendar;

/// The shared data, or `None` with a note that the test is skipped.
fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("TRADEWIND_TEST_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let path = root.join(path);
    if path.exists() {
        return Some(path);
    }
    eprintln!(
        "SKIPPED: {} is not there (set TRADEWIND_TEST_DATA)",
        path.display()
    );
    None
}

/// The bars' lines. A line begins with the end of its bar, in IST.
fn bars(path: PathBuf) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).expect("the file opens"))
        .read_to_string(&mut text)
        .expect("gzip");
    text
}

/// The days with bars.
fn days_with_bars(text: &str) -> BTreeSet<Date> {
    let day = |line: &str| line.get(..10).and_then(|d| d.parse().ok()).expect("a date");
    text.lines().skip(1).map(day).collect()
}

/// The ends of the bars of a day, in minutes of UTC since 1970.
fn minutes_of(text: &str, day: Date) -> BTreeSet<i128> {
    let day = day.to_string();
    let minute = |line: &str| {
        let stamp = line.split(',').next().expect("a field");
        let end: jiff::Timestamp = stamp.parse().expect("a time");
        end.as_nanosecond() / 60_000_000_000
    };
    text.lines()
        .filter(|line| line.starts_with(&day))
        .map(minute)
        .collect()
}

#[test]
fn trading_days_of_the_nse_agree_with_recorded_bars() {
    let Some(path) = shared("bars/NIFTY.NSE.1m.csv.gz") else {
        return;
    };
    let bars = days_with_bars(&bars(path));
    let (first, last) = (*bars.first().expect("bars"), *bars.last().expect("bars"));
    assert!(bars.len() > 900, "{}", bars.len());
    let nse = Calendar::find("XNSE").expect("known");
    let sessions: BTreeSet<Date> = nse
        .sessions(first, last)
        .expect("covered")
        .into_iter()
        .map(|s| s.date)
        .collect();
    let only_bars: Vec<_> = bars.difference(&sessions).collect();
    assert!(only_bars.is_empty(), "bars without a session: {only_bars:?}");
    // Two evenings of Diwali were not recorded; the NSE's archive of daily files has them (docs/calendars.md).
    let only_sessions: Vec<Date> = sessions.difference(&bars).copied().collect();
    assert_eq!(only_sessions, [date(2015, 11, 11)]);
    for saturday in [date(2013, 5, 11), date(2014, 3, 22), date(2015, 2, 28)] {
        assert!(
            bars.contains(&saturday) && sessions.contains(&saturday),
            "{saturday}"
        );
    }
}

#[test]
fn special_sessions_have_the_minutes_of_recorded_bars() {
    let Some(path) = shared("bars/NIFTY.NSE.1m.csv.gz") else {
        return;
    };
    let text = bars(path);
    let nse = Calendar::find("XNSE").expect("known");
    for day in [
        date(2013, 5, 11),
        date(2014, 3, 22),
        date(2014, 10, 23),
        date(2015, 2, 28),
    ] {
        let session = nse.sessions(day, day).expect("covered");
        let [session] = session.as_slice() else {
            panic!("one session is wanted on {day}");
        };
        let minute = |ts: tradewind_types::UnixNanos| i128::from(ts.0) / 60_000_000_000;
        let wanted: BTreeSet<i128> = (minute(session.open) + 1..=minute(session.close)).collect();
        let recorded = minutes_of(&text, day);
        let missing: Vec<_> = wanted.difference(&recorded).collect();
        assert!(missing.is_empty(), "{day}: minutes without a bar: {missing:?}");
        // Beside them only the price of the pre-open session and that of the close.
        let beside = recorded.difference(&wanted).count();
        assert!(beside <= 3, "{day}: {beside} bars outside of the session");
    }
}
