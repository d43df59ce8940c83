//! Icebergs at a venue that cannot hide size: one slice at a time, the order keeps its life.

mod common;

use common::*;
use tradewind_engine::kernel::{Capabilities, State};
use tradewind_engine::{CommandError, Kernel, KernelConfig};
use tradewind_types::record::{BatchMode, Command, Outcome, Session, SessionTable};
use tradewind_types::*;

fn config() -> KernelConfig {
    KernelConfig {
        paper_capabilities: Capabilities::BASIC,
        ..KernelConfig::default()
    }
}

fn ice(name: &str, side: Side, whole: &str, shown: &str, at: &str) -> OrderRequest {
    let mut order = limit(name, side, whole, at);
    order.terms.display = Some(quantity(shown));
    order
}

fn change(order: &str, whole: Option<&str>, to: Option<&str>, shown: Option<&str>) -> Command {
    Command::ModifyOrder {
        account: account(),
        client_order_id: id(order),
        quantity: whole.map(quantity),
        price: to.map(price),
        trigger: None,
        display: shown.map(quantity),
        expected_version: None,
    }
}

/// Quantity, filled and state of every slice, oldest first.
fn slices(desk: &Desk, order: &str) -> Vec<String> {
    let parent = id(order);
    let all = desk.state().slices.of(&parent);
    all.map(|s| {
        format!(
            "{} {} {}",
            s.request.quantity,
            s.filled.normalize(),
            s.state.name()
        )
    })
    .collect()
}

fn filled(desk: &Desk, order: &str) -> String {
    desk.order(order).filled.normalize().to_string()
}

/// Offers of `size` at the bid price of the icebergs of these tests, then none there.
fn sellers(desk: &mut Desk, size: &str) {
    desk.book("BTC", 9_980, 9_990, size);
    desk.pass(300);
    desk.book("BTC", 9_980, 10_010, "5");
    desk.pass(300);
}

fn check(desk: &Desk) {
    desk.check();
    let state = desk.state();
    for order in state.orders.open().chain(state.orders.closed()) {
        let parent = &order.request.client_order_id;
        let of_slices: Decimal = state.slices.of(parent).map(|s| s.filled).sum();
        if state.slices.of(parent).next().is_some() {
            assert_eq!(of_slices, order.filled, "{parent}");
        }
    }
    let refolded = desk.refolded();
    let again = refolded.accounts.get(&account()).expect("there");
    assert_eq!(again.slices, state.slices, "the records give the same slices");
    assert_eq!(again.ledger, state.ledger, "and the same books");
}

/// The kernel again, on what the records say.
fn restart(desk: &mut Desk) {
    desk.kernel = Kernel::new(config(), desk.refolded());
    desk.book("BTC", 9_980, 10_010, "5");
    desk.pass(1_100);
}

#[test]
fn slices_leave_one_after_the_other_and_the_order_is_one_order() {
    let mut desk = Desk::with(config());
    desk.submit(ice("i", Side::Buy, "1.1", "0.25", "9990"))
        .expect("taken");
    desk.pass(300);
    assert_eq!(desk.order("i").state.name(), "ACCEPTED");
    assert_eq!(slices(&desk, "i"), ["0.25 0 ACCEPTED"]);
    let held = desk.state().ledger.held(&id("i")).expect("held").amount;
    assert_eq!(
        held,
        dec("11010.978"),
        "1.1 × 9,990 with the fee of 0.2 %: all of it"
    );
    sellers(&mut desk, "0.1");
    assert_eq!(slices(&desk, "i"), ["0.25 0.1 PARTIALLY_FILLED"]);
    sellers(&mut desk, "5");
    // The sellers stay for 300 ms: four slices leave and are filled, one after the other.
    let mut four = vec!["0.25 0.25 FILLED"; 4];
    four.push("0.1 0 ACCEPTED");
    assert_eq!(slices(&desk, "i"), four);
    assert_eq!(desk.order("i").state.name(), "PARTIALLY_FILLED");
    sellers(&mut desk, "5");
    let last = slices(&desk, "i").pop();
    assert_eq!(last.as_deref(), Some("0.1 0.1 FILLED"), "the last one is smaller");
    let order = desk.order("i");
    assert_eq!(
        (order.state.name(), filled(&desk, "i").as_str()),
        ("FILLED", "1.1")
    );
    assert_eq!(order.average_price(), Some(dec("9990")));
    assert!(desk.state().ledger.held(&id("i")).is_none());
    let counted = desk.state().counters.orders(desk.now);
    assert_eq!(counted[1], 1, "slices count once, as their order");
    assert_eq!(
        desk.state().orders.closed().count(),
        1,
        "slices are no orders of the account"
    );
    check(&desk);
}

