//! Profit and loss, lots and cash of fills, by table.

mod common;

use common::{Books, dec, spot, usd};
use rstest::rstest;
use rust_decimal::Decimal;
use tradewind_ledger::{LedgerAccount, Mark, Overdraft};
use tradewind_types::Side::{Buy, Sell};
use tradewind_types::{Currency, Side};

type Fill = (Side, &'static str, &'static str, &'static str);

/// quantity, cost, realised, fees, cash after a deposit of 1,000,000
type Expected = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

#[rstest]
#[case::long_opens(&[(Buy, "2", "100", "1")], ("2", "200", "0", "1", "999799"))]
#[case::long_adds_and_averages(&[(Buy, "1", "100", "0"), (Buy, "3", "104", "0")], ("4", "412", "0", "0", "999588"))]
#[case::long_closes_with_profit(
    &[(Buy, "50", "12345.67", "0"), (Sell, "50", "12450.89", "0")], ("0", "0", "5261.00", "0", "1005261"))]
#[case::long_closes_with_the_second_figure_of_the_specification(
    &[(Buy, "75", "100.05", "0"), (Sell, "75", "105.10", "0")], ("0", "0", "378.75", "0", "1000378.75"))]
#[case::partial_close_takes_the_oldest_lot_first(
    &[(Buy, "1", "100", "0"), (Buy, "1", "200", "0"), (Sell, "1.5", "300", "0")],
    ("0.5", "100", "250", "0", "1000150"))]
#[case::short_opens_and_brings_cash_in(&[(Sell, "2", "100", "1")], ("-2", "-200", "0", "1", "1000199"))]
#[case::short_closes_with_profit_when_the_price_falls(
    &[(Sell, "2", "100", "0"), (Buy, "2", "90", "0")], ("0", "0", "20", "0", "1000020"))]
#[case::short_closes_with_loss_when_the_price_rises(
    &[(Sell, "2", "100", "0"), (Buy, "1", "110", "0")], ("-1", "-100", "-10", "0", "1000090"))]
#[case::long_turns_short(
    &[(Buy, "2", "100", "0"), (Sell, "5", "110", "0")], ("-3", "-330", "20", "0", "1000350"))]
#[case::short_turns_long(
    &[(Sell, "2", "100", "0"), (Buy, "5", "90", "0")], ("3", "270", "20", "0", "999750"))]
#[case::a_rebate_is_a_negative_fee(
    &[(Buy, "1", "100", "-0.02"), (Sell, "1", "100", "-0.02")], ("0", "0", "0", "-0.04", "1000000.04"))]
fn fills_move_position_cost_result_and_cash(#[case] fills: &[Fill], #[case] expected: Expected) {
    let mut books = Books::with(Overdraft::Allowed);
    let btc = spot("BTC", "USD");
    books.deposit(usd("1000000")).expect("booked");
    for fill in fills {
        books.fill(&btc, *fill).expect("booked");
    }
    let position = books.ledger.position(&btc.id).expect("traded");
    let (quantity, cost, realised, fees, cash) = expected;
    assert_eq!(position.quantity, dec(quantity), "quantity");
    assert_eq!(position.cost, dec(cost), "cost");
    assert_eq!(position.realised, dec(realised), "realised");
    assert_eq!(position.fees, dec(fees), "fees");
    assert_eq!(books.ledger.cash_total(Currency::USD), dec(cash), "cash");
    assert_eq!(
        books.ledger.balance(LedgerAccount::RealisedPnl, Currency::USD),
        -dec(realised)
    );
    assert_eq!(
        books.ledger.balance(LedgerAccount::Fees, Currency::USD),
        dec(fees)
    );
    assert_eq!(books.refolded(), books.ledger);
}

#[test]
fn the_average_cost_method_runs_beside_the_lots() {
    let mut books = Books::new();
    let btc = spot("BTC", "USD");
    books.deposit(usd("1000")).expect("booked");
    books.fill(&btc, (Buy, "1", "100", "0")).expect("booked");
    books.fill(&btc, (Buy, "1", "200", "0")).expect("booked");
    books.fill(&btc, (Sell, "1", "180", "0")).expect("booked");
    let by_hand = books.ledger.position_of(&btc.id, None).expect("traded");
    assert_eq!(
        (by_hand.realised, by_hand.average_cost()),
        (dec("80"), Some(dec("200")))
    );
    assert_eq!(
        (by_hand.average.realised, by_hand.average_cost_method()),
        (dec("30"), Some(dec("150")))
    );
    books.fill(&btc, (Sell, "1", "180", "0")).expect("booked");
    let flat = books.ledger.position_of(&btc.id, None).expect("traded");
    assert_eq!(
        (flat.realised, flat.average.realised),
        (dec("60"), dec("60")),
        "both agree when flat"
    );
    assert_eq!(flat.average.cost, Decimal::ZERO);
    assert!(flat.lots.is_empty() && flat.average_cost().is_none());
}

