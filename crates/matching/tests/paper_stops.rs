//! Stops and icebergs at the paper venue, changes of orders, sessions, and what comes first at one time.

mod rig;

use rig::{Calendar, Rig, at, dec, post_only, price, stop, stop_limit, trailing};
use rstest::rstest;
use tradewind_matching::paper::{OrderChange, Phase, QueueModel, RestoredOrder, RestoredStop};
use tradewind_types::Side::{Buy, Sell};
use tradewind_types::TimeInForce::{Day, Fok, Gtc, Gtd, Ioc};
use tradewind_types::time::DAY_NS;
use tradewind_types::{OrderKind, Quantity, TimeInForce, TriggerBy};

const QUEUE: QueueModel = QueueModel::BehindDisplayed;

fn quantity(quantity: i64) -> OrderChange {
    OrderChange {
        quantity: Quantity::new(dec(quantity)).ok(),
        ..OrderChange::default()
    }
}

fn to_price(to: i64) -> OrderChange {
    OrderChange {
        price: Some(price(to)),
        ..OrderChange::default()
    }
}

fn to_trigger(to: i64) -> OrderChange {
    OrderChange {
        trigger: Some(price(to)),
        ..OrderChange::default()
    }
}

#[test]
fn a_sell_stop_fires_at_the_bid_and_not_a_tick_before() {
    let mut rig = Rig::new(QUEUE);
    let order = rig.order(Sell, stop(95), Gtc, 3);
    assert_eq!(rig.send(order), "A");
    assert_eq!(rig.show(&[(96, 9)], &[(97, 9)]), "");
    assert_eq!(rig.print(90, 5, Some(Sell)), "", "a print is not a quote");
    assert_eq!(rig.show(&[(95, 2), (94, 9)], &[(96, 9)]), "T 2@95t 1@94t");
}

#[test]
fn a_stop_by_the_last_trade_looks_at_trades_after_its_arrival_only() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Buy, 90, 1);
    assert_eq!(rig.print(95, 1, Some(Buy)), "");
    let mut order = rig.order(Sell, stop(95), Gtc, 2);
    order.request.terms.trigger_by = TriggerBy::Last;
    assert_eq!(rig.send(order), "A", "that trade was before it");
    assert_eq!(rig.show(&[(94, 9)], &[(96, 9)]), "", "a quote is not a trade");
    assert_eq!(rig.print(96, 1, Some(Buy)), "");
    assert_eq!(rig.print(95, 1, Some(Buy)), "T 2@94t");
}

#[test]
fn a_stop_by_the_middle_compares_the_middle_exactly() {
    let mut rig = Rig::new(QUEUE);
    let mut order = rig.order(Buy, stop(105), Gtc, 2);
    order.request.terms.trigger_by = TriggerBy::Mid;
    rig.send(order);
    assert_eq!(rig.show(&[(103, 9)], &[(106, 9)]), "", "104.5");
    assert_eq!(rig.show(&[(104, 9)], &[(106, 9)]), "T 2@106t");
}

#[test]
fn a_stop_beyond_its_trigger_fires_when_it_arrives() {
    let mut rig = Rig::new(QUEUE);
    let order = rig.order(Buy, stop(101), Gtc, 2);
    assert_eq!(rig.send(order), "A T 2@101t");
    let order = rig.order(Buy, stop_limit(101, 100, false), Gtc, 2);
    assert_eq!(rig.send(order), "A T");
    assert_eq!(rig.print(99, 5, Some(Sell)), "2@100m");
}

#[test]
fn stops_of_one_moment_fire_in_the_order_in_which_the_price_passes_them() {
    let mut rig = Rig::new(QUEUE);
    for level in [93, 96, 96, 95] {
        let order = rig.order(Sell, stop(level), Gtc, 1);
        rig.send(order);
    }
    rig.limit(Buy, 92, 1);
    let told = rig.show(&[(90, 9)], &[(91, 9)]);
    assert_eq!(told, "1@92m T 1@90t T 1@90t T 1@90t T 1@90t");
    let fired: Vec<String> = rig.log[6..]
        .iter()
        .step_by(2)
        .map(|r| r.client_order_id.to_string())
        .collect();
    assert_eq!(fired, ["o2", "o3", "o4", "o1"]);
}