#[test]
fn a_cancel_takes_the_slice_down_and_ends_the_order_with_what_it_has() {
    let mut desk = Desk::with(config());
    desk.submit(ice("i", Side::Buy, "1", "0.25", "9990"))
        .expect("taken");
    desk.pass(300);
    sellers(&mut desk, "0.1");
    desk.command(Command::CancelOrder {
        account: account(),
        client_order_id: id("i"),
    })
    .expect("asked");
    assert_eq!(desk.order("i").state.name(), "PENDING_CANCEL");
    desk.pass(300);
    assert_eq!(desk.order("i").state.name(), "CANCELED");
    assert_eq!(slices(&desk, "i"), ["0.25 0.1 CANCELED"]);
    assert_eq!(filled(&desk, "i"), "0.1");
    assert_eq!(desk.state().ledger.cash_locked(Currency::USD), dec("0"));
    sellers(&mut desk, "5");
    assert_eq!(filled(&desk, "i"), "0.1", "nothing rests any more");
    check(&desk);
}

#[test]
fn changes_hold_for_the_whole_and_wait_for_the_slice_only_where_they_have_to() {
    let mut desk = Desk::with(config());
    desk.submit(ice("i", Side::Buy, "1", "0.25", "9980"))
        .expect("taken");
    desk.pass(300);
    // More of it, and more shown: what is shown now agrees with that.
    desk.command(change("i", Some("1.2"), None, Some("0.3")))
        .expect("changed");
    assert_eq!(desk.order("i").state.name(), "ACCEPTED");
    assert_eq!(desk.order("i").request.terms.display, Some(quantity("0.3")));
    assert_eq!(slices(&desk, "i"), ["0.25 0 ACCEPTED"]);
    assert_eq!(
        desk.state().ledger.held(&id("i")).expect("held").amount,
        dec("11999.952"),
        "1.2 × 9,980 with the fee"
    );
    // Another price: the slice has to go first.
    desk.command(change("i", None, Some("9990"), None))
        .expect("asked");
    assert_eq!(desk.order("i").state.name(), "PENDING_MODIFY");
    desk.pass(300);
    assert_eq!(desk.order("i").state.name(), "ACCEPTED");
    assert_eq!(desk.order("i").request.limit_price(), Some(price("9990")));
    assert_eq!(slices(&desk, "i"), ["0.25 0 CANCELED", "0.3 0 ACCEPTED"]);
    // Less shown than is shown now: a new slice.
    desk.command(change("i", None, None, Some("0.1"))).expect("asked");
    desk.pass(300);
    assert_eq!(slices(&desk, "i")[2..], ["0.1 0 ACCEPTED"]);
    // Less in all than is shown now.
    desk.command(change("i", Some("0.05"), None, None))
        .expect("asked");
    desk.pass(300);
    assert_eq!(slices(&desk, "i")[3..], ["0.05 0 ACCEPTED"]);
    assert_eq!(desk.order("i").request.terms.display, Some(quantity("0.05")));
    sellers(&mut desk, "5");
    assert_eq!(desk.order("i").state.name(), "FILLED");
    assert_eq!(desk.state().ledger.cash_locked(Currency::USD), dec("0"));
    check(&desk);
}

#[test]
fn a_change_that_fills_overtook_is_refused_or_ends_the_order() {
    for (to, state, whole) in [("0.2", "FILLED", "0.2"), ("0.15", "PARTIALLY_FILLED", "1")] {
        let mut desk = Desk::with(config());
        desk.submit(ice("i", Side::Buy, "1", "0.25", "9990"))
            .expect("taken");
        desk.pass(300);
        desk.book("BTC", 9_980, 9_990, "0.2");
        // Before the cancel reaches the venue the sellers do: 0.2 are filled.
        let asked = desk.command(change("i", Some(to), None, None));
        if asked.is_err() {
            assert_eq!(filled(&desk, "i"), "0.2", "{to}: filled already, refused at once");
        }
        desk.pass(300);
        let order = desk.order("i");
        let reached = (order.state.name(), order.request.quantity.to_string());
        if filled(&desk, "i") == "0.2" && asked.is_ok() {
            assert_eq!(reached, (state, whole.to_owned()), "{to}");
        }
        check(&desk);
    }
}

