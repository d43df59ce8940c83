//! An account that holds long and short side by side: orders open their own side, reduce-only ones close the other.

mod common;

use common::*;
use tradewind_types::record::{BookTask, Command, LedgerSettings, PositionBook, PositionMode};
use tradewind_types::risk::{RiskRule, RiskSettings};
use tradewind_types::*;

const BTC: &str = "BTC-USD.COINBASE";

fn hedged(change: impl FnOnce(&mut RiskSettings)) -> Desk {
    let mut desk = Desk::new();
    let mut settings = RiskSettings::default();
    settings.margin.enabled = true;
    change(&mut settings);
    desk.command(Command::SetRiskSettings {
        account: account(),
        settings,
        expected_version: 1,
    })
    .expect("margin is on");
    let version = desk.state().ledger.settings_version();
    let settings = LedgerSettings {
        position_mode: PositionMode::Hedging,
        ..desk.state().ledger.settings().clone()
    };
    book_keeping(&mut desk, settings, version).expect("hedging is on");
    desk
}

fn book_keeping(
    desk: &mut Desk,
    settings: LedgerSettings,
    expected_version: u32,
) -> Result<tradewind_engine::CommandReply, tradewind_engine::CommandError> {
    desk.command(Command::Book {
        account: account(),
        task: Box::new(BookTask::Settings {
            settings,
            expected_version,
        }),
        key: format!("settings {expected_version}"),
        reason: "test".to_owned(),
    })
}

/// Long and short quantity.
fn sides(desk: &Desk) -> (Decimal, Decimal) {
    let ledger = &desk.state().ledger;
    let of = |book| ledger.quantity_in(&id(BTC), book);
    (of(PositionBook::Long), of(PositionBook::Short))
}

fn trade(desk: &mut Desk, name: &str, side: Side, quantity: &str, reduce_only: bool) {
    let order = OrderRequest {
        reduce_only,
        ..market(name, side, quantity)
    };
    desk.submit(order).expect("taken");
    desk.pass(200);
    desk.check();
}

fn denied_by(desk: &Desk, name: &str) -> Vec<RiskRule> {
    match &desk.order(name).state {
        OrderState::Denied { denials } => denials.iter().map(|d| d.rule).collect(),
        other => panic!("{name} is {}", other.name()),
    }
}

#[test]
fn a_buy_and_a_sell_open_both_sides_and_reduce_only_orders_close_them() {
    let mut desk = hedged(|_| {});
    trade(&mut desk, "long", Side::Buy, "1", false);
    trade(&mut desk, "short", Side::Sell, "0.5", false);
    assert_eq!(sides(&desk), (dec("1"), dec("-0.5")));

    trade(&mut desk, "part", Side::Sell, "0.4", true);
    assert_eq!(
        sides(&desk),
        (dec("0.6"), dec("-0.5")),
        "a reduce-only sell closes of the long side"
    );
    trade(&mut desk, "cover", Side::Buy, "0.5", true);
    assert_eq!(
        sides(&desk),
        (dec("0.6"), dec("0")),
        "a reduce-only buy closes the short side"
    );
    trade(&mut desk, "rest", Side::Sell, "0.6", true);
    assert_eq!(sides(&desk), (dec("0"), dec("0")));

    // Bought at 10,010 and sold at 10,000: 10 lost per unit on the long side; the short one lost 10 the other way round.
    let long = desk
        .state()
        .ledger
        .position_in(&id(BTC), None, PositionBook::Long)
        .expect("traded");
    let short = desk
        .state()
        .ledger
        .position_in(&id(BTC), None, PositionBook::Short)
        .expect("traded");
    assert_eq!((long.realised, short.realised), (dec("-10"), dec("-5")));
    let folded = desk.refolded();
    let again = &folded.accounts[&account()];
    assert_eq!(
        again.ledger,
        desk.state().ledger,
        "the records give the same books"
    );
}

#[test]
fn reduce_only_is_measured_against_the_side_that_it_closes() {
    let mut desk = hedged(|_| {});
    trade(&mut desk, "short", Side::Sell, "0.5", false);
    desk.submit(OrderRequest {
        reduce_only: true,
        ..market("nothing", Side::Sell, "0.5")
    })
    .expect("answered");
    assert_eq!(
        denied_by(&desk, "nothing"),
        [RiskRule::ReduceOnly],
        "there is no long side"
    );
    desk.submit(OrderRequest {
        reduce_only: true,
        ..market("more", Side::Buy, "0.6")
    })
    .expect("answered");
    assert_eq!(
        denied_by(&desk, "more"),
        [RiskRule::ReduceOnly],
        "only 0.5 is short"
    );

    // Two that rest cannot close the same twice; one that opens is not in their way.
    let resting = |name: &str, reduce_only| OrderRequest {
        reduce_only,
        ..limit(name, Side::Buy, "0.5", "9900")
    };
    desk.submit(resting("opens", false)).expect("taken");
    desk.submit(resting("closes", true)).expect("taken");
    desk.submit(resting("again", true)).expect("answered");
    assert_eq!(denied_by(&desk, "again"), [RiskRule::ReduceOnly]);
    assert!(desk.order("closes").state.is_open());
}

