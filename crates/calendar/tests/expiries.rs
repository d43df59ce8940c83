//! Expiry dates against what exchanges announced and what was recorded: contracts by underlying, moves on holidays, labels.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::PathBuf;

use jiff::civil::{Date, date};
use tradewind_calendar::expiry::{Expiry, ExpiryRules, Label, Series};
use tradewind_calendar::{Calendar, CalendarError, Overrides, overrides};
use tradewind_types::UnixNanos;

fn rules(name: &str) -> ExpiryRules {
    ExpiryRules::find(name).expect("known")
}

fn dates(name: &str, series: Series, from: Date, to: Date) -> Vec<String> {
    let of = |e: Expiry| (e.series == series).then(|| e.date.to_string());
    rules(name)
        .between(from, to)
        .expect("covered")
        .into_iter()
        .filter_map(of)
        .collect()
}

fn ts(text: &str) -> UnixNanos {
    text.parse().expect("a time stamp")
}

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

fn unzipped(path: PathBuf) -> String {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).expect("the file opens"))
        .read_to_string(&mut text)
        .expect("gzip");
    text
}

#[test]
fn nifty_moves_from_thursdays_to_tuesdays_in_september_2025() {
    // The revised contracts of NSE's circular of 2025-06-23; 2 October 2025 is a holiday, Diwali's 21st too.
    assert_eq!(
        dates("NIFTY", Series::Weekly, date(2025, 8, 20), date(2025, 10, 31)),
        [
            "2025-08-21",
            "2025-08-28",
            "2025-09-02",
            "2025-09-09",
            "2025-09-16",
            "2025-09-23",
            "2025-09-30",
            "2025-10-07",
            "2025-10-14",
            "2025-10-20",
            "2025-10-28"
        ]
    );
    assert_eq!(
        dates("NIFTY", Series::Monthly, date(2025, 7, 1), date(2025, 12, 31)),
        [
            "2025-07-31",
            "2025-08-28",
            "2025-09-30",
            "2025-10-28",
            "2025-11-25",
            "2025-12-30"
        ]
    );
    assert_eq!(
        dates("NIFTY", Series::Quarterly, date(2025, 1, 1), date(2025, 12, 31)),
        ["2025-03-27", "2025-06-26", "2025-09-30", "2025-12-30"]
    );
}

#[test]
fn banknifty_has_wednesdays_but_for_the_week_of_the_month_and_no_weeklies_since_november_2024() {
    assert_eq!(
        dates("BANKNIFTY", Series::Weekly, date(2023, 8, 25), date(2023, 10, 5)),
        [
            "2023-08-31",
            "2023-09-06",
            "2023-09-13",
            "2023-09-20",
            "2023-09-28",
            "2023-10-04"
        ]
    );
    // Christmas is the last Wednesday.
    assert_eq!(
        dates("BANKNIFTY", Series::Monthly, date(2024, 2, 1), date(2025, 2, 28)),
        [
            "2024-02-29",
            "2024-03-27",
            "2024-04-24",
            "2024-05-29",
            "2024-06-26",
            "2024-07-31",
            "2024-08-28",
            "2024-09-25",
            "2024-10-30",
            "2024-11-27",
            "2024-12-24",
            "2025-01-30",
            "2025-02-27"
        ]
    );
    let last = dates("BANKNIFTY", Series::Weekly, date(2024, 11, 1), date(2026, 12, 31));
    assert_eq!(last, ["2024-11-06", "2024-11-13"]);
    assert_eq!(
        dates("MIDCPNIFTY", Series::Weekly, date(2023, 8, 10), date(2023, 9, 5)),
        ["2023-08-16", "2023-08-21", "2023-08-28", "2023-09-04"]
    );
    assert_eq!(
        dates("FINNIFTY", Series::Weekly, date(2024, 11, 10), date(2025, 1, 31)),
        ["2024-11-12", "2024-11-19"]
    );
}

