//! What holding costs, how contracts end, when positions are closed by force, when what is traded, in which currency:
//! each reckoned by hand.

use tradewind_engine::backtest::BacktestDocument;

use crate::case::{BARS, BASE, Case, fills};

/// Days of one price, or of the closes given: open = the close before.
fn days(closes: &[&str]) -> String {
    let mut text = "ts,open,high,low,close,volume\n".to_owned();
    let mut before = closes[0];
    for (at, close) in closes.iter().enumerate() {
        let number = |t: &str| t.parse::<f64>().expect("a number");
        let (high, low) = if number(before) > number(close) {
            (before, *close)
        } else {
            (*close, before)
        };
        text.push_str(&format!(
            "2024-01-{:02},{before},{high},{low},{close},1000\n",
            at + 1
        ));
        before = close;
    }
    text
}

/// Something at the close of the first day.
fn scripted(action: &str, account: &str, instrument: &str, more: &str) -> (Case, String) {
    let text = format!(
        r#"
[account]
cash = "10000"
{account}
[[instruments]]
id = "ABC.XNAS"
tick = "0.01"
lot = "1"
{instrument}
[[data]]
instrument = "ABC.XNAS"
file = "data.csv"
interval = "1d"
[strategy]
script = "s.rhai"
instruments = ["ABC.XNAS"]
[risk]
profile = "wide"
{more}
"#
    );
    let case = Case::new(&days(&["100", "100", "100"]));
    // 2024-01-01 is the bar that closes first.
    case.file(
        "s.rhai",
        &format!(
            "fn init() {{ #{{ window: 1 }} }}\nfn on_bar(ctx) {{ if ctx.ts == 1704067200 {{ {action} }} }}\n"
        ),
    );
    (case, text)
}

fn about<'a>(result: &'a BacktestDocument, word: &str) -> &'a str {
    let found = result.assumptions.iter().find(|a| a.about == word);
    &found.expect("stated").text
}

fn booked(result: &BacktestDocument) -> Vec<(&str, &str)> {
    let all = result.summary.booked.iter();
    all.map(|b| (b.kind.as_str(), b.amount.as_str())).collect()
}

fn sound(result: &BacktestDocument) {
    assert_eq!(result.checks.illegal_outcomes, 0);
    assert_eq!(result.checks.ledger, None);
}

#[test]
fn funding_is_paid_on_the_mark_of_its_time_and_before_what_fills_then() {
    let text = BASE
        .replace("cash = \"10000\"", "cash = \"10000\"\nmargin = true")
        .replace("tick =", "kind = \"perpetual\"\ntick =")
        + "[[funding]]\ninstrument = \"ABC.XNAS\"\nrate = \"0.001\"\ninterval = \"1d\"\n";
    let result = Case::new(BARS).run(&text);
    // 47 held over the midnights of the 6th, 7th and 8th, at the closes before: 111, 112, 96.
    // 47 × (111 + 112 + 96) × 0.001 = 14.993; nothing on the 5th, when it was bought after the funding.
    assert_eq!(
        booked(&result),
        [("commission", "-9.447"), ("funding", "-14.993")]
    );
    assert_eq!(result.summary.final_equity, "9364.56");
    assert!(about(&result, "funding").contains("0.001 of the position's value every 24 h"));
    sound(&result);
    let off = Case::new(BARS).run(BASE);
    assert_eq!(about(&off, "funding"), "No funding.");
    assert_eq!(off.summary.final_equity, "9379.553");
}

#[test]
fn dated_funding_within_a_bar_is_booked_when_the_bar_ends() {
    let case = Case::new(BARS);
    case.file(
        "funding.csv",
        "ts,rate\n2024-01-06T12:00:00Z,0.002\n2024-01-07T12:00:00Z,-0.001\n",
    );
    let text = BASE
        .replace("cash = \"10000\"", "cash = \"10000\"\nmargin = true")
        .replace("tick =", "kind = \"perpetual\"\ntick =")
        + "[[funding]]\ninstrument = \"ABC.XNAS\"\nfile = \"funding.csv\"\n";
    let result = case.run(&text);
    // −47 × 112 × 0.002 + 47 × 96 × 0.001.
    assert_eq!(booked(&result)[1], ("funding", "-6.016"));
}

