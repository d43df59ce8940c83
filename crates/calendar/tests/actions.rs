//! Corporate actions: factors of each kind, chained tables, the event calendar, CSV; and on real data, that dividends and
//! splits worked out of recorded factor files give those files' factors again.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;

use jiff::civil::{Date, date};
use proptest::prelude::*;
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};
use tradewind_calendar::Calendar;
use tradewind_calendar::actions::{
    ActionError, Adjust, AdjustmentTable, EarningsTime, EventCalendar, EventKind, HistoryFactor, ex_instant,
    history_factor, read_csv,
};
use tradewind_types::record::{ActionKind, CorporateAction, Fractions, Ratio};
use tradewind_types::{Currency, InstrumentId, Money, Price, UnixNanos};

fn dec(text: &str) -> Decimal {
    text.parse().expect("a number")
}

fn id(text: &str) -> InstrumentId {
    text.parse().expect("an id")
}

fn action(kind: ActionKind, effective: UnixNanos) -> CorporateAction {
    CorporateAction {
        instrument: id("X.XNYS"),
        kind,
        effective,
        fractions: Fractions::Keep,
        source: "a test".to_owned(),
    }
}

fn dollars(amount: Decimal) -> Money {
    Money::new(amount, Currency::USD)
}

fn ratio(new: u32, held: u32) -> Ratio {
    Ratio { new, held }
}

fn dividend(amount: Decimal) -> ActionKind {
    ActionKind::CashDividend {
        per_unit: Money::new(amount, Currency::USD),
        withholding: Decimal::ZERO,
    }
}

#[test]
fn each_kind_has_the_factor_of_its_formula() {
    let at = UnixNanos::from_secs(1);
    let factor = |kind, close: Option<&str>| {
        history_factor(&action(kind, at), close.map(|c| dollars(dec(c))))
            .map(|f| (f.price.normalize(), f.size.normalize()))
    };
    let pair = |price: &str, size: &str| Some((dec(price), dec(size)));
    assert_eq!(
        factor(ActionKind::Split { ratio: ratio(2, 1) }, None),
        pair("0.5", "2")
    );
    assert_eq!(
        factor(ActionKind::Split { ratio: ratio(1, 8) }, None),
        pair("8", "0.125")
    );
    assert_eq!(
        factor(ActionKind::Bonus { ratio: ratio(1, 1) }, None),
        pair("0.5", "2")
    );
    assert_eq!(
        factor(ActionKind::StockDividend { ratio: ratio(1, 4) }, None),
        pair("0.8", "1.25")
    );
    assert_eq!(factor(dividend(dec("2")), Some("100")), pair("0.98", "1"));
    // One new for each four held at 60, with the stock at 100: worth (400 + 60) / 5 = 92 after.
    let rights = ActionKind::Rights {
        ratio: ratio(1, 4),
        price: Price::new(dec("60")).expect("a price"),
        taken: Decimal::ONE,
    };
    assert_eq!(factor(rights, Some("100")), pair("0.92", "1"));
    let spin_off = ActionKind::SpinOff {
        into: id("Y.XNYS"),
        ratio: ratio(1, 1),
        cost_fraction: dec("0.25"),
    };
    assert_eq!(factor(spin_off, None), pair("0.75", "1"));
    // Without a close there is none; nor where more is paid out than the stock was worth.
    for close in [None, Some("0"), Some("2"), Some("1")] {
        assert_eq!(factor(dividend(dec("2")), close), None);
    }
    assert_eq!(
        factor(ActionKind::SymbolChange { into: id("Y.XNYS") }, Some("1")),
        None
    );
}

#[test]
fn a_dividend_in_another_currency_than_the_price_has_no_factor() {
    let paid = action(dividend(dec("0.31")), UnixNanos::from_secs(1));
    let pounds = Money::new(dec("6.50"), "GBP".parse().expect("a currency"));
    assert_eq!(history_factor(&paid, Some(pounds)), None);
    let table = AdjustmentTable::of_actions([&paid], Adjust::All, |_| Some(pounds));
    let error = table.expect_err("no dated rate").to_string();
    assert!(error.contains("in the currency that it pays in"), "{error}");
    assert!(AdjustmentTable::of_actions([&paid], Adjust::All, |_| Some(dollars(dec("6.50")))).is_ok());
}