#[test]
fn sensex_goes_from_fridays_to_tuesdays_to_thursdays() {
    assert_eq!(
        dates("SENSEX", Series::Weekly, date(2024, 12, 25), date(2025, 1, 15)),
        ["2024-12-27", "2025-01-03", "2025-01-07", "2025-01-14"]
    );
    assert_eq!(
        dates("SENSEX", Series::Weekly, date(2025, 8, 20), date(2025, 9, 12)),
        ["2025-08-26", "2025-09-04", "2025-09-11"]
    );
    // Diwali's evening of trading is no day of expiry.
    assert_eq!(
        dates("SENSEX", Series::Weekly, date(2024, 10, 28), date(2024, 11, 3)),
        ["2024-10-31"]
    );
    assert_eq!(
        dates("BANKEX", Series::Monthly, date(2023, 9, 1), date(2023, 10, 31)),
        ["2023-09-29", "2023-10-30"]
    );
}

#[test]
fn recorded_option_chains_hold_only_expiries_that_we_know() {
    let Some(path) = shared("options/GOOG.20151224.csv.gz") else {
        return;
    };
    let recorded: BTreeSet<Date> = unzipped(path)
        .lines()
        .skip(1)
        .filter_map(|line| {
            let day: i32 = line.split('.').next().filter(|f| f.len() == 8)?.parse().ok()?;
            let part = |n: i32| i8::try_from(n % 100).ok();
            Date::new(i16::try_from(day / 10_000).ok()?, part(day / 100)?, part(day)?).ok()
        })
        .collect();
    assert_eq!(recorded.len(), 11, "{recorded:?}");
    let ours: BTreeSet<Date> = rules("US-EQUITY")
        .between(date(2015, 12, 25), date(2018, 2, 1))
        .expect("covered")
        .into_iter()
        .map(|e| e.date)
        .collect();
    let unknown: Vec<_> = recorded.difference(&ours).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    // Weekly options were listed for five weeks ahead (a sixth, 5 February, among them): all of ours in that time were there.
    let near: BTreeSet<Date> = ours.into_iter().filter(|d| *d <= date(2016, 2, 5)).collect();
    assert!(near.is_subset(&recorded), "{near:?}");
}

#[test]
fn contracts_of_deribit_expire_at_eight_on_fridays() {
    let Some(path) = shared("recordings/DERIBIT.ws.1.0.gz") else {
        return;
    };
    let text = unzipped(path);
    let months = [
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ];
    let mut recorded = BTreeSet::new();
    for name in text
        .split('"')
        .filter(|part| part.starts_with("BTC-") || part.starts_with("ETH-"))
    {
        let Some(part) = name.split('-').nth(1).filter(|p| p.len() >= 6 && p.is_ascii()) else {
            continue;
        };
        let (day_month, year) = part.split_at(part.len() - 2);
        let (day, month) = day_month.split_at(day_month.len() - 3);
        let month = months
            .iter()
            .position(|m| *m == month)
            .and_then(|m| i8::try_from(m + 1).ok());
        if let (Ok(day), Some(month), Ok(year)) = (day.parse::<i8>(), month, year.parse::<i16>()) {
            recorded.insert(date(2000 + year, month, day));
        }
    }
    assert!(!recorded.is_empty());
    for day in recorded {
        let expiries = rules("BTC").between(day, day).expect("covered");
        assert!(
            expiries
                .iter()
                .any(|e| e.at.to_string() == format!("{day}T08:00:00Z")),
            "{day}"
        );
        assert_eq!(day.weekday(), jiff::civil::Weekday::Friday);
        assert!(expiries.iter().any(|e| e.series != Series::Daily), "{day}");
    }
}

#[test]
fn quarters_of_chicago_fall_on_third_fridays_and_wednesdays() {
    assert_eq!(
        dates("ES", Series::Quarterly, date(2024, 1, 1), date(2024, 12, 31)),
        ["2024-03-15", "2024-06-21", "2024-09-20", "2024-12-20"]
    );
    let march = &rules("ES")
        .between(date(2024, 3, 15), date(2024, 3, 15))
        .expect("covered")[0];
    assert_eq!(march.at, ts("2024-03-15T13:30:00Z"));
    assert_eq!(
        dates("IMM", Series::Quarterly, date(2024, 1, 1), date(2024, 12, 31)),
        ["2024-03-20", "2024-06-19", "2024-09-18", "2024-12-18"]
    );
    assert_eq!(
        dates("6E", Series::Quarterly, date(2024, 1, 1), date(2024, 12, 31)),
        ["2024-03-18", "2024-06-17", "2024-09-16", "2024-12-16"]
    );
    // Good Friday was the third one.
    assert_eq!(
        dates("US-EQUITY", Series::Monthly, date(2014, 4, 1), date(2014, 4, 30)),
        ["2014-04-17"]
    );
}