#[test]
fn cash_earns_and_owes_interest_at_midnight() {
    let interest = "[[interest]]\ncredit = \"0.0365\"\ndebit = \"0.073\"\n";
    let (case, text) = scripted("", "", "", interest);
    // 0.0001 a day: 10,001, then 10,002.0001, then 10,003.00030001.
    let earned = case.run(&text);
    assert_eq!(earned.summary.final_equity, "10003.00030001");
    let (case, text) = scripted(
        "buy(150.0);",
        "margin = true",
        "margin_initial = \"0.1\"",
        interest,
    );
    let owed = case.run(&text);
    // Credit on 10,000 at the first midnight, then 15,000 spent: 4,999 below zero at 0.0002 a day, twice.
    // 1 − 0.9998 − 4,999.9998 × 0.0002 = 1 − 0.9998 − 0.99999996.
    assert_eq!(booked(&owed), [("interest", "-0.99979996")]);
    assert_eq!(owed.summary.final_equity, "9999.00020004");
    sound(&owed);
}

#[test]
fn what_is_short_is_borrowed() {
    let (case, text) = scripted(
        "sell(10.0);",
        "margin = true",
        "",
        "[[borrow]]\nrate = \"0.073\"\n",
    );
    let result = case.run(&text);
    // 10 × 100 × 0.073 ÷ 365 = 0.2, on the midnights of the 3rd and 4th.
    assert_eq!(fills(&result), [("2024-01-02", "SELL", "10", "100")]);
    assert_eq!(booked(&result), [("borrowing", "-0.4")]);
    assert_eq!(result.summary.final_equity, "9999.6");
}

#[test]
fn a_future_is_settled_against_the_price_named_for_it_and_takes_no_order_afterwards() {
    let future = "kind = \"future\"\nmultiplier = \"50\"\nmargin_initial = \"0.2\"\nexpiry = \"2024-01-03\"";
    let settle = "[settlement]\nprices = { \"ABC.XNAS\" = \"103.5\" }\n";
    let (case, text) = scripted("buy(2.0);", "margin = true", future, settle);
    let result = case.run(&text);
    assert_eq!(
        fills(&result),
        [
            ("2024-01-02", "BUY", "2", "100"),
            ("2024-01-03", "SELL", "2", "103.5")
        ]
    );
    // 2 × 50 × 3.5.
    assert_eq!(result.summary.final_equity, "10350");
    assert_eq!(result.trades[0].pnl, "350");
    assert!(result.summary.open_positions.is_empty());
    sound(&result);
    let (case, text) = scripted(
        "buy(2.0);",
        "margin = true",
        &future.replace("01-03", "01-02"),
        settle,
    );
    let late = case.run(&text);
    assert_eq!((late.orders[0].state.as_str(), late.fills.len()), ("REJECTED", 0));
    let (case, text) = scripted("buy(2.0);", "margin = true", future, "");
    let kept = case.run(&text);
    assert_eq!(kept.summary.open_positions.len(), 1);
    assert!(about(&kept, "expiry").contains("not settled"));
}

#[test]
fn options_are_settled_at_their_intrinsic_value() {
    let run = |right: &str| {
        let option = format!(
            "kind = \"option\"\nmultiplier = \"10\"\nexpiry = \"2024-01-03\"\nunderlying = \"UND.XNAS\"\nstrike = \"100\"\nright = \"{right}\""
        );
        let und = "[[instruments]]\nid = \"UND.XNAS\"\ntick = \"0.01\"\nlot = \"1\"\n[[data]]\ninstrument = \"UND.XNAS\"\nfile = \"und.csv\"\ninterval = \"1d\"\n[settlement]\nenabled = true\n";
        let (case, text) = scripted("buy(3.0);", "", &option, und);
        case.file("data.csv", &days(&["4", "4", "4"]));
        case.file("und.csv", &days(&["101", "107.5", "90"]));
        case.run(&text)
    };
    let call = run("call");
    // The underlying closed at 107.5 on the 2nd: 7.5 a unit, paid 4: 3 × 10 × 3.5.
    assert_eq!(fills(&call)[1], ("2024-01-03", "SELL", "3", "7.5"));
    assert_eq!(call.summary.final_equity, "10105");
    let put = run("put");
    assert_eq!(fills(&put)[1], ("2024-01-03", "SELL", "3", "0"));
    assert_eq!(put.summary.final_equity, "9880");
    sound(&put);
}

