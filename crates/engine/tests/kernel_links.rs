//! Linked, stopped and changed orders through the whole kernel, natively and emulated.

mod common;

use common::*;
use rstest::rstest;
use tradewind_engine::kernel::Capabilities;
use tradewind_engine::{CommandError, CommandReply, Kernel, KernelConfig};
use tradewind_types::order::{OrderEventKind, TrailingOffset};
use tradewind_types::record::{BatchMode, Command, Outcome, Session, SessionTable};
use tradewind_types::risk::{RiskRule, RiskSettings};
use tradewind_types::*;

fn desk(capabilities: Capabilities) -> Desk {
    Desk::with(KernelConfig {
        paper_capabilities: capabilities,
        ..KernelConfig::default()
    })
}

fn batch(desk: &mut Desk, orders: Vec<OrderRequest>) {
    let mode = BatchMode::AllOrNone;
    let reply = desk
        .command(Command::SubmitOrders { orders, mode })
        .expect("answered");
    let CommandReply::Orders { compensated, .. } = reply else {
        panic!("orders are answered with orders")
    };
    assert!(!compensated);
}

fn bracket(desk: &mut Desk, entry: OrderRequest) {
    let size = entry.quantity.to_string();
    let parent = entry.client_order_id.to_string();
    let loss = leg("loss", &parent, &size, stop("9500"));
    let profit = leg("profit", &parent, &size, at("10500"));
    batch(desk, vec![entry, loss, profit]);
}

fn names(desk: &Desk, ids: &[&str]) -> Vec<String> {
    let name = |id: &&str| {
        let order = desk.order(id);
        format!(
            "{} {} of {}",
            order.state.name(),
            order.filled.normalize(),
            order.request.quantity
        )
    };
    ids.iter().map(name).collect()
}

fn position(desk: &Desk) -> Decimal {
    let position = desk.state().ledger.position(&id("BTC-USD.COINBASE"));
    position.map_or(Decimal::ZERO, |p| p.quantity)
}

#[rstest]
#[case::native(Capabilities::ALL)]
#[case::emulated(Capabilities::BASIC)]
fn a_bracket_waits_for_its_entry_and_its_legs_cancel_one_another(#[case] capabilities: Capabilities) {
    let mut desk = desk(capabilities);
    bracket(&mut desk, market("entry", Side::Buy, "0.5"));
    assert_eq!(
        names(&desk, &["entry", "loss", "profit"]),
        [
            "SUBMITTED 0 of 0.5",
            "INITIALIZED 0 of 0.5",
            "INITIALIZED 0 of 0.5"
        ]
    );
    desk.pass(200);
    assert_eq!(
        names(&desk, &["entry", "loss", "profit"]),
        ["FILLED 0.5 of 0.5", "ACCEPTED 0 of 0.5", "ACCEPTED 0 of 0.5"]
    );
    desk.book("BTC", 9_490, 9_491, "5");
    desk.pass(200);
    desk.book("BTC", 9_480, 9_481, "5");
    desk.pass(200);
    assert_eq!(
        names(&desk, &["loss", "profit"]),
        ["FILLED 0.5 of 0.5", "CANCELED 0 of 0.5"]
    );
    assert!(position(&desk).is_zero());
    desk.check();
}

#[rstest]
#[case::native(Capabilities::ALL)]
#[case::emulated(Capabilities::BASIC)]
fn children_are_sized_to_what_filled_and_raised_by_further_fills(#[case] capabilities: Capabilities) {
    let mut desk = desk(capabilities);
    bracket(&mut desk, limit("entry", Side::Buy, "1", "9990"));
    desk.pass(200);
    // Offers fall to the limit with 0.4 displayed, then with more.
    desk.book("BTC", 9_980, 9_990, "0.4");
    desk.pass(200);
    assert_eq!(
        names(&desk, &["entry", "loss", "profit"]),
        [
            "PARTIALLY_FILLED 0.4 of 1",
            "ACCEPTED 0 of 0.4",
            "ACCEPTED 0 of 0.4"
        ]
    );
    desk.book("BTC", 9_980, 9_990, "5");
    desk.pass(200);
    assert_eq!(
        names(&desk, &["entry", "loss", "profit"]),
        ["FILLED 1 of 1", "ACCEPTED 0 of 1", "ACCEPTED 0 of 1"]
    );
    desk.check();
}

