//! Orders that reach the paper venue: every type × time in force × flag, both sides, both queue models.

mod rig;

use rig::{Rig, at, dec, post_only};
use rstest::rstest;
use tradewind_matching::paper::{PaperSettings, QueueModel, ReportKind};
use tradewind_types::TimeInForce::{Day, Fok, Gtc, Ioc};
use tradewind_types::{OrderKind, Price, Side, TimeInForce};

#[derive(Clone, Copy, Debug)]
enum Kind {
    Market,
    /// MARKET with a protection price.
    Protected(i64),
    Limit(i64),
    Post(i64),
}
use Kind::{Limit, Market, Post, Protected};

/// Reduce-only with this much short held by a buyer (long by a seller).
type Reduce = Option<i64>;

// A buy against offers of 3 at 101, 5 at 102, 10 at 103. `rests` says what is left at the venue afterwards.
#[rstest]
#[case(Market, Gtc, 6, None, "A 3@101t 3@102t", 0)]
#[case(Market, Day, 20, None, "A 3@101t 5@102t 10@103t C:dry", 0)]
#[case(Market, Ioc, 20, None, "A 3@101t 5@102t 10@103t C:dry", 0)]
#[case(Market, Fok, 18, None, "A 3@101t 5@102t 10@103t", 0)]
#[case(Market, Fok, 19, None, "A C:fok", 0)]
#[case(Protected(102), Gtc, 20, None, "A 3@101t 5@102t C:dry", 0)]
#[case(Protected(100), Gtc, 1, None, "A C:dry", 0)]
#[case(Limit(102), Gtc, 6, None, "A 3@101t 3@102t", 0)]
#[case(Limit(102), Gtc, 10, None, "A 3@101t 5@102t", 2)]
#[case(Limit(102), Day, 10, None, "A 3@101t 5@102t", 2)]
#[case(Limit(102), Ioc, 10, None, "A 3@101t 5@102t C:ioc", 0)]
#[case(Limit(102), Fok, 10, None, "A C:fok", 0)]
#[case(Limit(102), Fok, 8, None, "A 3@101t 5@102t", 0)]
#[case(Limit(100), Gtc, 6, None, "A", 6)]
#[case(Limit(100), Day, 6, None, "A", 6)]
#[case(Limit(100), Ioc, 6, None, "A C:ioc", 0)]
#[case(Limit(100), Fok, 6, None, "A C:fok", 0)]
#[case(Post(101), Gtc, 6, None, "R:post", 0)]
#[case(Post(102), Day, 6, None, "R:post", 0)]
#[case(Post(100), Gtc, 6, None, "A", 6)]
#[case(Post(100), Day, 6, None, "A", 6)]
#[case(Market, Gtc, 6, Some(4), "A 3@101t 1@102t C:reduce", 0)]
#[case(Market, Ioc, 4, Some(4), "A 3@101t 1@102t", 0)]
#[case(Market, Fok, 6, Some(4), "A C:fok", 0)]
#[case(Market, Fok, 4, Some(4), "A 3@101t 1@102t", 0)]
#[case(Market, Gtc, 6, Some(0), "R:reduce", 0)]
#[case(Market, Gtc, 6, Some(-5), "R:reduce", 0)]
#[case(Limit(102), Gtc, 6, Some(4), "A 3@101t 1@102t C:reduce", 0)]
#[case(Limit(101), Gtc, 6, Some(4), "A 3@101t", 3)]
#[case(Limit(101), Day, 6, Some(4), "A 3@101t", 3)]
#[case(Limit(101), Ioc, 6, Some(4), "A 3@101t C:ioc", 0)]
#[case(Limit(102), Fok, 6, Some(4), "A C:fok", 0)]
#[case(Limit(100), Gtc, 6, Some(4), "A", 6)]
#[case(Post(100), Gtc, 6, Some(4), "A", 6)]
#[case(Post(102), Gtc, 6, Some(4), "R:post", 0)]
fn every_type_time_in_force_and_flag_on_both_sides(
    #[case] kind: Kind,
    #[case] tif: TimeInForce,
    #[case] quantity: i64,
    #[case] reduce: Reduce,
    #[case] expected: &str,
    #[case] rests: i64,
) {
    for side in [Side::Buy, Side::Sell] {
        for queue in [QueueModel::Off, QueueModel::BehindDisplayed] {
            arrives((kind, tif, quantity, reduce), (expected, rests), side, queue);
        }
    }
}

fn arrives(
    (kind, tif, quantity, reduce): (Kind, TimeInForce, i64, Reduce),
    (expected, rests): (&str, i64),
    side: Side,
    queue: QueueModel,
) {
    let mut rig = Rig::new(queue);
    // The seller's world is the buyer's in a mirror at 100.
    let mirror = |price: i64| if side == Side::Buy { price } else { 200 - price };
    if side == Side::Sell {
        rig.world
            .show(&[(99, 3), (98, 5), (97, 10)], &[(101, 4), (102, 6)]);
    }
    let (order_kind, protection) = match kind {
        Market => (OrderKind::Market, None),
        Protected(price) => (OrderKind::Market, Price::new(dec(mirror(price))).ok()),
        Limit(price) => (at(mirror(price)), None),
        Post(price) => (post_only(mirror(price)), None),
    };
    let mut order = rig.order(side, order_kind, tif, quantity);
    order.protection = protection;
    if let Some(held) = reduce {
        order.request.reduce_only = true;
        rig.world.position = if side == Side::Buy { dec(-held) } else { dec(held) };
    }
    let told = rig.send(order);
    let expected: Vec<String> = expected.split(' ').map(|word| mirrored(word, mirror)).collect();
    assert_eq!(told, expected.join(" "), "{side} {queue:?}");
    let open = rig.venue.open_orders(&"acc".parse().expect("an account"));
    let left: Vec<_> = open.iter().map(|(_, left)| *left).collect();
    assert_eq!(left, if rests > 0 { vec![Some(dec(rests))] } else { vec![] });
}