#[test]
fn liquidation_closes_as_many_lots_as_bring_the_account_back() {
    let margin = "[margin]\nliquidation = true\ninitial = \"0.1\"\nmaintenance = \"0.05\"\n";
    let (case, text) = scripted("buy(50.0);", "margin = true", "", margin);
    let text = text.replace("\"10000\"", "\"1000\"");
    case.file("data.csv", &days(&["100", "100", "84", "84", "84"]));
    let result = case.run(&text);
    // On the way from 100 to 84, as soon as equity is below 5 % of what is held: 1,000 − 50 × (100 − p) < 2.5 × p from 84.21
    // on, and a share frees 4.21. Then 984.21 − 49 × (100 − p) < 2.45 × p from 84.12 on, and 968.33 − 48 × (100 − p) <
    // 2.4 × p from 84.02 on; with 47 only below 83.94.
    assert_eq!(
        fills(&result),
        [
            ("2024-01-02", "BUY", "50", "100"),
            ("2024-01-03", "SELL", "1", "84.21"),
            ("2024-01-03", "SELL", "1", "84.12"),
            ("2024-01-03", "SELL", "1", "84.02")
        ]
    );
    assert_eq!(result.summary.open_positions[0].quantity, "47");
    assert!(about(&result, "margin").contains("largest loss first"));
    sound(&result);
    // Without it, the ladder closes everything: margin used 420 of 200.
    let ladder = case.run(&text.replace("liquidation = true", "liquidation = false"));
    assert_eq!(fills(&ladder)[1], ("2024-01-04", "SELL", "50", "84"));
}

#[test]
fn indian_charges_are_reckoned_item_by_item() {
    let fees = "[[fees]]\nmodel = \"india\"\n";
    let (case, text) = scripted("buy(100.0);", "currency = \"INR\"", "", fees);
    let text = text.replace("\"10000\"", "\"100000\"");
    let bars = days(&["500", "500", "500"]).replace("2024-01", "2024-11");
    case.file("data.csv", &bars);
    // The first bar is 2024-11-01.
    let script = "fn init() { #{ window: 1 } }\nfn on_bar(ctx) { if ctx.ts == 1730419200 { buy(100.0); } }\n";
    case.file("s.rhai", script);
    let result = case.run(&text);
    // Delivery on 50,000: STT 0.1 % = 50; exchange 0.00297 % = 1.49; IPFT and SEBI 0.05 each; stamp 0.015 % = 7.50;
    // GST 18 % of 1.59 = 0.29; no brokerage.
    assert_eq!(result.fills[0].fee, "59.38");
    assert_eq!(
        booked(&result),
        [
            ("exchange fees", "-1.54"),
            ("regulatory fees", "-0.05"),
            ("taxes", "-57.79")
        ]
    );
    assert_eq!(result.summary.final_equity, "99940.62");
    assert!(about(&result, "fees").contains("Indian charges of Nse"));
    sound(&result);
    // Rates of a time before the table are refused, not guessed: the order is denied.
    let old = bars.replace("2024-11", "2020-11");
    case.file("data.csv", &old);
    case.file("s.rhai", &script.replace("1730419200", "1604188800"));
    assert_eq!(case.run(&text).orders[0].state, "DENIED");
}

#[test]
fn fees_may_be_per_unit_or_per_order_and_of_one_kind() {
    let (case, text) = scripted(
        "buy(10.0);",
        "",
        "",
        "[[fees]]\nmodel = \"per_unit\"\nrate = \"0.005\"\norder_min = \"1\"\n",
    );
    assert_eq!(case.run(&text).fills[0].fee, "1");
    let general =
        "[[fees]]\ntaker = \"0.001\"\n[[fees]]\nmodel = \"per_order\"\namount = \"20\"\nkind = \"equity\"\n";
    let text = text.replace(
        "[[fees]]\nmodel = \"per_unit\"\nrate = \"0.005\"\norder_min = \"1\"\n",
        general,
    );
    assert_eq!(case.run(&text).fills[0].fee, "20");
    let etf = text.replace("lot = \"1\"\n", "lot = \"1\"\nkind = \"etf\"\n");
    assert_eq!(case.run(&etf).fills[0].fee, "1");
}