#[test]
fn rank_zero_is_the_nearest_unexpired_until_trading_in_it_ends() {
    let nifty = rules("NIFTY");
    let resolve = |label: &str, as_of: &str| {
        let label: Label = label.parse().expect("a label");
        let expiry = nifty.resolve(label, ts(as_of)).expect("covered").expect("one");
        expiry.date.to_string()
    };
    assert_eq!(resolve("W0", "2025-09-02T09:59:59Z"), "2025-09-02");
    assert_eq!(resolve("W0", "2025-09-02T10:00:00Z"), "2025-09-09");
    assert_eq!(resolve("W1", "2025-09-02T09:59:59Z"), "2025-09-09");
    assert_eq!(resolve("W4", "2025-09-01T00:00:00Z"), "2025-09-30");
    assert_eq!(resolve("M0", "2025-09-01T00:00:00Z"), "2025-09-30");
    assert_eq!(resolve("Q1", "2025-09-01T00:00:00Z"), "2025-12-30");
    // From August 2026 contracts trade to 15:40.
    assert_eq!(resolve("W0", "2026-08-04T10:05:00Z"), "2026-08-04");
    assert_eq!(resolve("W0", "2026-07-28T10:05:00Z"), "2026-08-04");
}

#[test]
fn labels_of_a_period_count_from_its_beginning() {
    let told: Vec<String> = rules("NIFTY")
        .labelled(date(2025, 9, 16), date(2025, 10, 8))
        .expect("covered")
        .into_iter()
        .map(|(e, label)| format!("{} {} {label}", e.date, e.series.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            "2025-09-16 weekly W0",
            "2025-09-23 weekly W1",
            "2025-09-30 weekly W2",
            "2025-09-30 monthly M0",
            "2025-09-30 quarterly Q0",
            "2025-10-07 weekly W3",
        ]
    );
}

#[test]
fn an_override_moves_an_expiry_and_a_period_may_cut_through_a_week() {
    let text = "calendar,date,kind,name\nNFO,2026-12-15,holiday,Mourning\n";
    let overrides: Overrides = overrides::read_csv(text)
        .expect("a table")
        .overrides
        .into_iter()
        .collect();
    let calendar = Calendar::find("NFO").expect("known").with_overrides(overrides);
    let moved = rules("NIFTY").with_calendar(calendar);
    let expiries = moved
        .between(date(2026, 12, 14), date(2026, 12, 14))
        .expect("covered");
    assert_eq!(expiries.len(), 1);
    assert_eq!(expiries[0].moved_from, Some(date(2026, 12, 15)));
    // The week's contract is the month's, on the day after the usual one.
    assert_eq!(
        dates("BANKNIFTY", Series::Weekly, date(2023, 9, 28), date(2023, 9, 28)),
        ["2023-09-28"]
    );
}

#[test]
fn what_is_not_known_is_refused_with_what_is() {
    let refused = ExpiryRules::find("DOGE").expect_err("refused").to_string();
    assert!(
        refused.contains("DOGE") && refused.contains("BANKNIFTY"),
        "{refused}"
    );
    assert!(matches!(
        rules("NIFTY").between(date(2025, 1, 2), date(2025, 1, 1)),
        Err(CalendarError::EmptyPeriod { .. })
    ));
    assert!(matches!(
        rules("NIFTY").between(date(1999, 1, 2), date(2001, 1, 1)),
        Err(CalendarError::OutsideCoverage { .. })
    ));
    assert!(
        rules("NIFTY")
            .between(date(2027, 3, 1), date(2027, 3, 31))
            .expect("covered")
            .iter()
            .all(|e| e.provisional)
    );
}
