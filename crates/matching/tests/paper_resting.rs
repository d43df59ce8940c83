//! Orders that rest at the paper venue: crossings, prints, the queue, and liquidity that is used once.

mod rig;

use rig::{Rig, dec};
use tradewind_matching::paper::{QueueModel, ReportKind};
use tradewind_types::Side::{Buy, Sell};

const QUEUE: QueueModel = QueueModel::BehindDisplayed;

#[test]
fn a_crossing_fills_at_the_limit_as_maker_and_only_what_is_displayed() {
    let mut rig = Rig::new(QUEUE);
    assert_eq!(rig.limit(Buy, 100, 10), "A");
    assert_eq!(rig.show(&[(98, 1)], &[(99, 4), (100, 2), (101, 9)]), "6@100m");
    assert_eq!(
        rig.show(&[(98, 1)], &[(99, 4), (100, 2), (101, 9)]),
        "",
        "that size is used up"
    );
    assert_eq!(rig.show(&[(98, 1)], &[(99, 7), (100, 2)]), "3@100m", "3 are new");
    assert_eq!(rig.show(&[(98, 1)], &[(97, 50)]), "1@100m");
    assert!(
        rig.venue
            .open_orders(&"acc".parse().expect("an account"))
            .is_empty()
    );
}

#[test]
fn a_crossing_serves_the_better_price_then_the_earlier_order() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Sell, 102, 2);
    rig.limit(Sell, 101, 2);
    rig.limit(Sell, 101, 2);
    assert_eq!(rig.show(&[(102, 5)], &[(103, 1)]), "2@101m 2@101m 1@102m");
    let order: Vec<String> = rig.log[3..]
        .iter()
        .map(|r| r.client_order_id.to_string())
        .collect();
    assert_eq!(order, ["o2", "o3", "o1"]);
}

#[test]
fn a_print_through_the_price_fills_whatever_the_queue() {
    for queue in [QueueModel::Off, QUEUE] {
        let mut rig = Rig::new(queue);
        rig.limit(Buy, 99, 5);
        assert_eq!(rig.print(98, 3, Some(Sell)), "3@99m");
        assert_eq!(rig.print(98, 3, None), "2@99m");
        assert_eq!(rig.print(98, 3, None), "");
    }
}

#[test]
fn a_print_by_an_aggressor_of_our_own_side_is_not_ours() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Buy, 100, 5);
    assert_eq!(rig.print(99, 5, Some(Buy)), "");
}

#[test]
fn prints_at_the_price_fill_only_behind_what_was_displayed() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Buy, 99, 5);
    assert_eq!(rig.print(99, 3, Some(Sell)), "", "4 were ahead");
    assert_eq!(rig.print(99, 3, Some(Sell)), "2@99m", "1 was still ahead");
    assert_eq!(rig.print(99, 9, Some(Sell)), "3@99m");
}

#[test]
fn with_the_queue_off_prints_at_the_price_never_fill() {
    let mut rig = Rig::new(QueueModel::Off);
    rig.limit(Buy, 99, 5);
    assert_eq!(rig.print(99, 1_000, Some(Sell)), "");
}

#[test]
fn an_order_in_front_of_the_book_is_first_in_its_queue() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Buy, 100, 5);
    assert_eq!(rig.print(100, 3, Some(Sell)), "3@100m");
}

#[test]
fn cancels_ahead_advance_the_queue() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Buy, 98, 5);
    rig.show(&[(99, 4), (98, 2)], &[(101, 3)]);
    rig.show(&[(99, 4), (98, 9)], &[(101, 3)]);
    assert_eq!(
        rig.print(98, 4, Some(Sell)),
        "",
        "the first 4 explain why the level shrank"
    );
    assert_eq!(
        rig.print(98, 4, Some(Sell)),
        "2@98m",
        "2 were ahead, what came later is behind"
    );
}

#[test]
fn a_book_change_and_the_print_that_caused_it_advance_the_queue_once() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Buy, 99, 5);
    rig.show(&[(99, 1), (98, 6)], &[(101, 3)]);
    assert_eq!(rig.print(99, 3, Some(Sell)), "");
    assert_eq!(rig.print(99, 2, Some(Sell)), "1@99m", "one was still ahead");
    let mut other = Rig::new(QUEUE);
    other.limit(Buy, 99, 5);
    assert_eq!(other.print(99, 3, Some(Sell)), "");
    other.show(&[(99, 1), (98, 6)], &[(101, 3)]);
    assert_eq!(
        other.print(99, 2, Some(Sell)),
        "1@99m",
        "in the other order of events the same"
    );
}

