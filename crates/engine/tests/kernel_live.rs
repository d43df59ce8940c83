//! Live accounts: requests to a scripted venue, lost answers, repeated and disordered reports, executions taken back.

mod common;

use common::live::*;
use common::*;
use tradewind_engine::Event;
use tradewind_engine::kernel::live::{QUERY_AFTER_NS, SETTLE_NS};
use tradewind_engine::kernel::{Actions, Kernel, State, VenueRequest, VenueRequestKind};
use tradewind_types::record::*;
use tradewind_types::risk::RiskRule;
use tradewind_types::*;

#[test]
fn a_live_account_trades_only_after_it_was_compared_with_its_venue() {
    let mut live = Live::started();
    live.submit(limit("early", Side::Buy, "1", "9000"));
    let OrderState::Denied { denials } = &live.order("early").state else {
        panic!("denied")
    };
    assert_eq!(
        denials.iter().map(|d| d.rule).collect::<Vec<_>>(),
        [RiskRule::NotReconciled]
    );
    assert_eq!(live.submits(), 0);
    live.pass(1_100);
    assert!(
        live.sent
            .iter()
            .any(|r| matches!(r.kind, VenueRequestKind::Account { .. }))
    );
    live.news_of_account(vec![], vec![], "50000");
    live.submit(limit("differs", Side::Buy, "1", "9000"));
    assert_eq!(
        live.order("differs").state.name(),
        "DENIED",
        "cash differs by half"
    );
    live.news_of_account(vec![], vec![], "100000");
    live.submit(limit("now", Side::Buy, "1", "9000"));
    assert_eq!((live.order("now").state.name(), live.submits()), ("SUBMITTED", 1));
    live.check();
}

#[test]
fn reports_move_the_order_and_repeated_executions_are_counted_and_not_booked() {
    let mut live = Live::ready();
    live.submit(limit("o", Side::Buy, "1", "9990"));
    live.news("o", accepted("V1"));
    live.news("o", VenueNews::Filled(fill("T1", "0.4", "9990")));
    live.news("o", VenueNews::Filled(fill("T1", "0.4", "9990")));
    assert_eq!(
        (live.order("o").state.name(), live.position()),
        ("PARTIALLY_FILLED", dec("0.4"))
    );
    live.news("o", VenueNews::Filled(fill("T2", "0.6", "9990")));
    assert_eq!(
        (live.order("o").state.name(), live.position()),
        ("FILLED", dec("1"))
    );
    live.news("o", VenueNews::Filled(fill("T2", "0.6", "9990")));
    assert_eq!(live.desk.kernel.live().expect("live").duplicates, 2);
    live.check();
}

#[test]
fn an_execution_before_the_acceptance_and_one_after_the_cancel_are_booked() {
    let mut live = Live::ready();
    live.submit(limit("o", Side::Buy, "1", "9990"));
    live.news("o", VenueNews::Filled(fill("T1", "0.4", "9990")));
    live.news("o", accepted("V1"));
    let order = live.order("o");
    assert_eq!(order.state.name(), "PARTIALLY_FILLED");
    assert_eq!(
        order.venue_order_id,
        Some(id("V1")),
        "the late acceptance brings the venue's id"
    );
    live.command(Command::CancelOrder {
        account: id("live-1"),
        client_order_id: id("o"),
    });
    let cancel = live.sent.last().expect("sent");
    assert_eq!(
        cancel.kind,
        VenueRequestKind::Cancel {
            venue_order_id: Some(id("V1"))
        }
    );
    let reason = "asked".to_owned();
    live.news("o", VenueNews::Canceled { reason });
    live.news("o", VenueNews::Filled(fill("T2", "0.1", "9990")));
    assert_eq!(
        (live.order("o").state.name(), live.position()),
        ("CANCELED", dec("0.5"))
    );
    live.news("o", accepted("V1"));
    assert_eq!(
        live.order("o").state.name(),
        "CANCELED",
        "a late acceptance moves nothing"
    );
    assert_eq!(live.desk.kernel.live().expect("live").late, 1);
    live.check();
}