#[test]
fn a_trailing_stop_follows_and_fires() {
    let mut rig = Rig::new(QUEUE);
    let order = rig.order(Sell, trailing(10, Some(105)), Gtc, 2);
    assert_eq!(rig.send(order), "A");
    assert_eq!(rig.show(&[(80, 9)], &[(82, 9)]), "", "it does not follow yet");
    assert_eq!(rig.show(&[(105, 9)], &[(106, 9)]), "T>95");
    assert_eq!(rig.show(&[(120, 9)], &[(121, 9)]), "T>110");
    assert_eq!(rig.show(&[(111, 9)], &[(112, 9)]), "");
    assert_eq!(rig.show(&[(108, 9)], &[(109, 9)]), "T 2@108t");
}

#[test]
fn on_invalid_data_no_stop_fires() {
    let mut rig = Rig::new(QUEUE);
    rig.world.valid = false;
    let order = rig.order(Sell, stop(99), Ioc, 2);
    assert_eq!(rig.send(order), "A", "an IOC stop may wait for its trigger");
    assert_eq!(rig.show(&[(90, 9)], &[(91, 9)]), "");
    rig.world.valid = true;
    assert_eq!(rig.show(&[(90, 9)], &[(91, 9)]), "T 2@90t");
}

#[test]
fn a_reduce_only_stop_is_canceled_when_it_fires_without_a_position() {
    let mut rig = Rig::new(QUEUE);
    rig.world.position = dec(3);
    let mut order = rig.order(Sell, stop(95), Gtc, 5);
    order.request.reduce_only = true;
    assert_eq!(rig.send(order.clone()), "A");
    order.request.client_order_id = "again".parse().expect("an id");
    assert_eq!(rig.send(order), "A");
    assert_eq!(
        rig.show(&[(95, 9)], &[(96, 9)]),
        "T 3@95t C:reduce T C:reduce",
        "the first closed it all"
    );
}

#[test]
fn a_stop_s_protection_price_bounds_what_it_takes() {
    let mut rig = Rig::new(QUEUE);
    let mut order = rig.order(Buy, stop(105), Gtc, 9);
    order.protection = Some(price(106));
    rig.send(order);
    assert_eq!(
        rig.show(&[(104, 9)], &[(105, 2), (106, 3), (107, 9)]),
        "T 2@105t 3@106t C:dry"
    );
}

#[test]
fn an_iceberg_shows_a_slice_and_refills_it_at_the_end_of_its_queue() {
    let mut rig = Rig::new(QUEUE);
    let mut order = rig.order(Buy, at(99), Gtc, 10);
    order.request.terms.display = Quantity::new(dec(3)).ok();
    assert_eq!(rig.send(order), "A");
    rig.limit(Buy, 99, 4);
    assert_eq!(rig.print(99, 4, Some(Sell)), "", "4 were ahead of both");
    assert_eq!(
        rig.print(99, 5, Some(Sell)),
        "3@99m 2@99m",
        "the slice, then the other order"
    );
    assert_eq!(
        rig.print(99, 3, Some(Sell)),
        "2@99m",
        "the fresh slice waits behind it and behind the 4 displayed"
    );
    assert_eq!(
        rig.print(99, 4, Some(Sell)),
        "3@99m",
        "1 + 4 were printed of which 4 were ahead"
    );
    assert_eq!(
        rig.print(98, 50, Some(Sell)),
        "4@99m",
        "through the price all of it goes"
    );
}

#[rstest]
#[case(Ioc, at(99), Some(2), "R:contradiction")]
#[case(Gtc, OrderKind::Market, Some(2), "R:contradiction")]
#[case(Gtc, at(99), Some(5), "R:contradiction")]
#[case(Fok, post_only(99), None, "R:contradiction")]
#[case(Gtc, at(99), Some(4), "A")]
fn contradictions_are_refused(
    #[case] tif: TimeInForce,
    #[case] kind: OrderKind,
    #[case] display: Option<i64>,
    #[case] expected: &str,
) {
    let mut rig = Rig::new(QUEUE);
    let mut order = rig.order(Buy, kind, tif, 4);
    order.request.terms.display = display.and_then(|d| Quantity::new(dec(d)).ok());
    assert_eq!(rig.send(order), expected);
}

#[test]
fn a_gtd_order_ends_exactly_at_its_time_and_one_that_arrives_after_it_is_refused() {
    let mut rig = Rig::new(QUEUE);
    let until = rig.now.plus(100);
    let order = rig.order(Buy, at(100), Gtd { until }, 4);
    assert_eq!(rig.send(order), "A");
    assert_eq!(rig.pass(89), "");
    assert_eq!(rig.pass(1), "X");
    assert_eq!(rig.log[1].ts, until);
    let order = rig.order(Buy, at(100), Gtd { until }, 4);
    assert_eq!(rig.send(order), "R:over");
}

