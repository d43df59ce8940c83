//! Matching against bars: the path, gaps, reactions between points, caps and spreads.

mod rig;

use proptest::prelude::*;
use rig::{Rig, at, bar, dec, price, stop, stop_limit, trailing};
use tradewind_matching::paper::{BarSettings, HalfSpread, PaperSettings, QueueModel, ReportKind, bar_path};
use tradewind_types::Side::{Buy, Sell};
use tradewind_types::TimeInForce::{Day, Gtc, Ioc};
use tradewind_types::{OrderKind, Price, Side, TriggerBy, UnixNanos};

fn settings(bars: BarSettings) -> PaperSettings {
    PaperSettings {
        order_latency_ns: 0,
        cancel_latency_ns: 0,
        bars,
        ..rig::settings(QueueModel::BehindDisplayed)
    }
}

/// A venue that has seen a bar at 100.
fn fed(bars: BarSettings) -> Rig {
    let mut rig = Rig::with(settings(bars));
    rig.world.valid = false;
    assert_eq!(rig.bar([100, 100, 100, 100], 50), "");
    rig
}

fn plain() -> Rig {
    fed(BarSettings::default())
}

fn send(rig: &mut Rig, side: Side, kind: OrderKind, quantity: i64) {
    let order = rig.order(side, kind, Gtc, quantity);
    assert!(rig.venue.submit(order, rig.now).is_some());
}

#[test]
fn the_nearer_extreme_comes_first_and_ties_go_by_the_close() {
    let path =
        |ohlc: [i64; 4]| bar_path(&bar(UnixNanos(0), ohlc, 1), UnixNanos(60_000_000_000)).map(|p| p.price.0);
    assert_eq!(path([100, 110, 95, 105]), [100, 95, 110, 105]);
    assert_eq!(path([100, 105, 90, 95]), [100, 105, 90, 95]);
    assert_eq!(
        path([100, 105, 95, 101]),
        [100, 95, 105, 101],
        "a tie that closes up"
    );
    assert_eq!(
        path([100, 105, 95, 100]),
        [100, 95, 105, 100],
        "or where it opened"
    );
    assert_eq!(
        path([100, 105, 95, 99]),
        [100, 105, 95, 99],
        "a tie that closes down"
    );
}

#[test]
fn a_market_order_sent_between_bars_fills_at_the_next_open() {
    let mut rig = plain();
    send(&mut rig, Buy, OrderKind::Market, 5);
    assert_eq!(rig.bar([103, 110, 101, 105], 50), "A 5@103t");
}

#[test]
fn with_an_advance_it_fills_at_this_close() {
    let mut rig = plain();
    rig.bar([103, 110, 101, 105], 50);
    send(&mut rig, Buy, OrderKind::Market, 5);
    let mut out = Vec::new();
    rig.venue
        .advance_instrument(rig::IDX, rig.now, &rig.world, &mut out);
    let told: Vec<String> = out.iter().map(rig::short).collect();
    assert_eq!(told, ["A", "5@105t"]);
}

#[test]
fn a_limit_fills_at_its_price_on_the_way_and_at_the_open_across_a_gap() {
    let mut rig = plain();
    send(&mut rig, Buy, at(97), 2);
    send(&mut rig, Buy, at(90), 2);
    send(&mut rig, Sell, at(105), 2);
    assert_eq!(rig.bar([100, 106, 96, 99], 50), "A A A 2@97m 2@105m", "low first");
    assert_eq!(rig.bar([88, 89, 87, 88], 50), "2@88m", "better than its limit");
}

#[test]
fn a_stop_fills_at_its_trigger_on_the_way_and_at_the_open_across_a_gap() {
    let mut rig = plain();
    send(&mut rig, Sell, stop(97), 2);
    send(&mut rig, Sell, stop(90), 2);
    assert_eq!(rig.bar([100, 106, 96, 99], 50), "A A T 2@97t");
    assert_eq!(rig.bar([88, 89, 87, 88], 50), "T 2@88t", "worse than its trigger");
}

#[test]
fn a_stop_limit_across_a_gap_waits_for_its_limit() {
    let mut rig = plain();
    send(&mut rig, Sell, stop_limit(95, 94, false), 2);
    assert_eq!(rig.bar([90, 93, 89, 92], 50), "A T");
    assert_eq!(rig.bar([92, 96, 91, 93], 50), "2@94m");
}