#[test]
fn what_fills_of_one_leg_is_taken_off_the_other() {
    let mut desk = Desk::new();
    bracket(&mut desk, market("entry", Side::Buy, "1"));
    desk.pass(200);
    desk.book("BTC", 10_500, 10_510, "0.3");
    desk.pass(200);
    assert_eq!(
        names(&desk, &["loss", "profit"]),
        ["ACCEPTED 0 of 0.7", "PARTIALLY_FILLED 0.3 of 1"]
    );
    desk.book("BTC", 10_500, 10_510, "5");
    desk.pass(200);
    assert_eq!(
        names(&desk, &["loss", "profit"]),
        ["CANCELED 0 of 0.7", "FILLED 1 of 1"]
    );
    assert!(position(&desk).is_zero());
    desk.check();
}

#[test]
fn children_of_an_entry_that_ends_without_a_fill_are_canceled() {
    let mut desk = Desk::new();
    bracket(&mut desk, limit("entry", Side::Buy, "1", "9000"));
    desk.pass(200);
    let cancel = Command::CancelOrder {
        account: account(),
        client_order_id: id("entry"),
    };
    desk.command(cancel).expect("open");
    desk.pass(200);
    assert_eq!(
        names(&desk, &["entry", "loss", "profit"]),
        ["CANCELED 0 of 1", "CANCELED 0 of 1", "CANCELED 0 of 1"]
    );
    desk.check();
}

#[test]
fn children_of_a_denied_entry_are_canceled_with_it() {
    let mut desk = Desk::new();
    let entry = limit("entry", Side::Buy, "90", "9000");
    let loss = leg("loss", "entry", "90", stop("8000"));
    let orders = vec![entry, loss];
    let mode = BatchMode::Independent;
    desk.command(Command::SubmitOrders { orders, mode })
        .expect("answered");
    assert_eq!(desk.order("entry").state.name(), "DENIED");
    assert_eq!(desk.order("loss").state.name(), "CANCELED");
    let orphan = desk.submit(leg("orphan", "nobody", "1", stop("8000")));
    assert!(matches!(orphan, Err(CommandError::Malformed(_))));
}

#[test]
fn protection_is_canceled_when_a_person_closes_the_position() {
    let mut desk = Desk::new();
    bracket(&mut desk, market("entry", Side::Buy, "0.5"));
    desk.pass(200);
    desk.submit(market("exit", Side::Sell, "0.5")).expect("taken");
    desk.pass(300);
    assert_eq!(
        names(&desk, &["exit", "loss", "profit"]),
        ["FILLED 0.5 of 0.5", "CANCELED 0 of 0.5", "CANCELED 0 of 0.5"]
    );
    desk.check();
}

#[rstest]
#[case::native(Capabilities::ALL)]
#[case::emulated(Capabilities::BASIC)]
fn stops_rest_until_their_trigger_and_then_are_what_they_become(#[case] capabilities: Capabilities) {
    let mut desk = desk(capabilities);
    let buy_stop = OrderRequest {
        kind: stop("10100"),
        ..market("stop", Side::Buy, "0.1")
    };
    let buy_stop = OrderRequest {
        time_in_force: TimeInForce::Gtc,
        ..buy_stop
    };
    let stop_limit = OrderRequest {
        kind: OrderKind::StopLimit {
            trigger: price("10100"),
            price: price("10050"),
            post_only: false,
        },
        ..limit("stop-limit", Side::Buy, "0.1", "1")
    };
    desk.submit(buy_stop).expect("taken");
    desk.submit(stop_limit).expect("taken");
    desk.pass(200);
    assert_eq!(
        names(&desk, &["stop", "stop-limit"]),
        ["ACCEPTED 0 of 0.1", "ACCEPTED 0 of 0.1"]
    );
    desk.book("BTC", 10_090, 10_100, "5");
    desk.pass(200);
    assert_eq!(
        names(&desk, &["stop", "stop-limit"]),
        ["FILLED 0.1 of 0.1", "TRIGGERED 0 of 0.1"]
    );
    assert!(desk.order("stop-limit").triggered);
    desk.book("BTC", 10_040, 10_050, "5");
    desk.pass(200);
    assert_eq!(desk.order("stop-limit").state.name(), "FILLED");
    assert_eq!(desk.order("stop-limit").average_price(), Some(dec("10050")));
    desk.check();
}

