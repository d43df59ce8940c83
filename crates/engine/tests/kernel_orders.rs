//! Orders through the whole kernel: gate, hold, paper venue, ledger, kill switch.

mod common;

use common::*;
use tradewind_engine::{CommandError, CommandReply};
use tradewind_types::record::{BatchMode, Command, LedgerAccount};
use tradewind_types::risk::RiskRule;
use tradewind_types::*;

fn rules(order: &Order) -> Vec<RiskRule> {
    match &order.state {
        OrderState::Denied { denials } => denials.iter().map(|d| d.rule).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_market_buy_fills_after_the_latency_and_the_ledger_shows_cost_fee_and_position() {
    let mut desk = Desk::new();
    desk.submit(market("m1", Side::Buy, "0.5")).expect("taken");
    assert_eq!(desk.order("m1").state, OrderState::Submitted);
    assert!(
        desk.state().ledger.cash_locked(Currency::USD) > dec("5005"),
        "cash is held at the worst price"
    );
    desk.pass(100);
    let order = desk.order("m1");
    assert_eq!(
        (order.state.name(), order.average_price()),
        ("FILLED", Some(dec("10010")))
    );
    let ledger = &desk.state().ledger;
    assert_eq!(ledger.cash_locked(Currency::USD), dec("0"));
    assert_eq!(
        ledger.balance(LedgerAccount::PositionCost, Currency::USD),
        dec("5005")
    );
    assert_eq!(ledger.balance(LedgerAccount::Fees, Currency::USD), dec("10.01"));
    assert_eq!(ledger.cash_available(Currency::USD), dec("94984.99"));
    assert_eq!(
        ledger.position(&id("BTC-USD.COINBASE")).map(|p| p.quantity),
        Some(dec("0.5"))
    );
    desk.check();
}

#[test]
fn a_round_trip_realises_profit_and_loss_exactly_and_equity_moves_by_it() {
    let mut desk = Desk::new();
    desk.submit(market("b", Side::Buy, "0.5")).expect("taken");
    desk.pass(100);
    desk.book("BTC", 10_110, 10_120, "5");
    desk.submit(market("s", Side::Sell, "0.5")).expect("taken");
    desk.pass(100);
    let ledger = &desk.state().ledger;
    // 0.5 × (10110 − 10010) = 50; fees 0.2 % of 5005 and of 5055.
    assert_eq!(
        ledger.balance(LedgerAccount::RealisedPnl, Currency::USD),
        dec("-50")
    );
    assert_eq!(
        ledger.cash_total(Currency::USD),
        dec("100000") + dec("50") - dec("10.01") - dec("10.11")
    );
    let value = desk.kernel.valuation(&account()).expect("known");
    assert_eq!(value.equity, Some(ledger.cash_total(Currency::USD)));
    desk.check();
}

#[test]
fn a_resting_limit_can_be_canceled_and_what_it_held_is_free_again() {
    let mut desk = Desk::new();
    desk.submit(limit("l1", Side::Buy, "1", "9000")).expect("taken");
    desk.pass(100);
    assert_eq!(desk.order("l1").state, OrderState::Accepted);
    assert_eq!(desk.state().ledger.cash_locked(Currency::USD), dec("9018"));
    desk.command(Command::CancelOrder {
        account: account(),
        client_order_id: id("l1"),
    })
    .expect("open");
    assert_eq!(desk.order("l1").state, OrderState::PendingCancel);
    desk.pass(100);
    assert_eq!(desk.order("l1").state.name(), "CANCELED");
    assert_eq!(desk.state().ledger.cash_available(Currency::USD), dec("100000"));
    let again = desk.command(Command::CancelOrder {
        account: account(),
        client_order_id: id("l1"),
    });
    assert_eq!(
        again,
        Err(CommandError::OrderNotOpen {
            id: id("l1"),
            state: "CANCELED"
        })
    );
    desk.check();
}

#[test]
fn the_same_id_with_the_same_content_returns_the_original_and_with_other_content_is_refused() {
    let mut desk = Desk::new();
    let first = desk.submit(limit("x", Side::Buy, "1", "9000")).expect("taken");
    let records = desk.records.len();
    let second = desk.submit(limit("x", Side::Buy, "1", "9000")).expect("the same");
    assert_eq!(desk.records.len(), records, "a repetition is not journalled");
    let (CommandReply::Orders { created, .. }, CommandReply::Orders { created: again, .. }) = (first, second)
    else {
        panic!("orders are answered with orders");
    };
    assert_eq!((created, again), (vec![true], vec![false]));
    let other = desk.submit(limit("x", Side::Buy, "2", "9000"));
    assert_eq!(other, Err(CommandError::OrderIdReused(id("x"))));
}

#[test]
fn malformed_requests_change_nothing_and_say_what_is_wrong() {
    let mut desk = Desk::new();
    let records = desk.records.len();
    let unknown = OrderRequest {
        instrument: id("DOGE-USD.COINBASE"),
        ..limit("a", Side::Buy, "1", "1")
    };
    assert_eq!(
        desk.submit(unknown),
        Err(CommandError::UnknownInstrument(id("DOGE-USD.COINBASE")))
    );
    for (quantity, price) in [
        ("1", "9000.001"),
        ("1.00001", "9000"),
        ("1", "-5"),
        ("0.00001", "9000"),
    ] {
        let result = desk.submit(limit("b", Side::Buy, quantity, price));
        assert!(
            matches!(result, Err(CommandError::Malformed(_))),
            "{quantity} at {price}: {result:?}"
        );
    }
    let reserved = desk.submit(limit("auto-1", Side::Buy, "1", "9000"));
    assert!(matches!(reserved, Err(CommandError::Malformed(_))));
    assert_eq!(desk.records.len(), records);
}

#[test]
fn an_all_or_none_batch_with_one_denied_order_is_taken_back() {
    let mut desk = Desk::new();
    let orders = vec![
        limit("a", Side::Buy, "1", "9000"),
        limit("b", Side::Buy, "90", "9000"),
        limit("c", Side::Buy, "1", "9000"),
    ];
    let reply = desk
        .command(Command::SubmitOrders {
            orders,
            mode: BatchMode::AllOrNone,
        })
        .expect("answered");
    assert!(matches!(
        reply,
        CommandReply::Orders {
            compensated: true,
            ..
        }
    ));
    desk.pass(100);
    assert_eq!(desk.order("a").state.name(), "CANCELED");
    assert!(rules(desk.order("b")).contains(&RiskRule::OrderSize));
    assert_eq!(rules(desk.order("c")), [RiskRule::BatchDenied]);
    assert_eq!(desk.state().ledger.cash_locked(Currency::USD), dec("0"));
    desk.check();
}

#[test]
fn the_legs_of_a_batch_count_once_towards_the_order_rate() {
    let mut desk = Desk::new();
    let leg = |i: usize| limit(&format!("leg{i}"), Side::Buy, "0.01", "9000");
    let orders: Vec<OrderRequest> = (0..20).map(leg).collect();
    desk.command(Command::SubmitOrders {
        orders,
        mode: BatchMode::Independent,
    })
    .expect("answered");
    assert_eq!(desk.state().counters.orders(desk.kernel.now())[0], 1);
    for i in 0..10 {
        desk.submit(limit(&format!("one{i}"), Side::Buy, "0.01", "9000"))
            .expect("answered");
    }
    assert_eq!(rules(desk.order("one9")), [RiskRule::OrdersPerMinute]);
    desk.pass(60_000);
    desk.book("BTC", 10_000, 10_010, "5");
    desk.submit(limit("later", Side::Buy, "0.01", "9000"))
        .expect("answered");
    assert!(rules(desk.order("later")).is_empty());
}

#[test]
fn the_kill_switch_cancels_flattens_and_blocks_until_a_person_lifts_it() {
    let mut desk = Desk::new();
    desk.submit(market("b", Side::Buy, "0.5")).expect("taken");
    desk.submit(limit("rest", Side::Buy, "1", "9000")).expect("taken");
    desk.pass(100);
    let engage = Command::EngageKillSwitch {
        account: Some(account()),
        flatten: true,
        reason: "enough".to_owned(),
    };
    desk.command(engage).expect("engaged");
    desk.pass(200);
    assert_eq!(desk.order("rest").state.name(), "CANCELED");
    let position = desk
        .state()
        .ledger
        .position(&id("BTC-USD.COINBASE"))
        .expect("traded");
    assert!(position.quantity.is_zero(), "flattened");
    desk.submit(limit("no", Side::Buy, "1", "9000"))
        .expect("answered");
    assert_eq!(rules(desk.order("no")), [RiskRule::KillSwitch]);
    desk.command(Command::LiftKillSwitch {
        account: Some(account()),
    })
    .expect("lifted");
    let again = desk.command(Command::LiftKillSwitch {
        account: Some(account()),
    });
    assert_eq!(again, Err(CommandError::KillSwitchAlready("lifted")));
    desk.submit(limit("yes", Side::Buy, "1", "9000"))
        .expect("answered");
    assert_eq!(desk.order("yes").state, OrderState::Submitted);
    desk.check();
}

#[test]
fn orders_on_a_stale_quote_are_denied_with_the_state() {
    let mut desk = Desk::new();
    desk.pass(11_000);
    desk.submit(limit("late", Side::Buy, "1", "9000"))
        .expect("answered");
    let OrderState::Denied { denials } = &desk.order("late").state else {
        panic!("denied")
    };
    assert_eq!(
        (denials[0].rule, denials[0].actual.as_str()),
        (RiskRule::StaleData, "STALE")
    );
}

#[test]
fn a_sell_of_more_than_is_held_is_denied_and_reduce_only_never_turns_a_position() {
    let mut desk = Desk::new();
    desk.submit(market("short", Side::Sell, "0.1")).expect("answered");
    assert!(rules(desk.order("short")).contains(&RiskRule::ShortNotAllowed));
    desk.submit(market("b", Side::Buy, "0.5")).expect("taken");
    desk.pass(100);
    let too_much = OrderRequest {
        reduce_only: true,
        ..market("r1", Side::Sell, "0.6")
    };
    desk.submit(too_much).expect("answered");
    assert!(rules(desk.order("r1")).contains(&RiskRule::ReduceOnly));
    let all = OrderRequest {
        reduce_only: true,
        ..market("r2", Side::Sell, "0.5")
    };
    desk.submit(all).expect("answered");
    desk.pass(100);
    assert_eq!(desk.order("r2").state, OrderState::Filled);
    desk.check();
}

#[test]
fn a_reconciliation_of_an_untouched_account_finds_nothing() {
    let mut desk = Desk::new();
    desk.submit(market("b", Side::Buy, "0.5")).expect("taken");
    desk.submit(limit("rest", Side::Buy, "1", "9000")).expect("taken");
    desk.pass(100);
    let reply = desk
        .command(Command::Reconcile { account: account() })
        .expect("done");
    let CommandReply::Reconciliation(found) = reply else {
        panic!("a reconciliation is answered")
    };
    assert_eq!(found.differences, []);
    assert!(found.compared >= 4, "{found:?}");
}

#[test]
fn risk_settings_change_only_from_the_version_they_are_based_on_and_within_range() {
    let mut desk = Desk::new();
    let mut settings = desk.state().risk.clone();
    settings.order_size_max = dec("0.01");
    let set = |settings: &tradewind_types::risk::RiskSettings, expected_version| Command::SetRiskSettings {
        account: account(),
        settings: settings.clone(),
        expected_version,
    };
    assert_eq!(
        desk.command(set(&settings, 7)),
        Err(CommandError::VersionConflict { current: 1 })
    );
    assert_eq!(
        desk.command(set(&settings, 1)),
        Ok(CommandReply::Risk { version: 2 })
    );
    settings.order_size_max = dec("0");
    assert!(matches!(
        desk.command(set(&settings, 2)),
        Err(CommandError::BadSetting {
            field: "order_size_max",
            ..
        })
    ));
    desk.submit(limit("big", Side::Buy, "1", "9000"))
        .expect("answered");
    assert!(rules(desk.order("big")).contains(&RiskRule::OrderSize));
}

#[test]
fn a_day_s_loss_halts_the_strategies_and_twice_the_limit_engages_the_kill_switch() {
    let mut desk = Desk::new();
    let on = Command::SetStrategy {
        account: account(),
        strategy: id("combined"),
        enabled: true,
    };
    desk.command(on).expect("known");
    desk.submit(market("b", Side::Buy, "2")).expect("taken");
    desk.pass(1_100);
    desk.book("BTC", 7_300, 7_310, "5");
    desk.pass(1_100);
    let status = desk.state().strategy_status(&id("combined")).clone();
    assert!(
        matches!(status, tradewind_types::record::StrategyStatus::Halted { .. }),
        "{status:?}"
    );
    assert!(desk.state().kill_switch.is_none());
    desk.book("BTC", 4_800, 4_810, "5");
    desk.pass(1_100);
    assert!(
        desk.state().kill_switch.is_some(),
        "{:?}",
        desk.kernel.valuation(&account())
    );
    desk.check();
}

#[test]
fn transfers_are_booked_once_per_key_and_do_not_count_as_profit() {
    let mut desk = Desk::new();
    desk.pass(1_100);
    let transfer = |amount: &str, key: &str| Command::Transfer {
        account: account(),
        money: Money::new(dec(amount), Currency::USD),
        key: key.to_owned(),
        reason: "test".to_owned(),
    };
    desk.command(transfer("500", "k1")).expect("booked");
    assert!(desk.command(transfer("500", "k1")).is_err(), "the key is taken");
    desk.command(transfer("-100500", "k2")).expect("booked");
    assert!(desk.command(transfer("-1", "k3")).is_err(), "nothing is left");
    assert_eq!(desk.state().ledger.cash_total(Currency::USD), dec("0"));
    assert!(desk.state().kill_switch.is_none(), "money taken out is no loss");
    desk.check();
}