#[test]
fn of_stop_and_target_in_one_bar_the_nearer_extreme_decides() {
    for (ohlc, told) in [
        ([100, 106, 97, 100], "A A T 2@98t C:reduce"),
        ([100, 103, 90, 95], "A A 2@102m T C:reduce"),
    ] {
        let mut rig = plain();
        rig.world.position = dec(2);
        for kind in [stop(98), at(102)] {
            let mut order = rig.order(Sell, kind, Gtc, 2);
            order.request.reduce_only = true;
            rig.venue.submit(order, rig.now);
        }
        // The position is told to the venue as the kernel would: after each step.
        let bar = bar(rig.now, ohlc, 50);
        let mut walk = rig.venue.begin_bar(&bar, bar.ended_by());
        let (mut out, mut all) = (Vec::new(), Vec::new());
        while rig.venue.step_bar(&mut walk, &rig.world, &mut out) {
            for report in out.drain(..) {
                if let ReportKind::Filled { quantity, .. } = &report.kind {
                    rig.world.position -= quantity.decimal();
                }
                all.push(rig::short(&report));
            }
        }
        assert_eq!(all.join(" "), told);
    }
}

#[test]
fn the_caller_can_react_where_the_walk_stopped() {
    for late in [0, 60_000_000_000] {
        react(late);
    }
}

/// `late` is by how much the caller's clock is beyond the walk's.
fn react(late: u64) {
    let mut rig = plain();
    send(&mut rig, Buy, stop(103), 2);
    let bar = bar(rig.now, [100, 110, 99, 108], 50);
    let mut walk = rig.venue.begin_bar(&bar, bar.ended_by());
    let (mut out, mut all) = (Vec::new(), Vec::new());
    let mut protected = false;
    while rig.venue.step_bar(&mut walk, &rig.world, &mut out) {
        let here = walk.position();
        for report in out.drain(..) {
            all.push((rig::short(&report), here.price.0));
        }
        if !protected && all.last().is_some_and(|(told, _)| told == "2@103t") {
            protected = true;
            // A bracket's children, sent from here: the target is on the way to the high.
            let target = rig.order(Sell, at(105), Gtc, 2);
            assert!(rig.venue.submit(target, here.ts.plus(late)).is_some());
        }
    }
    let all: Vec<(&str, i64)> = all.iter().map(|(told, at)| (told.as_str(), *at)).collect();
    assert_eq!(
        all,
        [
            ("A", 100),
            ("T", 103),
            ("2@103t", 103),
            ("A", 103),
            ("2@105m", 105)
        ]
    );
}

#[test]
fn a_trailing_stop_follows_the_path() {
    let mut rig = plain();
    send(&mut rig, Sell, trailing(4, None), 2);
    // 100 → 99 → 110 → 107: 106 is not reached.
    assert_eq!(rig.bar([100, 110, 99, 107], 50), "A T>96 T>106");
    assert_eq!(rig.bar([108, 109, 100, 101], 50), "T 2@106t");
}

#[test]
fn half_a_spread_is_paid_by_takers_and_has_to_be_passed_for_makers() {
    let mut rig = fed(BarSettings {
        half_spread: HalfSpread::PriceMillionths(10_000),
        ..BarSettings::default()
    });
    send(&mut rig, Buy, OrderKind::Market, 1);
    assert_eq!(rig.bar([100, 100, 100, 100], 50), "A 1@101t");
    send(&mut rig, Buy, at(98), 1);
    assert_eq!(rig.bar([100, 101, 98, 100], 50), "A", "the offer was at 99");
    assert_eq!(rig.bar([100, 101, 97, 100], 50), "1@98m");
    send(&mut rig, Sell, stop(97), 1);
    assert_eq!(rig.bar([100, 101, 99, 100], 50), "A");
    assert_eq!(rig.bar([100, 101, 98, 100], 50), "T 1@97t", "the bid was there");
}

#[test]
fn a_limit_may_have_to_be_gone_through() {
    let mut rig = fed(BarSettings {
        limit_through_ticks: 1,
        ..BarSettings::default()
    });
    send(&mut rig, Buy, at(97), 1);
    assert_eq!(rig.bar([100, 101, 97, 100], 50), "A");
    assert_eq!(rig.bar([100, 101, 96, 100], 50), "1@97m");
}