#[test]
fn unrealised_profit_is_value_at_the_mark_less_cost() {
    let mut books = Books::new();
    let btc = spot("BTC", "USD");
    books.deposit(usd("1000")).expect("booked");
    books.fill(&btc, (Buy, "2", "100", "1")).expect("booked");
    let mark = Mark {
        price: dec("103.5"),
        multiplier: Decimal::ONE,
    };
    assert_eq!(books.ledger.unrealised(&btc.id, mark), Ok(usd("7")));
}

#[test]
fn strategies_own_their_positions_and_the_account_holds_the_sum() {
    let mut books = Books::with(Overdraft::Allowed);
    let btc = spot("BTC", "USD");
    let fast = "fast".parse().expect("a strategy");
    let (one, zero) = (Decimal::ONE, Decimal::ZERO);
    books.deposit(usd("1000")).expect("booked");
    books
        .fill_of(&btc, Some(&fast), (Buy, dec("3"), dec("100"), one), "a", zero)
        .expect("booked");
    books
        .fill_of(&btc, None, (Sell, one, dec("110"), zero), "b", zero)
        .expect("booked");
    assert_eq!(books.ledger.owned(&btc.id, Some(&fast)), Some(dec("3")));
    assert_eq!(
        books.ledger.owned(&btc.id, None),
        Some(dec("-1")),
        "a sale by hand closes no strategy's lot"
    );
    let net = books.ledger.position(&btc.id).expect("traded");
    assert_eq!(
        (net.quantity, net.cost, net.realised),
        (dec("2"), dec("190"), zero)
    );
    assert_eq!(books.ledger.owners(&btc.id).len(), 2);
    books
        .fill_of(&btc, None, (Buy, one, dec("100"), zero), "c", zero)
        .expect("booked");
    assert_eq!(books.ledger.owners(&btc.id).len(), 1, "flat owners are left out");
    assert_eq!(
        books.ledger.position(&btc.id).map(|p| p.realised),
        Some(dec("10"))
    );
}

#[test]
fn the_contract_multiplier_scales_cost_and_result() {
    let mut books = Books::new();
    let mut future = spot("ES", "USD");
    future.multiplier = dec("50");
    books.deposit(usd("1000000")).expect("booked");
    books.fill(&future, (Buy, "2", "4000", "0")).expect("booked");
    assert_eq!(
        books.ledger.position(&future.id).map(|p| p.cost),
        Some(dec("400000"))
    );
    books.fill(&future, (Sell, "1", "4010.25", "0")).expect("booked");
    assert_eq!(
        books.ledger.position(&future.id).map(|p| p.realised),
        Some(dec("512.5"))
    );
    let mark = Mark {
        price: dec("4001"),
        multiplier: future.multiplier,
    };
    assert_eq!(books.ledger.unrealised(&future.id, mark), Ok(usd("50")));
}

#[test]
fn a_snapshot_with_positions_lots_and_holds_restores_the_whole_state() {
    let mut books = Books::new();
    let btc = spot("BTC", "USD");
    let fast = "fast".parse().expect("a strategy");
    books.deposit(usd("1000")).expect("booked");
    books.hold("a", usd("300")).expect("booked");
    let fill = (Buy, dec("2"), dec("100"), dec("0.5"));
    books
        .fill_of(&btc, Some(&fast), fill, "a", dec("201"))
        .expect("booked");
    books.fill(&btc, (Buy, "1", "101", "0")).expect("booked");
    let text = serde_json::to_string(&books.ledger).expect("serialises");
    let mut read: tradewind_ledger::Ledger = serde_json::from_str(&text).expect("reads");
    assert_eq!(read, books.ledger);
    assert!(read.apply(&books.entries[2]).is_err(), "keys are remembered too");
}

#[test]
fn a_thousand_lots_close_in_the_order_in_which_they_were_opened() {
    let mut books = Books::new();
    let btc = spot("BTC", "USD");
    books.deposit(usd("1000000")).expect("booked");
    for n in 1..=1_000 {
        let price = Decimal::from(n);
        let fill = (Buy, Decimal::ONE, price, Decimal::ZERO);
        books
            .fill_of(&btc, None, fill, "x", Decimal::ZERO)
            .expect("booked");
    }
    books.fill(&btc, (Sell, "999.5", "0.01", "0")).expect("booked");
    let by_hand = books.ledger.position_of(&btc.id, None).expect("traded");
    assert_eq!(
        (by_hand.lots.len(), by_hand.quantity, by_hand.cost),
        (1, dec("0.5"), dec("500"))
    );
    assert_eq!(by_hand.realised, dec("9.995") - dec("500000"));
    assert_eq!(books.refolded(), books.ledger);
}