#[test]
fn latency_may_be_what_was_measured() {
    let case = Case::new(BARS);
    case.file(
        "latency.csv",
        "ts,latency_ms\n2023-01-01,28800000\n2024-01-06,1\n",
    );
    let text =
        format!("{BASE}[latency]\nmodel = \"recorded\"\norder_ms = \"0.000001\"\nfile = \"latency.csv\"\n");
    let result = case.run(&text);
    // A nanosecond over a third of a day at first, then a millisecond: 106 as the path was there, then just after 94.
    assert_eq!(fills(&result)[0], ("2024-01-05", "BUY", "47", "106"));
    assert_eq!(result.fills[1].ts, "2024-01-08T00:00:00.001000001Z");
    assert!(about(&result, "latency").contains("2 times"));
    let drawn = |seed: u32| {
        let latency = "[latency]\nmodel = \"lognormal\"\nmedian_ms = 5\nsigma = \"0.5\"\n";
        case.run(&format!("seed = {seed}\n{BASE}{latency}")).fills[0]
            .ts
            .clone()
    };
    assert_eq!(drawn(1), drawn(1));
    assert_ne!(drawn(1), drawn(2));
    let error = case
        .parse(&format!("{BASE}[latency]\nmodel = \"uniform\"\n"))
        .expect_err("no max");
    assert!(error.contains("latency.max_ms: is missing"), "{error}");
}

/// Hours of 2024-01-02, a Tuesday, from 08:00 on.
fn hours(closes: &[&str]) -> String {
    let mut text = "ts,open,high,low,close,volume\n".to_owned();
    for (at, close) in closes.iter().enumerate() {
        text.push_str(&format!(
            "2024-01-02T{:02}:00:00Z,{close},{close},{close},{close},1000\n",
            at + 8
        ));
    }
    text
}

fn sessions_case(action: &str, closes: &[&str], more: &str) -> (Case, String) {
    let calendar = "calendar = \"TEST\"";
    let sessions = "[[sessions]]\ncalendar = \"TEST\"\nopen = \"10:00\"\nclose = \"12:00\"\n";
    let (case, text) = scripted("", "", calendar, &format!("{sessions}{more}"));
    case.file("data.csv", &hours(closes));
    // The bar of 08:00.
    case.file(
        "s.rhai",
        &format!(
            "fn init() {{ #{{ window: 1 }} }}\nfn on_bar(ctx) {{ if ctx.ts == 1704182400 {{ {action} }} }}\n"
        ),
    );
    (case, text.replace("interval = \"1d\"", "interval = \"1h\""))
}

#[test]
fn orders_outside_of_the_session_are_refused_or_wait_for_it() {
    let closes = ["100", "90", "95", "100", "100"];
    let (case, text) = sessions_case("buy(10.0);", &closes, "");
    let market = case.run(&text);
    assert_eq!(market.orders[0].state, "REJECTED");
    let note = market.orders[0].note.as_deref().expect("a reason");
    assert!(note.contains("outside of trading hours"), "{note}");
    // The price is at 90 at nine, when nothing trades; at ten it opens at 95.
    let (case, text) = sessions_case("buy(#{ quantity: 10.0, limit: 98.0 });", &closes, "");
    let limit = case.run(&text);
    assert_eq!(limit.fills[0].ts, "2024-01-02T10:00:00Z");
    assert_eq!(limit.fills[0].price, "95");
    assert!(about(&limit, "sessions").contains("ABC.XNAS trade in the sessions of TEST"));
    let always = case.run(
        &text.replace("calendar = \"TEST\"\n[[data]]", "[[data]]").replace(
            "[[sessions]]\ncalendar = \"TEST\"\nopen = \"10:00\"\nclose = \"12:00\"\n",
            "",
        ),
    );
    assert_eq!(always.fills[0].ts, "2024-01-02T09:00:00Z");
}