#[rstest]
#[case::native(Capabilities::ALL)]
#[case::emulated(Capabilities::BASIC)]
fn a_trailing_stop_follows_up_and_never_down_and_its_moves_are_journalled_by_tenths(
    #[case] capabilities: Capabilities,
) {
    let mut desk = desk(capabilities);
    desk.submit(market("entry", Side::Buy, "0.5")).expect("taken");
    desk.pass(200);
    let trail = OrderRequest {
        kind: OrderKind::TrailingStop {
            offset: TrailingOffset::Price(price("100")),
            activation: None,
        },
        reduce_only: true,
        ..limit("trail", Side::Sell, "0.5", "1")
    };
    desk.submit(trail).expect("taken");
    desk.pass(200);
    for bid in [10_005, 10_006, 10_050, 10_020, 10_120] {
        desk.book("BTC", bid, bid + 10, "5");
        desk.pass(100);
    }
    assert_eq!(desk.order("trail").state.name(), "ACCEPTED");
    assert_eq!(desk.order("trail").trigger, Some(price("10020")));
    let moved = desk
        .outcomes()
        .filter(|o| matches!(o, Outcome::Order(e) if matches!(e.kind, OrderEventKind::TriggerMoved { .. })))
        .count();
    assert!((2..=4).contains(&moved), "{moved} moves were journalled");
    desk.book("BTC", 10_020, 10_030, "5");
    desk.pass(200);
    assert_eq!(desk.order("trail").state.name(), "FILLED");
    assert!(position(&desk).is_zero());
    desk.check();
}

#[rstest]
#[case::native(Capabilities::ALL)]
#[case::emulated(Capabilities::BASIC)]
fn a_stop_good_till_a_date_expires_then(#[case] capabilities: Capabilities) {
    let mut desk = desk(capabilities);
    let until = desk.now.plus(5_000 * MS);
    let order = OrderRequest {
        kind: OrderKind::StopMarket {
            trigger: price("10100"),
        },
        time_in_force: TimeInForce::Gtd { until },
        ..limit("gtd", Side::Buy, "0.1", "1")
    };
    desk.submit(order).expect("taken");
    desk.pass(4_000);
    assert_eq!(desk.order("gtd").state.name(), "ACCEPTED");
    desk.pass(3_000);
    assert_eq!(desk.order("gtd").state.name(), "EXPIRED");
    assert_eq!(desk.state().ledger.cash_locked(Currency::USD), dec("0"));
    desk.check();
}

fn modify(order: &str, quantity: Option<&str>, to: Option<&str>, version: Option<u32>) -> Command {
    Command::ModifyOrder {
        account: account(),
        client_order_id: id(order),
        quantity: quantity.map(common::quantity),
        price: to.map(price),
        trigger: None,
        display: None,
        expected_version: version,
    }
}

#[test]
fn a_change_holds_what_comes_on_top_and_gives_back_what_is_no_longer_needed() {
    let mut desk = Desk::new();
    desk.submit(limit("l", Side::Buy, "1", "9000")).expect("taken");
    desk.pass(200);
    let locked = |desk: &Desk| desk.state().ledger.cash_locked(Currency::USD);
    assert_eq!(locked(&desk), dec("9018"));
    desk.command(modify("l", Some("2"), None, None)).expect("changed");
    assert_eq!(desk.order("l").state.name(), "PENDING_MODIFY");
    assert_eq!(locked(&desk), dec("18036"), "held before the venue is asked");
    desk.pass(200);
    assert_eq!(names(&desk, &["l"]), ["ACCEPTED 0 of 2"]);
    desk.command(modify("l", Some("1"), Some("8000"), None))
        .expect("changed");
    desk.pass(200);
    assert_eq!(names(&desk, &["l"]), ["ACCEPTED 0 of 1"]);
    assert_eq!(desk.order("l").request.limit_price(), Some(price("8000")));
    assert_eq!(locked(&desk), dec("8016"));
    desk.check();
}

