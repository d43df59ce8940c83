//! The depth lane on hand-made markets: every rule of queues, fills, life spans and latency.

mod depth_rig;

use depth_rig::{Script, Step, limit, market, run, run_with};
use tradewind_matching::depth::{
    DepthConfig, DepthEvent, EndReason, ExactFifo, Life, LogShare, OwnId, PowerShare, RefuseReason,
    ReportKind as R, RiskAverse, Through,
};
use tradewind_types::Side::{self, Buy, Sell};

/// A book of 10 at 99 and 100 bid, 10 at 101 and 102 offered, at time 0.
fn book() -> Vec<DepthEvent> {
    [(Buy, 99), (Buy, 100), (Sell, 101), (Sell, 102)]
        .map(|(side, price)| DepthEvent::level(0, side, price, 10))
        .to_vec()
}

fn with(later: &[DepthEvent]) -> Vec<DepthEvent> {
    let mut events = book();
    events.extend_from_slice(later);
    events
}

fn level(ts: i64, side: Side, price: i64, size: i64) -> DepthEvent {
    DepthEvent::level(ts, side, price, size)
}

fn trade(ts: i64, aggressor: Side, price: i64, size: i64) -> DepthEvent {
    DepthEvent::trade(ts, aggressor, price, size)
}

fn maker(price: i64, size: i64, left: i64) -> R {
    R::Filled {
        price,
        size,
        left,
        maker: true,
    }
}

fn taker(price: i64, size: i64, left: i64) -> R {
    R::Filled {
        price,
        size,
        left,
        maker: false,
    }
}

fn ended(left: i64, reason: EndReason) -> R {
    R::Ended { left, reason }
}

#[test]
fn trades_at_our_price_first_take_what_stands_ahead_then_fill_us_in_parts() {
    let events = with(&[
        trade(10, Sell, 100, 8),
        level(10, Buy, 100, 2),
        trade(20, Sell, 100, 3),
        level(20, Buy, 100, 0),
        trade(30, Sell, 100, 5),
    ]);
    let out = run(
        RiskAverse,
        events,
        &[(1, Step::New(limit(Buy, 100, 4, Life::Gtc)))],
    );
    // 10 ahead: 8 trade, then 2 of 3 and 1 for us, then the remaining 3 of 5.
    assert_eq!(
        out.kinds(),
        [R::Accepted { left: 4 }, maker(100, 1, 3), maker(100, 3, 0)]
    );
    assert_eq!(out.times(), [1, 20, 30]);
    assert_eq!((out.outcome.totals.position, out.outcome.totals.cash), (4, -400));
}

#[test]
fn a_risk_averse_place_advances_by_cancels_only_when_the_level_is_shorter_than_the_queue_before_us() {
    let events = with(&[
        level(2, Buy, 100, 30),
        level(3, Buy, 100, 12),
        level(4, Buy, 100, 6),
        trade(5, Sell, 100, 7),
    ]);
    let out = run(
        RiskAverse,
        events,
        &[(1, Step::New(limit(Buy, 100, 4, Life::Gtc)))],
    );
    assert_eq!(out.aheads, [(2, 10.0), (3, 10.0), (4, 6.0), (5, 0.0)]);
    assert_eq!(out.kinds(), [R::Accepted { left: 4 }, maker(100, 1, 3)]);
}

#[test]
fn shared_cancels_bring_us_forward_and_traded_volume_is_not_counted_again() {
    // 10 ahead of us, 30 join behind; 8 are canceled: a quarter of them ahead. Then 4 trade and the level says so.
    let later = [
        level(2, Buy, 100, 40),
        level(3, Buy, 100, 32),
        trade(4, Sell, 100, 4),
        level(4, Buy, 100, 28),
        level(5, Buy, 100, 28),
    ];
    let order = [(1, Step::New(limit(Buy, 100, 4, Life::Gtc)))];
    let one = run(PowerShare::new(1.0), with(&later), &order);
    assert_eq!(one.aheads, [(2, 10.0), (3, 8.0), (4, 4.0), (4, 4.0), (5, 4.0)]);
    let log = run(LogShare, with(&later), &order);
    let share = 11f64.ln() / (11f64.ln() + 31f64.ln());
    assert!((log.aheads[1].1 - (10.0 - 8.0 * share)).abs() < 1e-9);
}

#[test]
fn a_trade_through_our_price_fills_us_by_its_volume_or_whole() {
    let events = with(&[trade(10, Sell, 99, 3)]);
    let order = [(1, Step::New(limit(Buy, 100, 5, Life::Gtc)))];
    let out = run(RiskAverse, events.clone(), &order);
    assert_eq!(out.kinds(), [R::Accepted { left: 5 }, maker(100, 3, 2)]);
    let whole = |config: &mut DepthConfig| config.through = Through::Whole;
    let out = run_with(RiskAverse, events, &order, whole);
    assert_eq!(out.kinds(), [R::Accepted { left: 5 }, maker(100, 5, 0)]);
}