#[test]
fn nothing_fills_while_trading_is_halted() {
    let halt = "[[halts]]\ninstrument = \"ABC.XNAS\"\nfrom = \"2024-01-02T10:00:00Z\"\nto = \"2024-01-02T11:00:00Z\"\n";
    let (case, text) = sessions_case(
        "buy(#{ quantity: 10.0, limit: 98.0 });",
        &["100", "90", "95", "97", "97"],
        halt,
    );
    let result = case.run(&text);
    assert_eq!(
        (result.fills[0].ts.as_str(), result.fills[0].price.as_str()),
        ("2024-01-02T11:00:00Z", "97")
    );
    assert!(about(&result, "sessions").contains("is not traded from"));
}

#[test]
fn a_calendar_is_described_or_known_or_refused() {
    let (case, text) = sessions_case(
        "buy(#{ quantity: 10.0, limit: 98.0 });",
        &["100", "90", "95", "97"],
        "",
    );
    let text = text.replace(
        "[[sessions]]\ncalendar = \"TEST\"\nopen = \"10:00\"\nclose = \"12:00\"\n",
        "",
    );
    let error = case.try_run(&text).expect_err("unknown");
    assert!(error.contains("the calendar TEST is not known"), "{error}");
    let mut config = case.config(&text);
    let known = |id: &str, from: tradewind_types::UnixNanos, to: tradewind_types::UnixNanos| {
        assert!(id == "TEST" && from < to);
        let hour = |h: u64| tradewind_types::UnixNanos::from_secs(1_704_067_200 + h * 3_600);
        let session = |h: u64| tradewind_types::market::SessionSpan {
            date: tradewind_types::market::BarGrid::Utc
                .trading_date(hour(h))
                .expect("a date"),
            open: hour(h),
            close: hour(h + 1),
        };
        // The first one, of the day before, makes the table reach that day.
        let grid = tradewind_types::market::SessionGrid::new(vec![session(1), session(24 + 11)]);
        grid.map(Some).map_err(|e| e.to_string())
    };
    config.resolve_calendars(known).expect("known");
    let control = tradewind_engine::backtest::Control::default();
    let inputs = tradewind_engine::backtest::Inputs::Files;
    let result = tradewind_engine::backtest::backtest(&config, &inputs, &control).expect("runs");
    assert_eq!(result.fills[0].ts, "2024-01-02T11:00:00Z");
}

#[test]
fn other_currencies_are_valued_by_dated_rates() {
    let fx = "[[fx]]\nbase = \"EUR\"\nquote = \"USD\"\nfile = \"fx.csv\"\n";
    let (case, text) = scripted("buy(10.0);", "margin = true", "currency = \"EUR\"", fx);
    case.file("data.csv", &days(&["100", "100", "110"]));
    case.file("fx.csv", "ts,rate\n2023-12-31,1.10\n2024-01-03,1.20\n");
    let result = case.run(&text);
    // 1,000 EUR owed, 1,100 EUR held: 100 EUR at 1.20.
    assert_eq!(result.summary.final_equity, "10120");
    assert_eq!(result.equity.equity, [10_000.0, 10_000.0, 10_000.0, 10_120.0]);
    assert!(about(&result, "currencies").contains("2 exchange rates"));
    sound(&result);
    // A rate that ends is an error, never the last for ever.
    case.file("fx.csv", "ts,rate\n2023-12-27T12:00:00Z,1.10\n");
    let error = case.try_run(&text).expect_err("too old");
    assert!(error.contains("EUR") && error.contains("too old"), "{error}");
    let none = case.parse(&text.replace(fx, "")).expect_err("no rate");
    assert!(none.contains("no [[fx]] leads from one to the other"), "{none}");
    // One rate for all of the time; cash in the other currency pays without borrowing.
    let one = "[[fx]]\nbase = \"EUR\"\nquote = \"USD\"\nrate = \"1.10\"\n";
    let cash = text
        .replace(fx, one)
        .replace("margin = true", "balances = { EUR = \"2000\" }");
    let result = case.run(&cash);
    // 10,000 + (1,000 + 1,100) × 1.10.
    assert_eq!(result.summary.final_equity, "12310");
}

