//! Books by price and by order: resting limits with their places in the queue, reckoned by hand.

use tradewind_engine::backtest::BacktestDocument;

use crate::case::Case;

/// A limit buy of 5 at 99 once the first bar has closed, in a market of 10 at 99 and 10 at 101.
fn run(book: &str, kind: &str, trades: Option<&str>, fills: &str) -> Result<BacktestDocument, String> {
    let prints = trades.map_or(
        "",
        |_| "[[data]]\ninstrument = \"ABC.XNAS\"\nfile = \"trades.csv\"\nkind = \"trades\"\n",
    );
    // Prints come before the changes that they explain.
    let text = format!(
        r#"
[account]
cash = "10000"
[[instruments]]
id = "ABC.XNAS"
tick = "1"
lot = "1"
{prints}
[[data]]
instrument = "ABC.XNAS"
file = "book.csv"
kind = "{kind}"
[strategy]
script = "s.rhai"
interval = "1m"
[fills]
{fills}
[risk]
profile = "wide"
[output]
equity = "row"
"#
    );
    let case = Case::new("");
    case.file("book.csv", book);
    case.file("trades.csv", trades.unwrap_or(""));
    case.file(
        "s.rhai",
        "fn init() { #{ window: 1, state: #{ done: false } } }\nfn on_bar(ctx) { if !this.done { this.done = true; buy(#{ quantity: 5.0, limit: 99.0 }); } }\n",
    );
    case.parse(&text)?;
    case.try_run(&text)
}

fn filled(result: &BacktestDocument) -> Vec<(&str, &str, &str, bool)> {
    let rows = result.fills.iter();
    rows.map(|f| (&f.ts[14..19], f.quantity.as_str(), f.price.as_str(), f.taker))
        .collect()
}

const HEAD: &str = "ts,side,price,size\n";
/// The first bar has no beginning; the one of 10:00 is complete with the row of 10:01:00, and the order joins behind 10.
const OPENING: &str = "\
2024-01-02T09:59:30Z,buy,99,10
2024-01-02T09:59:30Z,sell,101,10
2024-01-02T10:00:30Z,sell,102,10
2024-01-02T10:01:00Z,sell,103,10
";

#[test]
fn behind_the_displayed_size_prints_have_to_use_it_up_first() {
    let book = format!(
        "{HEAD}{OPENING}2024-01-02T10:01:10Z,buy,99,4\n2024-01-02T10:01:20Z,buy,99,3\n2024-01-02T10:03:00Z,sell,104,1\n"
    );
    let trades = "ts,price,size,side\n2024-01-02T10:01:10Z,99,6,sell\n2024-01-02T10:01:20Z,99,7,sell\n";
    let result = run(&book, "book", Some(trades), "queue = \"risk_averse\"").expect("runs");
    // 10 ahead; 6 are sold into it, then 7: 4 of them for those ahead, 3 for ours.
    assert_eq!(filled(&result), [("01:20", "3", "99", false)]);
    assert_eq!(result.summary.book_changes, 7);
    let text = &result
        .assumptions
        .iter()
        .find(|a| a.about == "queue")
        .expect("stated")
        .text;
    assert!(text.contains("risk-averse"), "{text}");
    let off = run(&book, "book", Some(trades), "queue = \"off\"").expect("runs");
    assert!(off.fills.is_empty());
}

#[test]
fn cancels_are_shared_by_the_rule_that_is_chosen() {
    // 10 more join behind, then 10 of the 20 are canceled: risk-averse all of them behind, in proportion 5 ahead.
    let book = format!(
        "{HEAD}{OPENING}2024-01-02T10:01:05Z,buy,99,20\n2024-01-02T10:01:10Z,buy,99,10\n2024-01-02T10:01:20Z,buy,99,3\n2024-01-02T10:03:00Z,sell,104,1\n"
    );
    let trades = "ts,price,size,side\n2024-01-02T10:01:20Z,99,7,sell\n";
    let of = |fills: &str| {
        let result = run(&book, "book", Some(trades), fills).expect("runs");
        result
            .fills
            .iter()
            .map(|f| f.quantity.clone())
            .collect::<Vec<_>>()
    };
    assert!(of("queue = \"risk_averse\"").is_empty());
    assert_eq!(of("queue = \"power\""), ["2"]);
    // ln(11) of each: half, as in proportion.
    assert_eq!(of("queue = \"log\""), ["2"]);
    let error = run(&book, "book", Some(trades), "queue = \"log\"\nqueue_power = 2").expect_err("no power");
    assert!(error.contains("goes with queue"), "{error}");
}