#[test]
fn an_order_whose_answer_is_lost_is_queried_with_back_off_and_never_sent_again() {
    let mut live = Live::ready();
    live.submit(limit("o", Side::Buy, "1", "9990"));
    live.news("o", VenueNews::Lost);
    assert_eq!(live.order("o").state, OrderState::Unknown);
    let mut seen = Vec::new();
    for second in 1..=12u64 {
        live.pass(1_000);
        if live.queries() > seen.len() {
            seen.push(second);
        }
    }
    let [one, two, four] = QUERY_AFTER_NS.map(|ns| ns / 1_000_000_000);
    assert_eq!((one, two, four), (1, 2, 4));
    // The kernel's timers run on whole seconds, so that a query can be up to a second later.
    assert!(
        seen.len() >= 3 && seen[0] <= 2 && seen[1] <= 5 && seen[2] <= 10,
        "{seen:?}"
    );
    assert_eq!(live.submits(), 1, "never sent again");
    let found = theirs("o", VenueOrderStatus::Open, "1", vec![fill("T1", "0.3", "9990")]);
    live.news("o", VenueNews::Found(Box::new(found)));
    assert_eq!(
        (live.order("o").state.name(), live.position()),
        ("PARTIALLY_FILLED", dec("0.3"))
    );
    let queries = live.queries();
    live.pass(10_000);
    assert_eq!(live.queries(), queries, "what is known is not asked for");
    live.check();
}

#[test]
fn a_cancel_asked_for_while_the_order_is_unknown_goes_out_once_it_is_found() {
    let mut live = Live::ready();
    live.submit(limit("o", Side::Buy, "1", "9990"));
    live.news("o", VenueNews::Lost);
    live.cancel("o");
    assert_eq!(
        (&live.order("o").state, live.cancels()),
        (&OrderState::Unknown, 0),
        "nobody knows whether there is anything to cancel"
    );
    live.news(
        "o",
        VenueNews::Found(Box::new(theirs("o", VenueOrderStatus::Open, "1", vec![]))),
    );
    assert_eq!(
        (&live.order("o").state, live.cancels()),
        (&OrderState::PendingCancel, 1)
    );
    // The answer to the cancel is lost as well, and the order is found open again.
    live.news("o", VenueNews::Lost);
    live.news(
        "o",
        VenueNews::Found(Box::new(theirs("o", VenueOrderStatus::Open, "1", vec![]))),
    );
    assert_eq!(
        (&live.order("o").state, live.cancels()),
        (&OrderState::PendingCancel, 2)
    );
    // Nobody was told that the request itself was lost: it is found by comparing.
    let open = theirs("o", VenueOrderStatus::Open, "1", vec![]);
    live.news_of_account(vec![open], vec![], "100000");
    assert_eq!(
        (&live.order("o").state, live.cancels()),
        (&OrderState::PendingCancel, 3)
    );
    live.check();
}

#[test]
fn fills_of_a_change_that_are_told_before_the_change_are_booked_in_the_end() {
    let mut live = Live::ready();
    live.submit(limit("o", Side::Buy, "0.25", "9990"));
    live.news("o", accepted("V1"));
    live.command(Command::ModifyOrder {
        account: id("live-1"),
        client_order_id: id("o"),
        quantity: Some("0.65".parse().expect("valid")),
        price: None,
        trigger: None,
        display: None,
        expected_version: None,
    });
    // 0.65 were filled after the change; the largest part is more than the order as we know it has room for.
    live.news("o", VenueNews::Filled(fill("T2", "0.4", "9990")));
    assert_eq!(
        (live.position(), live.queries()),
        (dec("0"), 1),
        "the venue is asked"
    );
    live.news("o", VenueNews::Filled(fill("T1", "0.25", "9990")));
    assert_eq!(
        (live.order("o").state.name(), live.position()),
        ("FILLED", dec("0.25"))
    );
    let modified = VenueNews::Modified {
        quantity: "0.65".parse().expect("valid"),
        price: None,
        trigger: None,
    };
    live.news("o", modified);
    assert_eq!(
        live.order("o").state.name(),
        "PARTIALLY_FILLED",
        "there is more to fill"
    );
    let fills = vec![fill("T1", "0.25", "9990"), fill("T2", "0.4", "9990")];
    let found = theirs("o", VenueOrderStatus::Filled, "0.65", fills);
    live.news("o", VenueNews::Found(Box::new(found)));
    assert_eq!(
        (live.order("o").state.name(), live.position()),
        ("FILLED", dec("0.65"))
    );
    live.check();
}