/// `3@101t` with its price in the mirror; other words as they are.
fn mirrored(word: &str, mirror: impl Fn(i64) -> i64) -> String {
    let Some((size, rest)) = word.split_once('@') else {
        return word.to_owned();
    };
    let (price, role) = rest.split_at(rest.len() - 1);
    format!("{size}@{}{role}", mirror(price.parse().expect("a price")))
}

#[rstest]
#[case(OrderKind::Market, Gtc, "R:nodata")]
#[case(at(102), Ioc, "R:nodata")]
#[case(at(102), Fok, "R:nodata")]
#[case(at(102), Gtc, "A")]
#[case(post_only(102), Day, "A")]
fn on_invalid_data_nothing_fills(#[case] kind: OrderKind, #[case] tif: TimeInForce, #[case] expected: &str) {
    let mut rig = Rig::new(QueueModel::BehindDisplayed);
    rig.world.valid = false;
    let order = rig.order(Side::Buy, kind, tif, 4);
    assert_eq!(rig.send(order), expected);
    assert_eq!(rig.show(&[(99, 1)], &[(101, 2)]), "", "crossed, but not valid");
    assert_eq!(rig.print(95, 10, Some(Side::Sell)), "", "a print on invalid data");
    rig.world.valid = true;
    let filled = if expected == "A" { "2@102m" } else { "" };
    assert_eq!(rig.show(&[(99, 1)], &[(101, 2)]), filled, "valid again");
}

#[test]
fn displayed_size_is_used_once_by_takers_too() {
    let mut rig = Rig::new(QueueModel::BehindDisplayed);
    let take = |rig: &mut Rig, quantity| {
        let order = rig.order(Side::Buy, at(101), Ioc, quantity);
        rig.send(order)
    };
    assert_eq!(take(&mut rig, 2), "A 2@101t");
    assert_eq!(take(&mut rig, 2), "A 1@101t C:ioc", "1 of the 3 was left");
    assert_eq!(take(&mut rig, 2), "A C:ioc");
    rig.show(&[(99, 4)], &[(101, 5)]);
    assert_eq!(take(&mut rig, 4), "A 2@101t C:ioc", "the level grew by 2");
    rig.show(&[(99, 4)], &[(102, 5)]);
    rig.show(&[(99, 4)], &[(101, 3)]);
    assert_eq!(
        take(&mut rig, 4),
        "A 3@101t C:ioc",
        "the level went and came back"
    );
}

#[test]
fn fees_follow_the_role_and_the_named_rounding_and_without_a_table_there_is_no_order() {
    let mut rig = Rig::with(PaperSettings {
        fee_decimals: 1,
        ..rig::settings(QueueModel::Off)
    });
    rig.limit(Side::Buy, 101, 4);
    rig.show(&[(99, 1)], &[(100, 9)]);
    let fees: Vec<String> = rig
        .log
        .iter()
        .filter_map(|r| match &r.kind {
            ReportKind::Filled { fee, .. } => Some(fee.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(
        fees,
        ["3 USD", "0.1 USD"],
        "1 % of 303 as taker, 0.1 % of 101 as maker, half even to 0.1"
    );
    let mut bare = tradewind_matching::paper::PaperVenue::new(rig::settings(QueueModel::Off));
    let order = rig.order(Side::Buy, at(101), Gtc, 4);
    assert!(
        bare.submit(order.clone(), rig.now).is_some() && bare.submit(order, rig.now).is_none(),
        "an id is taken once"
    );
    let mut out = Vec::new();
    bare.advance(rig.now.plus(10), &rig.world, &mut out);
    assert_eq!(out.iter().map(rig::short).collect::<Vec<_>>(), ["R:fees"]);
}

#[test]
fn two_reduce_only_orders_of_one_moment_close_a_position_once() {
    let mut rig = Rig::new(QueueModel::BehindDisplayed);
    rig.world.position = dec(-4);
    for owner in [None, "fast".parse().ok()] {
        let mut order = rig.order(Side::Buy, OrderKind::Market, Ioc, 3);
        order.request.reduce_only = true;
        order.owner = owner;
        assert!(rig.venue.submit(order, rig.now).is_some());
    }
    assert_eq!(rig.pass(10), "A 3@101t A 1@102t C:reduce");
}

#[test]
fn a_figure_off_the_scale_and_a_full_venue_are_rejections() {
    let mut rig = Rig::with(PaperSettings {
        orders_max: 1,
        ..rig::settings(QueueModel::Off)
    });
    let mut order = rig.order(Side::Buy, at(100), Gtc, 4);
    order.request.kind = OrderKind::Limit {
        price: "100.5".parse().expect("a price"),
        post_only: false,
    };
    assert_eq!(rig.send(order), "R:number");
    assert_eq!(rig.limit(Side::Buy, 100, 1), "A");
    assert_eq!(rig.limit(Side::Buy, 100, 1), "R:full");
}