#[test]
fn what_cannot_be_sliced_is_refused_with_the_reason() {
    let mut desk = Desk::with(config());
    let mut small = Vec::from([instruments()[0].clone()]);
    small[0].quantity_min = dec("0.1");
    desk.command(Command::DefineInstrument {
        instrument: Box::new(small.remove(0)),
    })
    .expect("defined");
    let cases: [(OrderRequest, &str); 5] = [
        (
            OrderRequest {
                time_in_force: TimeInForce::Ioc,
                ..ice("a", Side::Buy, "1", "0.25", "9990")
            },
            "IOC or FOK",
        ),
        (
            OrderRequest {
                time_in_force: TimeInForce::Fok,
                ..ice("b", Side::Buy, "1", "0.25", "9990")
            },
            "IOC or FOK",
        ),
        (
            OrderRequest {
                kind: OrderKind::Market,
                ..ice("c", Side::Buy, "1", "0.25", "9990")
            },
            "needs a limit price",
        ),
        (ice("d", Side::Buy, "1", "0.05", "9990"), "display quantity"),
        (
            ice("e", Side::Buy, "0.2", "0.25", "9990"),
            "larger than the order",
        ),
    ];
    for (order, why) in cases {
        let refused = desk.submit(order).expect_err("refused");
        assert!(refused.to_string().contains(why), "{refused}");
    }
    // The whole passes the gate, not the slice.
    desk.submit(ice("f", Side::Buy, "9", "0.25", "9990"))
        .expect("answered");
    assert_eq!(desk.order("f").state.name(), "DENIED");
    check(&desk);
}