#[test]
fn an_offer_that_appears_at_our_bid_trades_with_us_once() {
    let events = with(&[
        level(10, Buy, 100, 0),
        level(10, Sell, 100, 2),
        level(11, Sell, 100, 2),
        level(12, Sell, 100, 3),
    ]);
    let out = run(
        RiskAverse,
        events,
        &[(1, Step::New(limit(Buy, 100, 5, Life::Gtc)))],
    );
    assert_eq!(
        out.kinds(),
        [R::Accepted { left: 5 }, maker(100, 2, 3), maker(100, 1, 2)]
    );
}

#[test]
fn one_trade_fills_all_of_our_orders_together_for_no_more_than_its_size() {
    let events = with(&[trade(10, Buy, 101, 13), trade(20, Buy, 102, 2)]);
    let orders = [
        (1, Step::New(limit(Sell, 101, 2, Life::Gtc))),
        (2, Step::New(limit(Sell, 101, 2, Life::Gtc))),
        (3, Step::New(limit(Sell, 102, 2, Life::Gtc))),
    ];
    let out = run(RiskAverse, events, &orders);
    // 10 ahead at 101, 3 left for two orders of 2; then a trade through 101 meets the one left over first.
    let fills: Vec<_> = out.reports[3..].iter().map(|(_, r)| (r.id.0, r.kind)).collect();
    assert_eq!(
        fills,
        [
            (1, maker(101, 2, 0)),
            (2, maker(101, 1, 1)),
            (2, maker(101, 1, 0))
        ]
    );
    assert_eq!(out.outcome.totals.position, -4);
}

#[test]
fn takers_walk_the_levels_and_what_they_took_is_gone_until_the_level_changes() {
    let order = |size| Step::New(limit(Buy, 102, size, Life::Ioc));
    let events = with(&[level(5, Sell, 101, 4), level(9, Buy, 98, 1)]);
    let out = run(
        RiskAverse,
        events,
        &[(1, order(12)), (2, order(12)), (6, order(12))],
    );
    assert_eq!(
        out.kinds(),
        [
            taker(101, 10, 2),
            taker(102, 2, 0),
            taker(102, 8, 4),
            ended(4, EndReason::NoLiquidity),
            taker(101, 4, 8),
            ended(8, EndReason::NoLiquidity),
        ]
    );
    assert_eq!(out.outcome.totals.taker_lots, 24);
}

#[test]
fn life_spans_hold() {
    let kinds = |step: Step| run(RiskAverse, with(&[trade(9, Sell, 50, 1)]), &[(1, step)]).kinds();
    assert_eq!(
        kinds(Step::New(limit(Buy, 101, 1, Life::PostOnly))),
        [R::Refused {
            reason: RefuseReason::WouldTrade
        }]
    );
    assert_eq!(
        kinds(Step::New(limit(Buy, 101, 11, Life::Fok))),
        [ended(11, EndReason::FillOrKill)]
    );
    assert_eq!(
        kinds(Step::New(limit(Buy, 102, 11, Life::Fok))),
        [taker(101, 10, 1), taker(102, 1, 0)]
    );
    assert_eq!(
        kinds(Step::New(limit(Buy, 100, 1, Life::Ioc))),
        [ended(1, EndReason::NoLiquidity)]
    );
    assert_eq!(
        kinds(Step::New(market(Sell, 25))),
        [
            taker(100, 10, 15),
            taker(99, 10, 5),
            ended(5, EndReason::NoLiquidity)
        ]
    );
    // A GTC order takes and its rest rests, first at its price although the offer is still shown there.
    assert_eq!(
        kinds(Step::New(limit(Buy, 101, 12, Life::Gtc))),
        [taker(101, 10, 2), R::Accepted { left: 2 }, maker(101, 1, 1)]
    );
}

#[test]
fn modifying_down_keeps_the_place_and_anything_else_loses_it() {
    let events = with(&[
        trade(10, Sell, 100, 6),
        level(10, Buy, 100, 4),
        level(11, Buy, 100, 20),
        level(30, Buy, 100, 20),
        level(50, Buy, 100, 20),
        level(90, Buy, 98, 1),
    ]);
    let steps = [
        (1, Step::New(limit(Buy, 100, 5, Life::Gtc))),
        (20, Step::Modify(OwnId(1), 100, 3)),
        (40, Step::Modify(OwnId(1), 100, 4)),
        (60, Step::Modify(OwnId(1), 99, 4)),
        (70, Step::Cancel(OwnId(1))),
    ];
    let out = run(RiskAverse, events, &steps);
    let at = |ts| out.aheads.iter().rev().find(|(t, _)| *t == ts).map(|(_, a)| *a);
    assert_eq!((at(30), at(50)), (Some(4.0), Some(20.0)));
    assert_eq!(
        out.kinds(),
        [
            R::Accepted { left: 5 },
            R::Modified { price: 100, left: 3 },
            R::Modified { price: 100, left: 4 },
            R::Modified { price: 99, left: 4 },
            ended(4, EndReason::Canceled),
        ]
    );
}

