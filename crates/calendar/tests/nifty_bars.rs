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

/// The days with bars; a bar is stamped with its end, in IST.
fn days_with_bars(path: PathBuf) -> BTreeSet<Date> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).expect("the file opens"))
        .read_to_string(&mut text)
        .expect("gzip");
    let day = |line: &str| line.get(..10).and_then(|d| d.parse().ok()).expect("a date");
    text.lines().skip(1).map(day).collect()
}

#[test]
fn trading_days_of_the_nse_agree_with_recorded_bars() {
    let Some(path) = shared("bars/NIFTY.NSE.1m.csv.gz") else {
        return;
    };
    let bars = days_with_bars(path);
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
    // Two evenings of Diwali were not recorded; they are in NSE's circulars.
    let only_sessions: Vec<Date> = sessions.difference(&bars).copied().collect();
    assert_eq!(only_sessions, [date(2013, 11, 3), date(2015, 11, 11)]);
    for saturday in [date(2013, 5, 11), date(2014, 3, 22), date(2015, 2, 28)] {
        assert!(
            bars.contains(&saturday) && sessions.contains(&saturday),
            "{saturday}"
        );
    }
}