#[test]
fn a_table_chains_later_actions_and_splits_alone_leave_dividends_out() {
    let second = UnixNanos::from_secs;
    let actions = [
        action(dividend(dec("1")), second(30)),
        action(ActionKind::Split { ratio: ratio(4, 1) }, second(20)),
        action(dividend(dec("2")), second(10)),
    ];
    let close = |a: &CorporateAction| {
        Some(dollars(if a.effective == second(10) {
            dec("200")
        } else {
            dec("50")
        }))
    };
    let all = AdjustmentTable::of_actions(&actions, Adjust::All, close).expect("factors");
    let prices: Vec<Decimal> = [9, 10, 19, 20, 29, 30]
        .map(|s| all.at(second(s)).price.normalize())
        .to_vec();
    assert_eq!(
        prices,
        [
            dec("0.24255"),
            dec("0.245"),
            dec("0.245"),
            dec("0.98"),
            dec("0.98"),
            dec("1")
        ]
    );
    let splits = AdjustmentTable::of_actions(&actions, Adjust::Splits, |_| None).expect("factors");
    assert_eq!(
        (
            splits.len(),
            splits.at(second(5)).price,
            splits.at(second(5)).size
        ),
        (1, dec("0.25"), dec("4"))
    );
    assert!(matches!(
        AdjustmentTable::of_actions(&actions, Adjust::All, |_| None),
        Err(ActionError::NoFactor { .. })
    ));
    let huge = (0..40).map(|s| HistoryFactor {
        effective: second(s),
        price: dec("0.00001"),
        size: Decimal::ONE,
    });
    assert_eq!(AdjustmentTable::new(huge), Err(ActionError::Overflow));
}

proptest! {
    #[test]
    fn columns_are_adjusted_as_single_values_and_back_again(
        steps in prop::collection::vec((1u64..1_000, 1u32..9, 1u32..9), 0..6),
        mut stamps in prop::collection::vec(0u64..1_100, 1..60),
        sorted in any::<bool>(),
    ) {
        let factors = steps.iter().map(|(at, new, held)| HistoryFactor {
            effective: UnixNanos(*at),
            price: Decimal::from(*held) / Decimal::from(*new),
            size: Decimal::from(*new) / Decimal::from(*held),
        });
        let table = AdjustmentTable::new(factors).expect("small");
        if sorted {
            stamps.sort_unstable();
        }
        let ts: Vec<UnixNanos> = stamps.into_iter().map(UnixNanos).collect();
        let raw: Vec<f64> = (0..ts.len()).filter_map(f64::from_usize).map(|i| 10.0 + i).collect();
        let mut adjusted = raw.clone();
        table.adjust_prices(&ts, &mut adjusted);
        for ((ts, raw), adjusted) in ts.iter().zip(&raw).zip(&adjusted) {
            let factor = table.at(*ts).price.to_f64().expect("a number");
            prop_assert!((adjusted - raw * factor).abs() <= 1e-12 * raw);
        }
        table.unadjust_prices(&ts, &mut adjusted);
        for (raw, back) in raw.iter().zip(&adjusted) {
            prop_assert!((back - raw).abs() <= 1e-12 * raw);
        }
    }
}

#[test]
fn events_come_from_csv_with_the_bad_rows_named_and_are_found_by_date() {
    let calendar = Calendar::find("XNYS").expect("known");
    let text = "kind,instrument,ex_date,new,held,amount,currency,price,period,time,confirmed,source\n\
        split,AAPL.XNAS,2020-08-31,4,1,,,,,,,Apple 8-K\n\
        dividend,AAPL.XNAS,2020-08-07,,,0.82,USD,,,,,Apple 8-K\n\
        earnings,AAPL.XNAS,2020-10-29,,,,,,2020Q4,after_close,true,Apple\n\
        bonus,X.XBOM,2020-09-01,1,0,,,,,,,\n\
        dividend,X.XBOM,2020-09-01,,,-1,INR,,,,,\n\
        buyback,X.XBOM,2020-09-01,,,,,,,,,\n\
        split,X.XBOM,2020-13-01,2,1,,,,,,,\n\
        split,XBOM,2020-09-01,2,1,,,,,,,\n\
        earnings,X.XBOM,2020-09-01,,,,,,,,,\n";
    let imported = read_csv(text, &calendar).expect("a table");
    let lines: Vec<usize> = imported.rejects.iter().map(|r| r.line).collect();
    assert_eq!(lines, [5, 6, 7, 8, 9, 10], "{:?}", imported.rejects);
    assert!(
        imported.rejects[0].reason.contains("held `0`"),
        "{:?}",
        imported.rejects
    );
    let events: EventCalendar = imported.events.into_iter().collect();
    let apple = id("AAPL.XNAS");
    assert_eq!(events.of(&apple).len(), 3);
    assert_eq!(events.between(date(2020, 8, 1), date(2020, 8, 31)).len(), 2);
    let earnings = events.next_earnings(&apple, date(2020, 9, 1)).expect("announced");
    assert!(matches!(
        &earnings.kind,
        EventKind::Earnings { time: EarningsTime::AfterClose, confirmed: true, period, .. } if period == "2020Q4"
    ));
    let split = events.actions(&apple).nth(1).expect("a split");
    assert_eq!(
        split.effective.to_string(),
        "2020-08-28T20:00:00Z",
        "the close of the Friday before"
    );
    let mut again = events.clone();
    assert!(
        !again.add(events.of(&apple)[0].clone()),
        "the same event is there once"
    );
}