#[test]
fn one_print_is_shared_among_our_orders_in_price_time_order() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Buy, 99, 3);
    rig.limit(Buy, 99, 3);
    rig.limit(Buy, 100, 2);
    assert_eq!(
        rig.print(99, 9, Some(Sell)),
        "2@100m 3@99m",
        "9 = 2 at the better price + 4 ahead + 3"
    );
    let left = rig.venue.open_orders(&"acc".parse().expect("an account"));
    assert_eq!(
        left.iter().filter_map(|(_, left)| *left).collect::<Vec<_>>(),
        [dec(3)]
    );
}

#[test]
fn a_price_beyond_the_displayed_depth_queues_behind_what_is_displayed_there_first() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Buy, 90, 5);
    assert_eq!(rig.print(90, 50, Some(Sell)), "", "nobody knows who is ahead");
    rig.show(&[(90, 6)], &[(101, 3)]);
    assert_eq!(rig.print(90, 7, Some(Sell)), "1@90m");
}

#[test]
fn a_resting_reduce_only_order_is_capped_when_it_matches_and_ends_with_the_position() {
    let mut rig = Rig::new(QUEUE);
    rig.world.position = dec(5);
    let mut order = rig.order(Sell, rig::at(102), tradewind_types::TimeInForce::Gtc, 5);
    order.request.reduce_only = true;
    assert_eq!(rig.send(order), "A");
    rig.world.position = dec(3);
    assert_eq!(rig.show(&[(102, 2)], &[(104, 1)]), "2@102m");
    rig.world.position = dec(1);
    assert_eq!(rig.show(&[(102, 9)], &[(104, 1)]), "1@102m C:reduce");
    let mut order = rig.order(Sell, rig::at(110), tradewind_types::TimeInForce::Gtc, 5);
    order.request.reduce_only = true;
    assert_eq!(rig.send(order), "A");
    rig.world.position = dec(0);
    assert_eq!(
        rig.print(111, 9, Some(Buy)),
        "C:reduce",
        "closed elsewhere meanwhile"
    );
}

#[test]
fn a_cash_account_sells_no_more_than_it_holds_at_that_moment() {
    let mut rig = Rig::new(QUEUE);
    rig.world.may_be_short = false;
    rig.world.position = dec(5);
    assert_eq!(rig.limit(Sell, 102, 5), "A");
    rig.world.position = dec(3);
    assert_eq!(
        rig.show(&[(102, 9)], &[(104, 1)]),
        "3@102m C:uncovered",
        "two were sold by another order meanwhile"
    );
    rig.world.position = dec(0);
    assert_eq!(rig.limit(Sell, 110, 1), "R:uncovered");
    rig.show(&[(99, 4)], &[(101, 3)]);
    assert_eq!(rig.limit(Buy, 101, 1), "A 1@101t", "buying is nobody's concern");
}

#[test]
fn the_venue_keeps_its_own_record_of_positions_and_cash() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Buy, 102, 6);
    let account = "acc".parse().expect("an account");
    let record = rig.venue.records().account(&account).expect("it traded");
    assert_eq!(record.positions.values().copied().collect::<Vec<_>>(), [dec(6)]);
    // 3 × 101 + 3 × 102 = 609, 1 % fee.
    assert_eq!(
        record
            .cash_moved
            .values()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["-615.09"]
    );
    rig.limit(Sell, 98, 4);
    rig.limit(Sell, 98, 2);
    let record = rig.venue.records().account(&account).expect("it traded");
    assert!(record.positions.is_empty(), "flat");
}

#[test]
fn lots_that_are_coarser_than_the_displayed_size_fill_in_whole_lots() {
    let mut rig = Rig::new(QUEUE);
    let mut coarse = (*rig.instrument).clone();
    coarse.lot = dec(2);
    rig.instrument = std::sync::Arc::new(coarse);
    assert_eq!(rig.limit(Buy, 102, 8), "A 2@101t 4@102t");
    assert_eq!(rig.print(101, 1, Some(Sell)), "");
    assert_eq!(rig.print(101, 3, Some(Sell)), "2@102m");
}

#[test]
fn fill_ids_are_the_order_s_id_and_a_count() {
    let mut rig = Rig::new(QUEUE);
    rig.limit(Buy, 102, 10);
    rig.print(100, 1, Some(Sell));
    let ids: Vec<String> = rig
        .log
        .iter()
        .filter_map(|r| match &r.kind {
            ReportKind::Filled { venue_trade_id, .. } => Some(venue_trade_id.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(ids, ["P-o1-1", "P-o1-2", "P-o1-3"]);
}