/// Trades of a script on hourly bars that are built of quotes, in a market from 09:15 to 12:30 at +05:30.
fn built(quotes: &str, action: &str, at: &str) -> BacktestDocument {
    let text = r#"
[account]
cash = "10000"
[[instruments]]
id = "ABC.XNSE"
tick = "0.01"
lot = "1"
calendar = "TEST"
[[sessions]]
calendar = "TEST"
open = "09:15"
close = "12:30"
utc_offset = "+05:30"
[[data]]
instrument = "ABC.XNSE"
file = "data.csv"
kind = "quotes"
[strategy]
script = "s.rhai"
interval = "1h"
[risk]
profile = "wide"
"#;
    let case = Case::new(&format!("ts,bid,ask,bid_size,ask_size\n{quotes}"));
    let script =
        format!("fn init() {{ #{{ window: 1 }} }}\nfn on_bar(ctx) {{ if ctx.ts == {at} {{ {action} }} }}\n");
    case.file("s.rhai", &script);
    case.run(text)
}

#[test]
fn bars_that_a_run_builds_begin_with_the_session_as_live_ones_do() {
    let quotes = "2024-01-02T03:50:00Z,100,101,5,5\n2024-01-02T04:50:00Z,100,101,5,5\n2024-01-02T05:50:00Z,100,101,5,5\n";
    // 09:15 at +05:30 is 03:45 in UTC. The first bar has no beginning; the second ends at 05:45, told by the quote after it.
    let result = built(quotes, "buy(#{ quantity: 5.0, limit: 100.0 });", "1704170700");
    assert_eq!(result.orders[0].created, "2024-01-02T05:45:00Z");
}

#[test]
fn the_last_bar_of_a_session_lies_within_it() {
    let (case, text) = scripted(
        "",
        "",
        "calendar = \"TEST\"",
        "[[sessions]]\ncalendar = \"TEST\"\nopen = \"10:00\"\nclose = \"12:30\"\n",
    );
    let bars = "ts,open,high,low,close,volume\n\
        2024-01-02T10:00:00Z,100,100,100,100,1000\n\
        2024-01-02T11:00:00Z,100,100,100,100,1000\n\
        2024-01-02T12:00:00Z,100,100,90,95,1000\n\
        2024-01-03T10:00:00Z,95,95,95,95,1000\n";
    case.file("data.csv", bars);
    let script = "fn init() { #{ window: 1 } }\nfn on_bar(ctx) { if ctx.ts == 1704189600 { buy(#{ quantity: 10.0, limit: 92.0 }); } }\n";
    case.file("s.rhai", script);
    let result = case.run(&text.replace("interval = \"1d\"", "interval = \"1h\""));
    // The bar of 12:00 is half an hour long: its low comes while the market is open.
    assert_eq!(result.fills.len(), 1, "{:?}", result.orders);
    assert_eq!(result.fills[0].price, "92");
    assert!(
        result.fills[0].ts.as_str() < "2024-01-02T12:30:00Z",
        "{}",
        result.fills[0].ts
    );
}

#[test]
fn a_fee_by_the_order_is_paid_from_its_hold_at_the_first_part() {
    let fees = "[[fees]]\nmodel = \"per_order\"\namount = \"20\"\n[fills]\nvolume_cap = 0.01\n";
    let (case, text) = scripted("buy(#{ quantity: 100.0, limit: 99.79 });", "", "", fees);
    case.file(
        "data.csv",
        &days(&[
            "100", "99", "99", "99", "99", "99", "99", "99", "99", "99", "99", "99",
        ]),
    );
    let result = case.run(&text);
    sound(&result);
    let filled: u32 = result
        .fills
        .iter()
        .map(|f| f.quantity.parse::<u32>().expect("whole"))
        .sum();
    assert!(result.fills.len() > 1 && filled == 100, "{:?}", result.orders);
    assert_eq!(booked(&result), [("commission", "-20")]);
}