#[test]
fn a_change_passes_the_gate_and_an_order_that_cannot_be_changed_so_stays_as_it_is() {
    let mut desk = Desk::new();
    desk.submit(limit("l", Side::Buy, "1", "9000")).expect("taken");
    let early = desk.command(modify("l", Some("2"), None, None));
    assert!(
        matches!(early, Err(CommandError::OrderNotModifiable { .. })),
        "{early:?}"
    );
    desk.pass(200);
    let version = desk.order("l").version;
    let stale = desk.command(modify("l", Some("2"), None, Some(version + 1)));
    assert!(matches!(stale, Err(CommandError::OrderVersionConflict { .. })));
    let too_large = desk.command(modify("l", Some("9"), None, Some(version)));
    assert!(
        matches!(too_large, Err(CommandError::ChangeDenied { .. })),
        "{too_large:?}"
    );
    let nothing = desk.command(modify("l", None, None, None));
    assert!(matches!(nothing, Err(CommandError::Malformed(_))));
    let off_tick = desk.command(modify("l", None, Some("9000.001"), None));
    assert!(matches!(off_tick, Err(CommandError::Malformed(_))));
    assert_eq!(desk.order("l").version, version, "nothing happened to it");
    desk.command(modify("l", None, Some("10010"), Some(version)))
        .expect("changed");
    desk.pass(200);
    assert_eq!(desk.order("l").state.name(), "FILLED", "the new price takes");
    assert_eq!(desk.state().ledger.cash_locked(Currency::USD), dec("0"));
    desk.check();
}

#[test]
fn a_changed_order_is_still_recognised_by_what_was_first_asked() {
    let mut desk = Desk::new();
    let request = limit("l", Side::Buy, "1", "9000");
    desk.submit(request.clone()).expect("taken");
    desk.pass(200);
    desk.command(modify("l", Some("2"), None, None)).expect("changed");
    desk.pass(200);
    let again = desk.submit(request.clone()).expect("the same");
    assert!(matches!(again, CommandReply::Orders { created, .. } if created == [false]));
    let other = OrderRequest {
        quantity: quantity("2"),
        ..request
    };
    assert_eq!(desk.submit(other), Err(CommandError::OrderIdReused(id("l"))));
}

#[rstest]
#[case::native(Capabilities::ALL)]
#[case::emulated(Capabilities::BASIC)]
fn links_and_stops_hold_after_a_restart(#[case] capabilities: Capabilities) {
    let mut desk = desk(capabilities);
    bracket(&mut desk, market("entry", Side::Buy, "0.5"));
    desk.pass(200);
    let config = desk.kernel.config().clone();
    let bytes = desk.kernel.state().to_snapshot().expect("encodes");
    let state = tradewind_engine::kernel::State::from_snapshot(&bytes).expect("reads");
    desk.kernel = Kernel::new(config, state);
    desk.book("BTC", 10_000, 10_010, "5");
    desk.pass(200);
    desk.book("BTC", 9_490, 9_491, "5");
    desk.pass(200);
    desk.book("BTC", 9_480, 9_481, "5");
    desk.pass(200);
    assert_eq!(
        names(&desk, &["loss", "profit"]),
        ["FILLED 0.5 of 0.5", "CANCELED 0 of 0.5"]
    );
    desk.check();
}