#[test]
fn a_live_account_is_not_compared_with_the_paper_venue() {
    let mut live = Live::ready();
    live.submit(limit("o", Side::Buy, "1", "9990"));
    live.news("o", accepted("V1"));
    live.news("o", VenueNews::Filled(fill("T1", "0.3", "9990")));
    let before = live.reconciled();
    live.command(Command::Reconcile {
        account: id("live-1"),
    });
    live.pass(400_000);
    assert_eq!(live.reconciled(), before, "only the venue's own answer counts");
}

#[test]
fn an_order_that_the_venue_does_not_know_is_rejected_only_when_it_can_no_longer_be_on_its_way() {
    let mut live = Live::ready();
    live.submit(limit("o", Side::Buy, "1", "9990"));
    live.news("o", VenueNews::Lost);
    live.pass(2_000);
    live.news("o", VenueNews::NotFound);
    assert_eq!(live.order("o").state, OrderState::Unknown, "it may still arrive");
    live.pass(SETTLE_NS / MS);
    live.news("o", VenueNews::NotFound);
    assert_eq!(live.order("o").state.name(), "REJECTED");
    let ledger = &live.desk.kernel.account(&id("live-1")).expect("there").ledger;
    assert_eq!(ledger.cash_locked(Currency::USD), dec("0"));
    live.check();
}

#[test]
fn an_order_given_up_that_arrives_after_all_is_canceled_and_what_it_filled_is_booked() {
    let mut live = Live::ready();
    live.submit(limit("o", Side::Buy, "1", "9990"));
    live.news("o", VenueNews::Lost);
    live.pass(SETTLE_NS / MS + 1_000);
    live.news("o", VenueNews::NotFound);
    assert_eq!(live.order("o").state.name(), "REJECTED");
    live.sent.clear();
    live.news("o", accepted("V1"));
    let cancels = |live: &Live| {
        let cancel = |r: &&VenueRequest| matches!(r.kind, VenueRequestKind::Cancel { .. });
        live.sent.iter().filter(cancel).count()
    };
    assert_eq!(cancels(&live), 1, "it must not rest where nobody knows of it");
    live.news("o", VenueNews::Filled(fill("T1", "0.4", "9990")));
    assert_eq!(
        (live.order("o").state.name(), live.position()),
        ("REJECTED", dec("0.4"))
    );
    let found = theirs("o", VenueOrderStatus::Open, "1", vec![fill("T1", "0.4", "9990")]);
    live.news("o", VenueNews::Found(Box::new(found)));
    assert_eq!(cancels(&live), 2, "the cancel may have been lost");
    live.news("o", VenueNews::Filled(fill("T2", "0.6", "9990")));
    assert_eq!(
        (live.order("o").state.name(), live.position()),
        ("FILLED", dec("1"))
    );
    live.check();
}