#[test]
fn a_cap_on_the_bar_s_volume_holds_for_all_orders_together() {
    let mut rig = fed(BarSettings {
        volume_cap: Some("0.1".parse().expect("a decimal")),
        ..BarSettings::default()
    });
    send(&mut rig, Buy, OrderKind::Market, 3);
    send(&mut rig, Buy, at(98), 4);
    assert_eq!(rig.bar([100, 101, 97, 100], 59), "A 3@100t A 2@98m", "5 of 59");
    assert_eq!(rig.bar([100, 101, 97, 100], 59), "2@98m");
    send(&mut rig, Buy, OrderKind::Market, 9);
    assert_eq!(rig.bar([100, 101, 97, 100], 59), "A 5@100t C:dry");
}

#[test]
fn latency_lets_an_order_meet_the_path_where_it_stands_then() {
    let mut rig = Rig::with(PaperSettings {
        order_latency_ns: 30_000_000_000,
        ..settings(BarSettings::default())
    });
    rig.bar([100, 100, 100, 100], 50);
    send(&mut rig, Buy, OrderKind::Market, 1);
    // Half a minute is half of the way from the low at 20 s to the high at 40 s; nothing else happens on the way, so
    // that the price where it stands is the low.
    assert_eq!(rig.bar([100, 110, 96, 107], 50), "A 1@96t");
}

#[test]
fn day_orders_end_before_the_next_day_s_first_bar_fills_them() {
    let mut rig = plain();
    let day = 86_400_000_000_000;
    let order = rig.order(Buy, at(97), Day, 2);
    rig.venue.submit(order, rig.now);
    rig.bar([100, 101, 99, 100], 50);
    rig.now = rig.now.floor_to(day).plus(day);
    assert_eq!(rig.bar([90, 91, 89, 90], 50), "X");
}

#[test]
fn an_instrument_without_orders_is_walked_over_at_once() {
    let mut rig = plain();
    let bar = bar(rig.now, [100, 110, 90, 105], 50);
    let walk = rig.venue.begin_bar(&bar, bar.ended_by());
    assert!(walk.is_over());
    assert_eq!(walk.position().price.0, 105);
}

#[derive(Clone, Debug)]
struct Sent {
    side: Side,
    kind: OrderKind,
    by: TriggerBy,
    quantity: i64,
}

fn sent() -> impl Strategy<Value = Sent> {
    let side = prop_oneof![Just(Buy), Just(Sell)];
    let kind = prop_oneof![
        1 => Just(OrderKind::Market),
        4 => (80..120i64).prop_map(at),
        3 => (80..120i64).prop_map(stop),
        2 => (80..120i64, 80..120i64).prop_map(|(t, p)| stop_limit(t, p, false)),
        2 => (1..15i64).prop_map(|offset| trailing(offset, None)),
    ];
    let by = prop_oneof![
        Just(TriggerBy::Quote),
        Just(TriggerBy::Last),
        Just(TriggerBy::Mid)
    ];
    (side, kind, by, 1..9i64).prop_map(|(side, kind, by, quantity)| Sent {
        side,
        kind,
        by,
        quantity,
    })
}

fn ohlc() -> impl Strategy<Value = [i64; 4]> {
    prop::array::uniform4(82..118i64).prop_map(|[a, b, c, d]| {
        let (high, low) = (a.max(b).max(c).max(d), a.min(b).min(c).min(d));
        [a, high, low, d]
    })
}

fn assumptions() -> impl Strategy<Value = BarSettings> {
    let half = prop_oneof![
        Just(HalfSpread::None),
        Just(HalfSpread::TickMillionths(500_000)),
        Just(HalfSpread::TickMillionths(2_000_000)),
        Just(HalfSpread::PriceMillionths(5_000)),
    ];
    let cap = prop_oneof![Just(None), Just("0.2".parse().ok())];
    (half, cap, 0..3u32).prop_map(|(half_spread, volume_cap, limit_through_ticks)| BarSettings {
        half_spread,
        volume_cap,
        limit_through_ticks,
    })
}

