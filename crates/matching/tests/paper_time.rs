//! Time at the paper venue: latency, races, the end of the day, restarts.

mod rig;

use rig::{Rig, at, dec};
use tradewind_matching::paper::{QueueModel, ReportKind, RestoredOrder};
use tradewind_types::Side::{Buy, Sell};
use tradewind_types::TimeInForce::{Day, Gtc, Ioc};
use tradewind_types::time::DAY_NS;
use tradewind_types::{AccountId, OrderKind, UnixNanos};

fn account() -> AccountId {
    "acc".parse().expect("an account")
}

#[test]
fn an_order_meets_the_market_as_it_is_one_latency_later() {
    let mut rig = Rig::new(QueueModel::BehindDisplayed);
    let order = rig.order(Buy, OrderKind::Market, Gtc, 2);
    rig.venue.submit(order, rig.now);
    assert_eq!(rig.venue.next_due(), Some(rig.now.plus(10)));
    assert_eq!(rig.pass(9), "");
    assert_eq!(
        rig.venue.open_orders(&account()),
        [("o1".parse().expect("an id"), None)]
    );
    rig.show(&[(99, 4)], &[(105, 7)]);
    assert_eq!(rig.pass(1), "A 2@105t");
    assert_eq!(rig.log[0].ts, rig.now);
}

#[test]
fn a_fill_can_overtake_a_cancel() {
    let mut rig = Rig::new(QueueModel::BehindDisplayed);
    rig.limit(Buy, 100, 4);
    rig.cancel("o1");
    assert_eq!(rig.pass(19), "");
    assert_eq!(
        rig.print(99, 3, Some(Sell)),
        "3@100m",
        "the cancel is still under way"
    );
    assert_eq!(rig.pass(1), "C:asked");
    assert_eq!(rig.print(99, 3, Some(Sell)), "");
    rig.limit(Buy, 100, 4);
    rig.cancel("o2");
    assert_eq!(rig.print(99, 4, Some(Sell)), "4@100m");
    assert_eq!(rig.pass(20), "NOCANCEL", "there was nothing left to cancel");
}

#[test]
fn a_cancel_never_overtakes_its_own_order() {
    let mut settings = rig::settings(QueueModel::Off);
    (settings.order_latency_ns, settings.cancel_latency_ns) = (50, 5);
    let mut rig = Rig::with(settings);
    let order = rig.order(Buy, at(100), Gtc, 4);
    rig.venue.submit(order, rig.now);
    rig.cancel("o1");
    assert_eq!(rig.pass(10), "");
    assert_eq!(rig.pass(40), "A C:asked");
}

#[test]
fn what_is_due_happens_in_order_of_time_then_of_asking() {
    let mut rig = Rig::new(QueueModel::Off);
    for quantity in [2, 2] {
        let order = rig.order(Buy, at(101), Ioc, quantity);
        rig.venue.submit(order, rig.now);
    }
    assert_eq!(rig.pass(1_000), "A 2@101t A 1@101t C:ioc");
    assert_eq!(
        rig.log[0].ts.0 + 990,
        rig.now.0,
        "stamped when due, not when carried out"
    );
}

#[test]
fn a_day_order_expires_at_utc_midnight_and_a_gtc_order_does_not() {
    let mut rig = Rig::new(QueueModel::Off);
    for tif in [Day, Gtc] {
        let order = rig.order(Buy, at(100), tif, 4);
        assert_eq!(rig.send(order), "A");
    }
    let midnight = rig.now.floor_to(DAY_NS).plus(DAY_NS);
    assert_eq!(rig.pass(midnight.since(rig.now) - 1), "");
    assert_eq!(rig.pass(1), "X");
    assert_eq!(
        (rig.log[2].client_order_id.as_str(), rig.log[2].ts),
        ("o1", midnight)
    );
    assert_eq!(rig.venue.next_due(), None);
    assert_eq!(rig.print(99, 4, Some(Sell)), "4@100m", "the other still rests");
}

#[test]
fn the_end_of_a_day_order_that_is_done_is_forgotten() {
    let mut rig = Rig::new(QueueModel::Off);
    let order = rig.order(Buy, at(100), Day, 4);
    rig.send(order);
    assert!(rig.venue.next_due().is_some());
    rig.print(99, 4, Some(Sell));
    assert_eq!(rig.venue.next_due(), None);
    assert!(!rig.venue.watches(rig::IDX));
}

fn was(rig: &Rig, accepted: bool, filled: i64, fills: u32) -> RestoredOrder {
    RestoredOrder {
        accepted,
        filled: dec(filled),
        fills,
        ts: rig.now,
    }
}

#[test]
fn a_resting_order_restored_continues_with_what_is_left_and_fresh_fill_ids() {
    let mut rig = Rig::new(QueueModel::BehindDisplayed);
    let order = rig.order(Buy, at(99), Day, 10);
    let was = was(&rig, true, 7, 2);
    rig.venue.restore(order.clone(), &was);
    rig.venue.restore(order, &was);
    assert_eq!(
        rig.venue.open_orders(&account()),
        [("o1".parse().expect("an id"), Some(dec(3)))]
    );
    assert_eq!(
        rig.print(99, 100, Some(Sell)),
        "",
        "its place in the queue is lost until the market is seen"
    );
    rig.show(&[(99, 4)], &[(101, 1)]);
    assert_eq!(rig.print(99, 5, Some(Sell)), "1@99m");
    let ReportKind::Filled { venue_trade_id, .. } = &rig.log[0].kind else {
        panic!("a fill")
    };
    assert_eq!(venue_trade_id.as_str(), "P-o1-3");
    assert_eq!(rig.pass(DAY_NS), "X", "of its own day, not of the restart's");
}

#[test]
fn a_day_order_restored_after_its_day_expires_at_once() {
    let mut rig = Rig::new(QueueModel::Off);
    let order = rig.order(Buy, at(99), Day, 10);
    let yesterday = RestoredOrder {
        ts: UnixNanos(rig.now.0 - DAY_NS),
        ..was(&rig, true, 0, 0)
    };
    rig.venue.restore(order, &yesterday);
    assert_eq!(rig.pass(0), "X");
}

#[test]
fn an_order_restored_before_acceptance_arrives_again() {
    let mut rig = Rig::new(QueueModel::Off);
    let order = rig.order(Buy, at(101), Ioc, 2);
    let was = was(&rig, false, 0, 0);
    rig.venue.restore(order, &was);
    assert_eq!(rig.pass(10), "A 2@101t");
}

#[test]
fn an_order_that_may_not_rest_is_taken_down_after_a_restart() {
    let mut rig = Rig::new(QueueModel::Off);
    for kind in [OrderKind::Market, at(101)] {
        let order = rig.order(Buy, kind, Ioc, 2);
        let was = was(&rig, true, 1, 1);
        rig.venue.restore(order, &was);
    }
    assert_eq!(rig.pass(0), "C:cut C:cut");
    assert!(rig.venue.open_orders(&account()).is_empty());
}