#[test]
fn flatten_closes_long_and_short_though_they_net_to_nothing() {
    let mut desk = hedged(|_| {});
    trade(&mut desk, "long", Side::Buy, "1", false);
    trade(&mut desk, "short", Side::Sell, "1", false);
    let value = desk.kernel.valuation(&account()).expect("the account");
    // Both sides at the mid of 10,005, and what they cost: 10,010 paid, 10,000 received.
    assert_eq!(value.position_value, dec("0"));
    assert_eq!(value.unrealised, dec("-10"));
    assert_eq!(value.exposure, Some(dec("20010")), "two risks, not none");
    desk.command(Command::Flatten {
        account: account(),
        instrument: None,
    })
    .expect("flattened");
    desk.pass(200);
    desk.check();
    assert_eq!(sides(&desk), (dec("0"), dec("0")));
    let closing = desk.state().orders.closed().filter(|o| o.request.reduce_only);
    assert_eq!(closing.count(), 2);
}

#[test]
fn the_kill_switch_flattens_both_sides() {
    let mut desk = hedged(|_| {});
    trade(&mut desk, "long", Side::Buy, "0.3", false);
    trade(&mut desk, "short", Side::Sell, "0.7", false);
    desk.command(Command::EngageKillSwitch {
        account: Some(account()),
        flatten: true,
        reason: "test".to_owned(),
    })
    .expect("engaged");
    desk.pass(200);
    assert_eq!(sides(&desk), (dec("0"), dec("0")));
    desk.check();
}

#[test]
fn a_bracket_protects_its_own_side() {
    let mut desk = hedged(|_| {});
    trade(&mut desk, "short", Side::Sell, "0.5", false);
    let entry = market("entry", Side::Buy, "0.2");
    let legs = [
        leg("stop", "entry", "0.2", stop("9000")),
        leg("target", "entry", "0.2", at("11000")),
    ];
    let orders = std::iter::once(entry).chain(legs).collect();
    desk.command(Command::SubmitOrders {
        orders,
        mode: record::BatchMode::Independent,
    })
    .expect("taken");
    desk.pass(200);
    assert_eq!(sides(&desk), (dec("0.2"), dec("-0.5")));
    desk.book("BTC", 8_990, 9_000, "5");
    desk.pass(200);
    desk.check();
    assert_eq!(
        sides(&desk),
        (dec("0"), dec("-0.5")),
        "the stop closed the long side and left the short one"
    );
    assert!(!desk.order("target").state.is_open());
}

#[test]
fn each_side_is_a_position_for_the_rules_that_count_them() {
    let mut desk = hedged(|s| s.open_positions_max = 1);
    trade(&mut desk, "long", Side::Buy, "0.1", false);
    trade(&mut desk, "more", Side::Buy, "0.1", false);
    assert_eq!(
        sides(&desk),
        (dec("0.2"), dec("0")),
        "more of the same is no other position"
    );
    desk.submit(market("short", Side::Sell, "0.1")).expect("answered");
    assert_eq!(denied_by(&desk, "short"), [RiskRule::OpenPositionsTotal]);
}

#[test]
fn a_hedged_cash_account_closes_what_it_holds_and_never_goes_short() {
    let mut desk = Desk::new();
    let settings = LedgerSettings {
        position_mode: PositionMode::Hedging,
        ..LedgerSettings::default()
    };
    book_keeping(&mut desk, settings, 1).expect("hedging is on");
    trade(&mut desk, "long", Side::Buy, "1", false);
    desk.submit(market("short", Side::Sell, "1")).expect("answered");
    assert_eq!(
        denied_by(&desk, "short"),
        [RiskRule::ShortNotAllowed],
        "it would open a short side"
    );
    trade(&mut desk, "close", Side::Sell, "1", true);
    assert_eq!(sides(&desk), (dec("0"), dec("0")));
}

#[test]
fn the_mode_changes_only_while_nothing_is_open() {
    let mut desk = hedged(|_| {});
    trade(&mut desk, "long", Side::Buy, "1", false);
    trade(&mut desk, "short", Side::Sell, "1", false);
    let version = desk.state().ledger.settings_version();
    let netting = LedgerSettings {
        position_mode: PositionMode::Netting,
        ..desk.state().ledger.settings().clone()
    };
    book_keeping(&mut desk, netting.clone(), version)
        .expect_err("both sides are open, though they net to nothing");
    trade(&mut desk, "a", Side::Sell, "1", true);
    trade(&mut desk, "b", Side::Buy, "1", true);
    desk.submit(limit("rests", Side::Buy, "1", "9900"))
        .expect("taken");
    book_keeping(&mut desk, netting.clone(), version).expect_err("an order is open");
    desk.command(Command::CancelAll {
        account: account(),
        instrument: None,
    })
    .expect("canceled");
    desk.pass(200);
    book_keeping(&mut desk, netting, version).expect("flat and quiet");
}