#[test]
fn at_one_time_ends_come_first_then_what_was_asked_in_that_order() {
    let mut rig = Rig::new(QUEUE);
    let until = rig.now.plus(30);
    let order = rig.order(Buy, at(100), Gtd { until }, 4);
    assert_eq!(rig.send(order), "A");
    let order = rig.order(Buy, at(98), Gtc, 4);
    rig.venue.submit(order, rig.now.plus(10));
    // All due at +30: the cancels of o1 and o2 (asked for before o3), the arrival of o3, the end of o1.
    rig.cancel("o1");
    rig.cancel("o2");
    rig.now = rig.now.plus(10);
    let order = rig.order(Sell, at(98), Ioc, 1);
    rig.venue.submit(order, rig.now);
    assert_eq!(rig.pass(10), "X A NOCANCEL C:asked A 1@99t");
    assert!(rig.log[1..].iter().all(|r| r.ts == until), "all at one time");
}

#[test]
fn shrinking_keeps_the_place_in_the_queue_and_all_else_loses_it() {
    let mut rig = Rig::new(QueueModel::Off);
    rig.limit(Buy, 99, 5);
    rig.limit(Buy, 99, 5);
    assert_eq!(rig.change("o1", quantity(3)), "M:3");
    assert_eq!(rig.print(98, 4, Some(Sell)), "3@99m 1@99m", "o1 first");
    rig.limit(Buy, 99, 5);
    assert_eq!(rig.change("o2", quantity(6)), "M:6");
    assert_eq!(rig.print(98, 6, Some(Sell)), "5@99m 1@99m", "o3 before o2");
    let ids: Vec<&str> = rig.log[rig.log.len() - 2..]
        .iter()
        .map(|r| r.client_order_id.as_str())
        .collect();
    assert_eq!(ids, ["o3", "o2"]);
}

#[test]
fn a_new_price_is_matched_at_once_and_a_post_only_one_is_refused() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Buy, 99, 5);
    assert_eq!(
        rig.change("o1", to_price(101)),
        "M:5@101 3@101t",
        "and 2 rest at 101"
    );
    assert_eq!(rig.print(100, 9, Some(Sell)), "2@101m");
    let order = rig.order(Buy, post_only(99), Gtc, 5);
    rig.send(order);
    rig.show(&[(99, 4)], &[(101, 3)]);
    assert_eq!(rig.change("o2", to_price(101)), "NOMODIFY:post");
    assert_eq!(rig.print(98, 9, Some(Sell)), "5@99m", "it is as before");
}

#[test]
fn a_total_below_what_was_filled_is_refused_and_one_equal_to_it_ends_the_order() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Buy, 100, 5);
    rig.print(99, 3, Some(Sell));
    assert_eq!(rig.change("o1", quantity(2)), "NOMODIFY:filled");
    assert_eq!(rig.change("o1", quantity(3)), "M:3");
    assert!(
        rig.venue
            .open_orders(&"acc".parse().expect("an account"))
            .is_empty()
    );
    assert!(!rig.venue.watches(rig::IDX));
    assert_eq!(rig.change("o1", quantity(4)), "NOMODIFY:notopen");
}

#[test]
fn a_change_needs_a_figure_that_the_order_has() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Buy, 90, 5);
    let order = rig.order(Buy, stop(105), Gtc, 5);
    rig.send(order);
    let order = rig.order(Buy, trailing(5, None), Gtc, 5);
    rig.send(order);
    assert_eq!(rig.change("o1", OrderChange::default()), "NOMODIFY:nothing");
    assert_eq!(rig.change("o1", to_trigger(95)), "NOMODIFY:figure");
    assert_eq!(rig.change("o2", to_price(95)), "NOMODIFY:figure");
    assert_eq!(rig.change("o3", to_trigger(120)), "NOMODIFY:figure");
    let half = OrderChange {
        price: "90.5".parse().ok(),
        ..OrderChange::default()
    };
    assert_eq!(rig.change("o1", half), "NOMODIFY:number");
    assert_eq!(rig.change("nobody", quantity(1)), "NOMODIFY:notopen");
}