#[test]
fn actions_with_another_instrument_in_them_come_from_csv_too() {
    let calendar = Calendar::find("XNYS").expect("known");
    let text = "kind,instrument,ex_date,new,held,amount,currency,price,into,cost_fraction\n\
        merger,A.XNYS,2024-03-01,1,2,,,,B.XNYS,\n\
        merger,A.XNYS,2024-03-01,,,54.20,USD,,,\n\
        merger,A.XNYS,2024-03-01,1,2,10,USD,,B.XNYS,0.4\n\
        spin_off,A.XNYS,2024-03-01,1,4,,,,C.XNYS,0.25\n\
        symbol_change,FB.XNAS,2022-06-09,,,,,,META.XNAS,\n\
        delisting,D.XNYS,2024-03-01,,,,,0,,\n\
        merger,A.XNYS,2024-03-01,1,2,10,USD,,B.XNYS,\n\
        spin_off,A.XNYS,2024-03-01,1,4,,,,C.XNYS,1.25\n\
        symbol_change,FB.XNAS,2022-06-09,,,,,,,\n\
        delisting,D.XNYS,2024-03-01,,,,,,,\n";
    let imported = read_csv(text, &calendar).expect("a table");
    let names: Vec<&str> = imported.events.iter().map(|e| e.kind.name()).collect();
    assert_eq!(
        names,
        [
            "merger",
            "merger",
            "merger",
            "spin_off",
            "symbol_change",
            "delisting"
        ]
    );
    assert_eq!(imported.lines, [2, 3, 4, 5, 6, 7]);
    let kinds: Vec<&ActionKind> = imported
        .events
        .iter()
        .filter_map(|e| match &e.kind {
            EventKind::Action { action } => Some(&action.kind),
            EventKind::Earnings { .. } => None,
        })
        .collect();
    let b = Some((id("B.XNYS"), ratio(1, 2)));
    let merger =
        |stock: Option<(InstrumentId, Ratio)>, cash: Option<&str>, fraction: &str| ActionKind::Merger {
            stock,
            cash: cash.map(|amount| dollars(dec(amount))),
            cash_cost_fraction: dec(fraction),
        };
    assert_eq!(*kinds[0], merger(b.clone(), None, "0"));
    assert_eq!(*kinds[1], merger(None, Some("54.20"), "1"));
    assert_eq!(*kinds[2], merger(b, Some("10"), "0.4"));
    let reasons: Vec<&str> = imported.rejects.iter().map(|r| r.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "cost_fraction `` is not a number from 0 to 1",
            "cost_fraction `1.25` is not a number from 0 to 1",
            "into: `` is not a valid instrument id: SYMBOL.MARKET such as BTC-USD.COINBASE",
            "price `` is not a number of at least 0",
        ]
    );
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

/// A row of a factor file: up to this date prices are multiplied by both; the close of the date.
struct Row {
    date: Date,
    price: f64,
    split: f64,
    close: f64,
}