#[test]
fn a_rest_too_small_for_the_venue_is_shared_with_the_slice_before_it() {
    let mut desk = Desk::with(config());
    let mut instrument = instruments()[0].clone();
    instrument.quantity_min = dec("0.2");
    desk.command(Command::DefineInstrument {
        instrument: Box::new(instrument),
    })
    .expect("defined");
    desk.submit(ice("i", Side::Buy, "1", "0.3", "9990"))
        .expect("taken");
    desk.pass(300);
    for _ in 0..5 {
        sellers(&mut desk, "5");
    }
    let sizes: Vec<String> = slices(&desk, "i")
        .iter()
        .map(|s| s.split(' ').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(sizes, ["0.3", "0.3", "0.2", "0.2"]);
    assert_eq!(desk.order("i").state.name(), "FILLED");
    check(&desk);
}

#[test]
fn a_day_and_a_date_end_the_order_and_its_slice() {
    let mut desk = Desk::with(config());
    let until = desk.now.plus(5_000 * MS);
    let dated = OrderRequest {
        time_in_force: TimeInForce::Gtd { until },
        ..ice("gtd", Side::Buy, "1", "0.25", "9900")
    };
    desk.submit(dated).expect("taken");
    let table = SessionTable {
        calendar: "24/7".into(),
        sessions: vec![Session {
            open: UnixNanos(0),
            close: desk.now.plus(60_000 * MS),
        }],
        source: "test".to_owned(),
    };
    desk.command(Command::DefineSessions { table }).expect("defined");
    let day = OrderRequest {
        time_in_force: TimeInForce::Day,
        ..ice("day", Side::Buy, "1", "0.25", "9900")
    };
    desk.submit(day).expect("taken");
    desk.pass(3_000);
    assert_eq!(desk.order("gtd").state.name(), "ACCEPTED");
    desk.pass(4_000);
    assert_eq!(desk.order("gtd").state.name(), "EXPIRED");
    assert_eq!(desk.order("day").state.name(), "ACCEPTED");
    desk.pass(60_000);
    assert_eq!(desk.order("day").state.name(), "EXPIRED");
    assert_eq!(desk.state().slices.open().count(), 0);
    assert_eq!(desk.state().ledger.cash_locked(Currency::USD), dec("0"));
    check(&desk);
}

#[test]
fn the_kill_switch_ends_icebergs_and_nothing_is_shown_after_it() {
    let mut desk = Desk::with(config());
    desk.submit(ice("i", Side::Buy, "1", "0.25", "9990"))
        .expect("taken");
    desk.pass(300);
    desk.command(Command::EngageKillSwitch {
        account: None,
        flatten: false,
        reason: "a drill".to_owned(),
    })
    .expect("engaged");
    // The slice fills before its cancel arrives: no other takes its place.
    desk.book("BTC", 9_980, 9_990, "5");
    desk.pass(2_000);
    assert_eq!(desk.order("i").state.name(), "CANCELED");
    assert_eq!(slices(&desk, "i").len(), 1);
    check(&desk);
}

#[test]
fn reduce_only_icebergs_close_a_position_and_end_with_it() {
    let mut desk = Desk::with(config());
    desk.submit(market("b", Side::Buy, "1")).expect("taken");
    desk.pass(300);
    let sell = OrderRequest {
        reduce_only: true,
        ..ice("i", Side::Sell, "1", "0.25", "10050")
    };
    desk.submit(sell).expect("taken");
    desk.pass(300);
    desk.book("BTC", 10_050, 10_060, "0.25");
    desk.pass(300);
    desk.book("BTC", 10_000, 10_010, "5");
    desk.pass(300);
    assert_eq!(filled(&desk, "i"), "0.25");
    // A person sells the rest: what the iceberg would close is gone.
    desk.submit(market("rest", Side::Sell, "0.75")).expect("taken");
    desk.pass(300);
    desk.book("BTC", 10_050, 10_060, "5");
    desk.pass(2_000);
    assert!(!desk.order("i").state.is_open(), "{:?}", desk.order("i").state);
    let position = desk.state().ledger.position(&id("BTC-USD.COINBASE"));
    assert!(
        position.is_none_or(|p| p.quantity >= Decimal::ZERO),
        "never turned"
    );
    check(&desk);
}

#[test]
fn a_stop_that_hides_is_held_until_its_trigger_and_sliced_then() {
    let mut desk = Desk::with(config());
    let stop = OrderRequest {
        kind: OrderKind::StopLimit {
            trigger: price("10050"),
            price: price("10060"),
            post_only: false,
        },
        ..ice("i", Side::Buy, "0.8", "0.3", "1")
    };
    desk.submit(stop).expect("taken");
    desk.pass(300);
    assert_eq!(desk.order("i").state.name(), "ACCEPTED");
    assert!(slices(&desk, "i").is_empty(), "nothing is at the venue");
    desk.book("BTC", 10_045, 10_050, "0.4");
    desk.pass(300);
    assert_eq!(slices(&desk, "i")[0], "0.3 0.3 FILLED");
    desk.book("BTC", 10_045, 10_055, "5");
    desk.pass(300);
    assert_eq!(desk.order("i").state.name(), "FILLED");
    check(&desk);
}

#[test]
fn links_follow_what_an_iceberg_fills() {
    let mut desk = Desk::with(config());
    let entry = ice("entry", Side::Buy, "1", "0.25", "9990");
    let legs = [
        leg("loss", "entry", "1", stop("9000")),
        OrderRequest {
            terms: OrderTerms {
                display: Some(quantity("0.2")),
                ..leg("gain", "entry", "1", at("11000")).terms
            },
            ..leg("gain", "entry", "1", at("11000"))
        },
    ];
    desk.command(Command::SubmitOrders {
        orders: std::iter::once(entry).chain(legs).collect(),
        mode: BatchMode::Independent,
    })
    .expect("taken");
    desk.pass(300);
    sellers(&mut desk, "0.25");
    assert_eq!(desk.order("loss").request.quantity, quantity("0.25"));
    assert_eq!(desk.order("gain").request.quantity, quantity("0.25"));
    assert_eq!(
        slices(&desk, "gain").last().map(String::as_str),
        Some("0.2 0 ACCEPTED")
    );
    sellers(&mut desk, "0.25");
    assert_eq!(desk.order("gain").request.quantity, quantity("0.5"));
    desk.command(Command::CancelOrder {
        account: account(),
        client_order_id: id("entry"),
    })
    .expect("asked");
    desk.pass(300);
    desk.book("BTC", 11_000, 11_010, "5");
    desk.pass(600);
    desk.book("BTC", 11_000, 11_010, "5");
    desk.pass(600);
    desk.book("BTC", 11_000, 11_010, "5");
    desk.pass(600);
    assert_eq!(desk.order("gain").state.name(), "FILLED");
    assert_eq!(desk.order("loss").state.name(), "CANCELED");
    check(&desk);
}

#[test]
fn a_restart_goes_on_where_the_records_end() {
    let mut desk = Desk::with(config());
    desk.submit(ice("i", Side::Buy, "1", "0.25", "9990"))
        .expect("taken");
    desk.pass(300);
    sellers(&mut desk, "0.1");
    restart(&mut desk);
    assert_eq!(slices(&desk, "i"), ["0.25 0.1 PARTIALLY_FILLED"]);
    // A change that waited for its slice is carried out after the restart.
    desk.command(change("i", Some("0.6"), Some("9985"), None))
        .expect("asked");
    assert_eq!(desk.order("i").state.name(), "PENDING_MODIFY");
    restart(&mut desk);
    assert_eq!(desk.order("i").state.name(), "PARTIALLY_FILLED");
    assert_eq!(desk.order("i").request.limit_price(), Some(price("9985")));
    assert_eq!(slices(&desk, "i")[1..], ["0.25 0 ACCEPTED"]);
    // So is a cancel.
    desk.command(Command::CancelOrder {
        account: account(),
        client_order_id: id("i"),
    })
    .expect("asked");
    restart(&mut desk);
    assert_eq!(desk.order("i").state.name(), "CANCELED");
    desk.command(Command::Reconcile { account: account() })
        .expect("done");
    let found = desk.state().reconciliation.clone().expect("there");
    assert!(found.differences.is_empty(), "{:?}", found.differences);
    check(&desk);
}

#[test]
fn the_paper_venue_s_own_record_agrees_while_slices_are_open() {
    let mut desk = Desk::with(config());
    desk.submit(ice("i", Side::Buy, "1", "0.25", "9990"))
        .expect("taken");
    desk.submit(limit("plain", Side::Buy, "0.1", "9900"))
        .expect("taken");
    desk.pass(300);
    sellers(&mut desk, "0.1");
    desk.command(Command::Reconcile { account: account() })
        .expect("done");
    let found = desk.state().reconciliation.clone().expect("there");
    assert!(found.differences.is_empty(), "{:?}", found.differences);
    assert!(found.compared >= 4, "two orders, a position, cash");
}

#[test]
fn a_venue_that_hides_size_itself_is_left_to_it() {
    let mut desk = Desk::new();
    desk.submit(ice("i", Side::Buy, "1", "0.25", "9990"))
        .expect("taken");
    desk.pass(300);
    desk.command(change("i", None, None, Some("0.1"))).expect("asked");
    desk.pass(300);
    assert_eq!(desk.order("i").request.terms.display, Some(quantity("0.1")));
    assert_eq!(desk.order("i").state.name(), "ACCEPTED");
    let sliced = desk.outcomes().any(|o| matches!(o, Outcome::Slice(_)));
    assert!(!sliced, "no slice was made");
    let plain = desk.submit(limit("plain", Side::Buy, "0.1", "9900"));
    plain.expect("taken");
    desk.pass(300);
    let refused = desk.command(change("plain", None, None, Some("0.05")));
    let refused = refused.expect_err("it shows all of itself");
    assert!(matches!(refused, CommandError::Malformed(_)), "{refused}");
    check(&desk);
}

#[test]
fn a_snapshot_of_before_slices_is_read() {
    let mut desk = Desk::with(config());
    desk.submit(limit("plain", Side::Buy, "0.1", "9900"))
        .expect("taken");
    desk.pass(300);
    let bytes = desk.kernel.state().to_snapshot().expect("written");
    // The key that old snapshots lack, under another name: unknown keys are skipped, a missing one is empty.
    let key = b"\xa6slices";
    let at = bytes
        .windows(key.len())
        .position(|w| w == key)
        .expect("written now");
    let mut old = bytes;
    old[at + 1] = b'z';
    let state = State::from_snapshot(&old).expect("read");
    let account = state.accounts.get(&account()).expect("there");
    assert!(account.slices.is_idle() && account.orders.open_count() == 1);
}