#[test]
fn a_stop_s_trigger_and_limit_change_until_it_fires() {
    let mut rig = Rig::new(QUEUE);
    let order = rig.order(Buy, stop_limit(110, 112, false), Gtc, 2);
    rig.send(order);
    let change = OrderChange {
        price: Some(price(108)),
        ..to_trigger(106)
    };
    assert_eq!(rig.change("o1", change), "M:2@108!106");
    assert_eq!(rig.show(&[(104, 1)], &[(105, 1)]), "");
    assert_eq!(
        rig.change("o1", to_trigger(105)),
        "M:2!105 T 1@105t",
        "reached at once; 1 rests at 108"
    );
    assert_eq!(rig.change("o1", to_trigger(120)), "NOMODIFY:figure");
    assert_eq!(rig.show(&[(104, 1)], &[(108, 5)]), "1@108m");
}

#[test]
fn a_change_never_overtakes_its_order_and_a_fill_can_overtake_it() {
    let mut settings = rig::settings(QueueModel::Off);
    (settings.order_latency_ns, settings.cancel_latency_ns) = (50, 5);
    let mut rig = Rig::with(settings);
    let order = rig.order(Buy, at(100), Gtc, 4);
    rig.venue.submit(order, rig.now);
    let account = "acc".parse().expect("an account");
    rig.venue
        .modify(&account, &"o1".parse().expect("an id"), quantity(9), rig.now);
    assert_eq!(rig.pass(49), "");
    assert_eq!(rig.pass(1), "A M:9");
    rig.venue
        .modify(&account, &"o1".parse().expect("an id"), quantity(3), rig.now);
    assert_eq!(rig.print(99, 4, Some(Sell)), "4@100m");
    assert_eq!(rig.pass(5), "NOMODIFY:filled");
}

#[rstest]
#[case(Phase::PreOpen)]
#[case(Phase::Halted)]
#[case(Phase::Closed)]
fn outside_of_trading_orders_that_may_rest_wait_and_others_are_refused(#[case] phase: Phase) {
    let mut rig = Rig::new(QUEUE);
    rig.world.calendar = Calendar { phase, ends: None };
    for kind in [OrderKind::Market, at(103)] {
        let order = rig.order(Buy, kind, Ioc, 1);
        assert_eq!(rig.send(order), "R:session");
    }
    assert_eq!(rig.limit(Buy, 102, 4), "A", "marketable, but nothing trades");
    let order = rig.order(Sell, stop(99), Ioc, 1);
    assert_eq!(rig.send(order), "A");
    assert_eq!(rig.show(&[(99, 4)], &[(101, 9)]), "");
    assert_eq!(rig.print(90, 9, None), "");
    rig.cancel("o4");
    assert_eq!(rig.pass(20), "C:asked", "cancels happen always");
    rig.world.calendar.phase = Phase::Open;
    assert_eq!(rig.show(&[(99, 4)], &[(101, 9)]), "4@102m");
}

#[test]
fn a_delisted_instrument_takes_no_orders_and_a_day_order_ends_with_its_session() {
    let mut rig = Rig::new(QUEUE);
    rig.world.calendar.phase = Phase::Delisted;
    assert_eq!(rig.limit(Buy, 100, 4), "R:session");
    let ends = Some(rig.now.plus(1_000));
    rig.world.calendar = Calendar {
        phase: Phase::Open,
        ends,
    };
    let order = rig.order(Buy, at(100), Day, 4);
    assert_eq!(rig.send(order), "A");
    assert_eq!(rig.pass(989), "");
    assert_eq!(rig.pass(1), "X");
}

#[test]
fn a_restored_stop_waits_where_its_trigger_was_and_a_fired_one_rests() {
    let mut rig = Rig::new(QUEUE);
    let was = RestoredOrder {
        accepted: true,
        filled: dec(0),
        fills: 0,
        ts: rig.now,
    };
    let order = rig.order(Sell, trailing(10, Some(200)), Gtc, 2);
    let waiting = RestoredStop {
        trigger: Some(price(95)),
        triggered: false,
    };
    rig.venue.restore_stop(order, &was, waiting);
    let order = rig.order(Buy, stop_limit(120, 100, false), Gtc, 2);
    let fired = RestoredStop {
        trigger: None,
        triggered: true,
    };
    rig.venue.restore_stop(order, &was, fired);
    assert_eq!(rig.pass(0), "");
    assert_eq!(rig.print(99, 5, Some(Sell)), "2@100m");
    assert_eq!(rig.show(&[(95, 9)], &[(96, 9)]), "T 2@95t");
    let order = rig.order(Sell, stop(90), Gtc, 2);
    let fired = RestoredStop {
        trigger: None,
        triggered: true,
    };
    rig.venue.restore_stop(order, &was, fired);
    assert_eq!(rig.pass(0), "C:cut", "a market order does not rest");
    assert_eq!(rig.pass(DAY_NS), "");
}