fn factor_rows(path: PathBuf) -> Vec<Row> {
    let text = std::fs::read_to_string(path).expect("text");
    let row = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let day: i32 = fields[0].parse().expect("a day");
        let part = |n: i32| i8::try_from(n % 100).expect("in range");
        let number = |i: usize| fields[i].trim().parse::<f64>().expect("a number");
        Row {
            date: date(
                i16::try_from(day / 10_000).expect("a year"),
                part(day / 100),
                part(day),
            ),
            price: number(1),
            split: number(2),
            close: number(3),
        }
    };
    text.lines().filter(|l| !l.trim().is_empty()).map(row).collect()
}

fn closes(path: PathBuf) -> BTreeMap<Date, f64> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).expect("the file opens"))
        .read_to_string(&mut text)
        .expect("gzip");
    let bar = |line: &str| {
        let fields: Vec<&str> = line.split(',').collect();
        let close = fields[4].parse().expect("a price");
        (fields[0][..10].parse().expect("a date"), close)
    };
    text.lines().skip(1).map(bar).collect()
}

/// The smallest ratio of whole numbers for a factor.
fn whole_ratio(units: f64) -> Ratio {
    for held in 1..=50u32 {
        let new = (units * f64::from(held)).round();
        if new >= 1.0 && (new / f64::from(held) / units - 1.0).abs() < 2e-5 {
            return ratio(new.to_u32().expect("small"), held);
        }
    }
    panic!("{units} is no ratio of small numbers");
}

const STOCKS: [&str; 9] = ["AAPL", "AIG", "BNO", "EEM", "FB", "GOOGL", "IWM", "SPY", "USO"];

#[test]
fn dividends_and_splits_of_recorded_factor_files_adjust_daily_bars_as_those_files_do() {
    let nyse = Calendar::find("XNYS").expect("known");
    let (mut dividends, mut splits) = (0, 0);
    for stock in STOCKS {
        let (Some(rows), Some(bars)) = (
            shared(&format!("factors/{stock}.csv")),
            shared(&format!("bars/{stock}.US.1d.csv.gz")),
        ) else {
            return;
        };
        let (rows, bars) = (factor_rows(rows), closes(bars));
        let mut actions = Vec::new();
        for pair in rows.windows(2) {
            let (row, next) = (&pair[0], &pair[1]);
            let Some(close) = bars.get(&row.date).copied() else {
                continue;
            };
            let ex_date = nyse.next_session(row.date).expect("covered").expect("one").date;
            let effective = ex_instant(&nyse, ex_date).expect("covered");
            if (row.split / next.split - 1.0).abs() > 1e-6 {
                splits += 1;
                let ratio = whole_ratio(next.split / row.split);
                actions.push(action(ActionKind::Split { ratio }, effective));
            }
            let paid = close * (1.0 - row.price / next.price);
            if paid.abs() > 1e-6 {
                dividends += 1;
                // The file's own close of the day is that of the bars.
                assert!(
                    (row.close - close).abs() < 0.011,
                    "{stock} {}: {} {close}",
                    row.date,
                    row.close
                );
                actions.push(action(
                    dividend(Decimal::from_f64(paid).expect("a number")),
                    effective,
                ));
            }
        }
        let close_before = |a: &CorporateAction| {
            let before = bars.range(
                ..jiff::Timestamp::from_nanosecond(i128::from(a.effective.0))
                    .expect("in range")
                    .to_zoned(nyse.zone().clone())
                    .date()
                    .tomorrow()
                    .expect("in range"),
            );
            before
                .last()
                .and_then(|(_, close)| Decimal::from_f64(*close))
                .map(dollars)
        };
        let table = AdjustmentTable::of_actions(&actions, Adjust::All, close_before).expect("factors");
        let mut compared = 0;
        for (day, close) in &bars {
            // The row of a day is the first that is dated on it or later.
            let row = rows
                .iter()
                .find(|r| r.date >= *day)
                .expect("the last row is of 2050");
            let open = nyse
                .session_on(*day)
                .expect("covered")
                .expect("a session with a bar")
                .open;
            let mut adjusted = [*close];
            table.adjust_prices(&[open], &mut adjusted);
            let theirs = close * row.price * row.split;
            assert!(
                (adjusted[0] / theirs - 1.0).abs() < 2e-5,
                "{stock} {day}: {} {theirs}",
                adjusted[0]
            );
            compared += 1;
        }
        assert!(compared > 1_000, "{stock}");
    }
    assert!(
        dividends > 200 && splits >= 5,
        "{dividends} dividends, {splits} splits"
    );
}