fn limit_of(kind: OrderKind) -> Option<Price> {
    match kind {
        OrderKind::Limit { price, .. } | OrderKind::StopLimit { price, .. } => Some(price),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_path_touches_all_four_prices_in_time(ohlc in ohlc()) {
        let path = bar_path(&bar(UnixNanos(1_000), ohlc, 1), UnixNanos(60_000_001_000));
        let mut touched = path.map(|p| p.price.0);
        prop_assert_eq!((touched[0], touched[3]), (ohlc[0], ohlc[3]));
        prop_assert!(path.is_sorted_by_key(|p| p.ts));
        touched.sort_unstable();
        let mut wanted = ohlc;
        wanted.sort_unstable();
        prop_assert_eq!(touched, wanted);
    }

    #[test]
    fn bars_fill_within_limits_triggers_ranges_and_caps(
        bars in prop::collection::vec((ohlc(), prop::collection::vec(sent(), 0..4)), 1..12),
        assumed in assumptions(),
    ) {
        let (mut rig, mut twin) = (fed(assumed), fed(assumed));
        let mut orders: Vec<Sent> = Vec::new();
        for (ohlc, new) in &bars {
            for rig in [&mut rig, &mut twin] {
                for s in new {
                    let mut order = rig.order(s.side, s.kind, Gtc, s.quantity);
                    order.request.terms.trigger_by = s.by;
                    rig.venue.submit(order, rig.now);
                }
            }
            orders.extend(new.iter().cloned());
            let before = rig.log.len();
            prop_assert_eq!(rig.bar(*ohlc, 40), twin.bar(*ohlc, 40));
            let mut in_bar = dec(0);
            for report in &rig.log[before..] {
                let id = report.client_order_id.as_str();
                let n: usize = id[1..].parse().expect("a number");
                let of = &orders[n - 1];
                let ReportKind::Filled { quantity, price: at, taker, .. } = &report.kind else { continue };
                in_bar += quantity.decimal();
                // At most 2 of half a spread here; a resting limit that has to be passed by some ticks first fills at
                // its own price, which lies as far beyond what the path reached.
                let beyond = 2 + i64::from(assumed.limit_through_ticks);
                prop_assert!(at.decimal() >= dec(ohlc[2] - beyond) && at.decimal() <= dec(ohlc[1] + beyond));
                if let Some(limit) = limit_of(of.kind) {
                    let good = if of.side == Buy { *at <= limit } else { *at >= limit };
                    prop_assert!(good, "{} at {} beyond {}", id, at, limit);
                }
                if let (OrderKind::StopMarket { trigger }, TriggerBy::Quote) = (of.kind, of.by) {
                    let reached = if of.side == Buy { *at >= trigger } else { *at <= trigger };
                    prop_assert!(reached && *taker, "{} fired at {} before {}", id, at, trigger);
                }
            }
            prop_assert!(assumed.volume_cap.is_none() || in_bar <= dec(8), "{} of 40", in_bar);
        }
        let mut filled = vec![dec(0); orders.len()];
        for report in &rig.log {
            if let ReportKind::Filled { quantity, .. } = &report.kind {
                let n: usize = report.client_order_id.as_str()[1..].parse().expect("a number");
                filled[n - 1] += quantity.decimal();
            }
        }
        for (order, filled) in orders.iter().zip(&filled) {
            prop_assert!(*filled <= dec(order.quantity));
        }
    }

    #[test]
    fn without_assumptions_a_limit_fills_in_the_first_bar_that_reaches_it(
        bars in prop::collection::vec(ohlc(), 1..8),
        limit in 80..120i64,
        side in prop_oneof![Just(Buy), Just(Sell)],
    ) {
        let mut rig = plain();
        send(&mut rig, side, at(limit), 3);
        let mut done = false;
        for ohlc in bars {
            let reached = if side == Buy { ohlc[2] <= limit } else { ohlc[1] >= limit };
            let told = rig.bar(ohlc, 40);
            let fills = told.contains("3@");
            prop_assert_eq!(fills, reached && !done, "{:?} {}", ohlc, told);
            done |= fills;
        }
    }

    #[test]
    fn an_immediate_order_meets_the_open_and_no_other_price(ohlc in ohlc(), limit in 80..120i64) {
        let mut rig = plain();
        let order = rig.order(Buy, at(limit), Ioc, 3);
        rig.venue.submit(order, rig.now);
        let told = rig.bar(ohlc, 40);
        let expected = if ohlc[0] <= limit { format!("A 3@{}t", price(ohlc[0])) } else { "A C:ioc".to_owned() };
        prop_assert_eq!(told, expected);
    }
}