#[test]
fn the_kill_switch_cancels_waiting_children_and_stops_too() {
    let mut desk = desk(Capabilities::BASIC);
    bracket(&mut desk, limit("entry", Side::Buy, "0.5", "9000"));
    let stop_order = OrderRequest {
        kind: stop("10100"),
        ..limit("stop", Side::Buy, "0.1", "1")
    };
    desk.submit(stop_order).expect("taken");
    desk.pass(200);
    let engage = Command::EngageKillSwitch {
        account: Some(account()),
        flatten: true,
        reason: "enough".to_owned(),
    };
    desk.command(engage).expect("engaged");
    desk.pass(200);
    for order in ["entry", "loss", "profit", "stop"] {
        assert_eq!(desk.order(order).state.name(), "CANCELED", "{order}");
    }
    assert_eq!(desk.state().ledger.cash_locked(Currency::USD), dec("0"));
    desk.check();
}

fn session_ends_in(desk: &mut Desk, minutes: u64) {
    let close = desk.now.plus(minutes * 60_000 * MS);
    let table = SessionTable {
        calendar: "24/7".into(),
        sessions: vec![Session {
            open: UnixNanos(0),
            close,
        }],
        source: "test".to_owned(),
    };
    desk.command(Command::DefineSessions { table }).expect("defined");
}

fn set_risk(desk: &mut Desk, change: impl FnOnce(&mut RiskSettings)) {
    let (mut settings, expected_version) = (desk.state().risk.clone(), desk.state().risk_version);
    change(&mut settings);
    desk.command(Command::SetRiskSettings {
        account: account(),
        settings,
        expected_version,
    })
    .expect("set");
}

#[test]
fn positions_of_the_day_are_warned_about_and_closed_before_the_session_ends() {
    let mut desk = Desk::new();
    set_risk(&mut desk, |s| s.intraday.enabled = true);
    desk.submit(market("b", Side::Buy, "0.5")).expect("taken");
    desk.pass(200);
    session_ends_in(&mut desk, 15);
    desk.book("BTC", 10_000, 10_010, "5");
    desk.pass(1_100);
    assert_eq!(desk.state().warnings.len(), 1, "{:?}", desk.state().warnings);
    assert_eq!(position(&desk), dec("0.5"));
    desk.pass(5 * 60_000);
    desk.book("BTC", 10_000, 10_010, "5");
    desk.pass(12_000);
    assert!(position(&desk).is_zero(), "closed ten minutes before the end");
    desk.book("BTC", 10_000, 10_010, "5");
    desk.submit(market("late", Side::Buy, "0.1")).expect("answered");
    let OrderState::Denied { denials } = &desk.order("late").state else {
        panic!("denied")
    };
    assert_eq!(denials[0].rule, RiskRule::Intraday);
    desk.check();
}

#[test]
fn an_account_on_margin_goes_short_is_warned_and_is_closed_by_force() {
    let mut desk = Desk::new();
    let mut btc = instruments().remove(0);
    btc.terms.margin_initial = Some(dec("0.1"));
    btc.terms.margin_maintenance = Some(dec("0.05"));
    desk.command(Command::DefineInstrument {
        instrument: Box::new(btc),
    })
    .expect("defined");
    set_risk(&mut desk, |s| s.margin.enabled = true);
    // 20 BTC at 10,000 need 20,000 of margin, 20 % of equity.
    for n in 0..3 {
        desk.book("BTC", 10_000, 10_010, "50");
        desk.submit(market(&format!("s{n}"), Side::Sell, "20"))
            .expect("taken");
        desk.pass(7_000);
    }
    assert_eq!(position(&desk), dec("-60"));
    let kinds = |desk: &Desk| {
        let limits = desk.state().warnings.iter().map(|w| w.warning.limit.clone());
        limits.collect::<Vec<_>>()
    };
    assert_eq!(kinds(&desk), Vec::<String>::new(), "60 % is below every step");
    // Marked at 10,245 some 14,700 are lost, and 61,470 of margin are 73 % of what is left.
    desk.book("BTC", 10_240, 10_250, "50");
    desk.pass(1_100);
    assert_eq!(kinds(&desk), ["70 %"]);
    desk.book("BTC", 10_800, 10_810, "100");
    desk.pass(1_100);
    assert!(kinds(&desk).contains(&"100 %".to_owned()), "{:?}", kinds(&desk));
    desk.pass(1_000);
    assert!(position(&desk).is_zero(), "closed by force");
    desk.check();
}