#[test]
fn a_post_only_order_is_not_modified_into_a_trade_and_ours_do_not_trade_with_ours() {
    let steps = [
        (1, Step::New(limit(Buy, 100, 5, Life::PostOnly))),
        (2, Step::Modify(OwnId(1), 101, 5)),
        (3, Step::New(limit(Sell, 100, 5, Life::Gtc))),
        (4, Step::New(market(Sell, 1))),
    ];
    let out = run(RiskAverse, with(&[level(9, Buy, 98, 1)]), &steps);
    assert_eq!(
        out.kinds(),
        [
            R::Accepted { left: 5 },
            R::ModifyRefused {
                reason: RefuseReason::WouldTrade
            },
            R::Refused {
                reason: RefuseReason::SelfTrade
            },
            R::Refused {
                reason: RefuseReason::SelfTrade
            },
        ]
    );
}

#[test]
fn orders_and_answers_take_their_time_and_the_desk_sees_the_market_late() {
    // The offer at 101 is lifted at 95 and we learn of it at 145; our order was decided at 60 on the old book and
    // arrives at 100.
    let mut events = book();
    events.push(level(95, Sell, 101, 0).delayed(50));
    events.push(level(400, Buy, 98, 1));
    let delays = |config: &mut DepthConfig| {
        config.entry = depth_rig::constant(40);
        config.response = depth_rig::constant(25);
    };
    let steps = [(60, Step::New(limit(Buy, 101, 3, Life::Ioc)))];
    let out = run_with(RiskAverse, events, &steps, delays);
    assert_eq!(out.kinds(), [ended(3, EndReason::NoLiquidity)]);
    let (heard, report) = out.reports[0];
    assert_eq!((report.ts_ns, heard), (100, 125));
    let offers: Vec<_> = out
        .offers
        .iter()
        .filter(|(t, _)| (60..=145).contains(t))
        .collect();
    assert!(
        offers
            .iter()
            .all(|(t, offer)| *offer == Some(if *t < 145 { 101 } else { 102 }))
    );
}

#[test]
fn a_cancel_that_crosses_the_fill_on_its_way_is_refused() {
    let events = with(&[
        trade(50, Sell, 100, 30),
        level(50, Buy, 100, 0),
        level(200, Buy, 98, 1),
    ]);
    let delays = |config: &mut DepthConfig| {
        config.entry = depth_rig::constant(40);
        config.response = depth_rig::constant(40);
    };
    let steps = [
        (1, Step::New(limit(Buy, 100, 1, Life::Gtc))),
        (85, Step::Cancel(OwnId(1))),
    ];
    let out = run_with(RiskAverse, events, &steps, delays);
    assert_eq!(
        out.kinds(),
        [R::Accepted { left: 1 }, maker(100, 1, 0), R::CancelRefused]
    );
}

#[test]
fn by_order_places_are_exact() {
    use tradewind_matching::depth::EventKind::{Add, Delete, Execute, Reduce, Replace};
    let order = |ts, kind, id, price, size| DepthEvent::order(ts, kind, id, Buy, price, size);
    let events = vec![
        order(0, Add, 1, 100, 4),
        order(0, Add, 2, 100, 3),
        order(0, Add, 3, 100, 5),
        order(10, Add, 4, 100, 9),
        order(11, Delete, 2, 0, 0),
        order(12, Delete, 4, 0, 0),
        order(13, Reduce, 1, 0, 1),
        // Order 3 grows: it goes behind us. Order 1 alone is ahead now.
        order(14, Replace, 3, 100, 6),
        order(15, Execute, 1, 100, 3),
        order(16, Execute, 3, 100, 2),
        order(17, Delete, 99, 0, 0),
        order(18, Execute, 3, 100, 4),
    ];
    let out = run(
        ExactFifo,
        events,
        &[(5, Step::New(limit(Buy, 100, 3, Life::Gtc)))],
    );
    let aheads: Vec<_> = out.aheads.iter().map(|(_, ahead)| *ahead as i64).collect();
    assert_eq!(aheads, [12, 9, 9, 8, 3, 0, 0, 0]);
    assert_eq!(
        out.kinds(),
        [R::Accepted { left: 3 }, maker(100, 2, 1), maker(100, 1, 0)]
    );
    assert_eq!(out.times(), [5, 16, 18]);
    assert_eq!(out.outcome.totals.strays, 1);
}

#[test]
fn the_desk_refuses_what_cannot_be_meant() {
    let script = Script::new(&[
        (1, Step::New(limit(Buy, 100, 0, Life::Gtc))),
        (1, Step::New(limit(Buy, i64::MAX, 1, Life::Gtc))),
        (1, Step::Cancel(OwnId(7))),
        (1, Step::Modify(OwnId(7), 100, 1)),
        (1, Step::New(market(Buy, i64::MAX))),
    ]);
    let out = depth_rig::run_script(RiskAverse, with(&[level(9, Buy, 98, 1)]), script, |_| {});
    assert_eq!(out.refused, 5);
    assert!(out.reports.is_empty());
}