#[test]
fn through_the_price_of_a_book_everything_fills() {
    let book = format!(
        "{HEAD}{OPENING}2024-01-02T10:01:10Z,buy,99,0\n2024-01-02T10:01:10Z,sell,98,3\n2024-01-02T10:03:00Z,sell,98,9\n"
    );
    let result = run(&book, "book", None, "queue = \"risk_averse\"").expect("runs");
    // The bid is gone and the offer at 98: 3 of ours, at our price; then what is new of the offer, 2 more.
    assert_eq!(
        filled(&result),
        [("01:10", "3", "99", false), ("03:00", "2", "99", false)]
    );
}

const ORDERS: &str = "ts,action,order_id,side,price,size\n";
const ORDERS_OPENING: &str = "\
2024-01-02T09:59:30Z,add,1,buy,99,6
2024-01-02T09:59:30Z,add,2,buy,99,4
2024-01-02T09:59:30Z,add,3,sell,101,10
2024-01-02T10:00:30Z,add,4,sell,102,10
2024-01-02T10:01:00Z,add,5,sell,103,10
";

#[test]
fn by_order_the_place_is_exact() {
    // Two come behind ours; the first of those ahead goes; the other trades; then one behind ours trades: ours does.
    let book = format!(
        "{ORDERS}{ORDERS_OPENING}\
2024-01-02T10:01:05Z,add,6,buy,99,8
2024-01-02T10:01:06Z,cancel,6,,,3
2024-01-02T10:01:10Z,cancel,1,,,
2024-01-02T10:01:20Z,trade,2,,,4
2024-01-02T10:01:30Z,trade,6,,,3
2024-01-02T10:01:40Z,trade,6,,,2
2024-01-02T10:03:00Z,add,7,sell,104,1
"
    );
    let result = run(&book, "orders", None, "queue = \"exact\"").expect("runs");
    assert_eq!(
        filled(&result),
        [("01:30", "3", "99", false), ("01:40", "2", "99", false)]
    );
    // The same feed without its places: 10 ahead and, of what is canceled, 3 behind and 6 that must stand behind too.
    let averse = run(&book, "orders", None, "queue = \"risk_averse\"").expect("runs");
    assert!(averse.fills.len() < 2, "{:?}", averse.fills);
}

#[test]
fn an_order_that_moves_goes_to_the_end() {
    // Order 2 grows and stands behind ours now: when it trades, ours does.
    let book = format!(
        "{ORDERS}{ORDERS_OPENING}\
2024-01-02T10:01:05Z,modify,2,,99,7
2024-01-02T10:01:10Z,modify,1,,99,1
2024-01-02T10:01:20Z,trade,1,,,1
2024-01-02T10:01:30Z,trade,2,,,7
2024-01-02T10:03:00Z,add,7,sell,104,1
"
    );
    let result = run(&book, "orders", None, "queue = \"exact\"").expect("runs");
    assert_eq!(filled(&result), [("01:30", "5", "99", false)]);
}

#[test]
fn a_book_that_contradicts_itself_is_refused_with_its_time() {
    let wrong = |row: &str| {
        let book = format!("{ORDERS}{ORDERS_OPENING}2024-01-02T10:02:00Z,{row}\n");
        run(&book, "orders", None, "queue = \"exact\"").expect_err("refused")
    };
    let unknown = wrong("cancel,77,,,");
    assert!(
        unknown.contains("10:02:00") && unknown.contains("order 77 is not in the book"),
        "{unknown}"
    );
    assert!(wrong("trade,1,,,7").contains("order 1 has 6 left"));
    assert!(wrong("add,1,buy,99,1").contains("in the book already"));
    assert!(wrong("add,,buy,99,1").contains("line 7: order_id: is missing"));
    assert!(wrong("set,1,buy,99,1").contains("must be add, modify"));
    assert!(wrong("fly,1,buy,99,1").contains("is none of set, add"));
    let exact = run(HEAD, "book", None, "queue = \"exact\"").expect_err("no places");
    assert!(exact.contains("kind = \"orders\""), "{exact}");
}

#[test]
fn a_book_that_begins_anew_takes_the_place_in_the_queue_with_it() {
    // Ours stands behind 10. The feed clears and tells 8 again, all of them ahead: 3 of those trade, then the other 5, and only
    // what trades behind ours fills it.
    let book = format!(
        "{ORDERS}{ORDERS_OPENING}\
2024-01-02T10:01:10Z,clear,,,,
2024-01-02T10:01:10Z,add,11,buy,99,8
2024-01-02T10:01:10Z,add,12,sell,101,10
2024-01-02T10:01:20Z,trade,11,,,3
2024-01-02T10:01:30Z,add,13,buy,99,4
2024-01-02T10:01:40Z,trade,11,,,5
2024-01-02T10:01:50Z,trade,13,,,2
2024-01-02T10:03:00Z,add,14,sell,104,1
"
    );
    let result = run(&book, "orders", None, "queue = \"exact\"").expect("runs");
    assert_eq!(filled(&result), [("01:50", "2", "99", false)]);
}