#[test]
fn an_execution_taken_back_is_reversed_by_new_entries_and_a_corrected_one_is_booked_anew() {
    let mut live = Live::ready();
    live.submit(limit("o", Side::Buy, "1", "9990"));
    live.news("o", accepted("V1"));
    live.news("o", VenueNews::Filled(fill("T1", "0.4", "9990")));
    live.news("o", VenueNews::Filled(fill("T2", "0.2", "9980")));
    let busted = VenueNews::Busted {
        venue_trade_id: id("T1"),
    };
    live.news("o", busted);
    assert_eq!(
        (live.order("o").filled, live.position()),
        (dec("0.2"), dec("0.2"))
    );
    let corrected = VenueNews::Corrected {
        venue_trade_id: id("T2"),
        fill: fill("T3", "0.1", "9985"),
    };
    live.news("o", corrected);
    assert_eq!(
        (live.order("o").filled, live.position()),
        (dec("0.1"), dec("0.1"))
    );
    let reversals = live
        .desk
        .outcomes()
        .filter(|o| matches!(o, Outcome::Ledger(e) if e.kind == EntryKind::Reversal));
    assert_eq!(reversals.count(), 2);
    live.check();
}

#[test]
fn of_two_executions_alike_but_for_their_fee_the_one_taken_back_is_reversed() {
    let mut live = Live::ready();
    live.submit(limit("o", Side::Buy, "1", "9990"));
    live.news("o", accepted("V1"));
    let dear = VenueFill {
        fee: dec("7"),
        ..fill("T1", "0.3", "9990")
    };
    let cheap = VenueFill {
        fee: dec("2"),
        ..fill("T2", "0.3", "9990")
    };
    live.news("o", VenueNews::Filled(dear));
    live.news("o", VenueNews::Filled(cheap));
    live.news(
        "o",
        VenueNews::Busted {
            venue_trade_id: id("T2"),
        },
    );
    let ledger = &live.desk.kernel.account(&id("live-1")).expect("there").ledger;
    // 100000 − 0.3 × 9990 − the dear one's fee
    assert_eq!(ledger.cash_total(Currency::USD), dec("96996"));
    live.check();
}

#[test]
fn after_a_restart_the_comparison_books_what_was_missed_and_asks_for_what_is_not_told() {
    let mut live = Live::ready();
    live.submit(limit("known", Side::Buy, "0.5", "9990"));
    live.submit(limit("gone", Side::Buy, "0.5", "9980"));
    let bytes = live.desk.kernel.state().to_snapshot().expect("encodes");
    let state = State::from_snapshot(&bytes).expect("reads");
    live.desk.kernel = Kernel::new(live.desk.kernel.config().clone(), state);
    live.sent.clear();
    live.pass(1_100);
    assert!(
        live.sent
            .iter()
            .any(|r| matches!(r.kind, VenueRequestKind::Account { .. }))
    );
    let orders = vec![theirs(
        "known",
        VenueOrderStatus::Filled,
        "0.5",
        vec![fill("T1", "0.5", "9990")],
    )];
    let position = (id("BTC-USD.COINBASE"), dec("0.5"));
    // 100000 − 0.5 × 9990 − 1
    live.news_of_account(orders, vec![position], "95004");
    assert_eq!(
        (live.order("known").state.name(), live.position()),
        ("FILLED", dec("0.5"))
    );
    assert_eq!(
        live.order("gone").state,
        OrderState::Unknown,
        "the venue did not tell of it"
    );
    live.pass(3_000);
    assert!(live.queries() >= 1);
    live.submit(limit("next", Side::Buy, "0.5", "9980"));
    assert_eq!(
        live.order("next").state.name(),
        "SUBMITTED",
        "the account may trade again"
    );
    live.check();
}

#[test]
fn paper_accounts_and_backtests_send_nothing_to_a_venue() {
    let mut live = Live::ready();
    let mut actions = Actions::default();
    let orders = vec![limit("p", Side::Buy, "1", "9000")];
    let command = Command::SubmitOrders {
        orders: orders.clone(),
        mode: BatchMode::Independent,
    };
    live.desk.book("BTC", 10_000, 10_012, "5");
    live.command(command.clone());
    assert_eq!(live.submits(), 0);
    let mut backtest = Kernel::backtest(live.desk.kernel.config().clone(), State::default());
    assert!(backtest.live().is_none());
    backtest.process(&Event::Command(Box::new(envelope(command))), &mut actions);
    assert!(actions.venue_requests.is_empty());
}
