//! The exchange book: every order type, and the laws under random orders against a naive reference.

use proptest::prelude::*;
use tradewind_matching::exchange::{
    EndReason, Exchange, ExchangeEvent as E, ExchangeOrderId, NewKind, NewOrder, ParticipantId, RefuseReason,
};
use tradewind_types::Side::{Buy, Sell};
use tradewind_types::TimeInForce::{Day, Fok, Gtc, Ioc};
use tradewind_types::{PriceMantissa, Side, SizeMantissa, TimeInForce};

fn limit(participant: u32, side: Side, price: i64, size: i128) -> NewOrder {
    NewOrder {
        participant: ParticipantId(participant),
        tag: 7,
        side,
        size: SizeMantissa(size),
        kind: NewKind::Limit {
            price: PriceMantissa(price),
            post_only: false,
        },
        time_in_force: Gtc,
    }
}

fn market(participant: u32, side: Side, size: i128) -> NewOrder {
    NewOrder {
        kind: NewKind::Market,
        ..limit(participant, side, 0, size)
    }
}

fn post_only(order: NewOrder) -> NewOrder {
    match order.kind {
        NewKind::Limit { price, .. } => NewOrder {
            kind: NewKind::Limit {
                price,
                post_only: true,
            },
            ..order
        },
        NewKind::Market => order,
    }
}

fn lasting(order: NewOrder, time_in_force: TimeInForce) -> NewOrder {
    NewOrder {
        time_in_force,
        ..order
    }
}

/// Offers of participant 1: 3 at 101, then 2 at 101, then 5 at 102.
fn offered() -> Exchange {
    let mut exchange = Exchange::new(100);
    let mut out = Vec::new();
    for (price, size) in [(101, 3), (101, 2), (102, 5)] {
        exchange.submit(&limit(1, Sell, price, size), &mut out);
    }
    exchange
}

fn run(exchange: &mut Exchange, order: NewOrder) -> Vec<E> {
    let mut out = Vec::new();
    exchange.submit(&order, &mut out);
    exchange.check().expect("the book is whole");
    out
}

/// (price, size, maker) of the trades.
fn trades(events: &[E]) -> Vec<(i64, i128, u64)> {
    let trade = |e: &E| match e {
        E::Trade {
            price, size, maker, ..
        } => Some((price.0, size.0, maker.id.0)),
        _ => None,
    };
    events.iter().filter_map(trade).collect()
}

fn levels(events: &[E]) -> Vec<(Side, i64, i128)> {
    let level = |e: &E| match e {
        E::Level { side, price, size } => Some((*side, price.0, size.0)),
        _ => None,
    };
    events.iter().filter_map(level).collect()
}

fn end(events: &[E]) -> Option<(EndReason, i128)> {
    events.iter().find_map(|e| match e {
        E::Ended { order, reason } => Some((*reason, order.left.0)),
        _ => None,
    })
}

#[test]
fn a_taker_walks_levels_best_first_and_orders_in_turn() {
    let mut exchange = offered();
    let out = run(&mut exchange, limit(2, Buy, 102, 6));
    assert_eq!(trades(&out), [(101, 3, 1), (101, 2, 2), (102, 1, 3)]);
    assert_eq!(levels(&out), [(Sell, 101, 0), (Sell, 102, 4)]);
    assert_eq!(end(&out), None);
    assert_eq!(exchange.len(), 1);
}

#[test]
fn what_a_limit_cannot_take_rests_and_is_published() {
    let mut exchange = offered();
    let out = run(&mut exchange, lasting(limit(2, Buy, 101, 9), Day));
    assert_eq!(trades(&out), [(101, 3, 1), (101, 2, 2)]);
    assert_eq!(levels(&out), [(Sell, 101, 0), (Buy, 101, 4)]);
    assert_eq!(exchange.best(Buy), Some((PriceMantissa(101), SizeMantissa(4))));
}

#[test]
fn market_orders_and_ioc_never_rest() {
    let mut exchange = offered();
    let out = run(&mut exchange, market(2, Buy, 100));
    assert_eq!(trades(&out).len(), 3);
    assert_eq!(end(&out), Some((EndReason::NoLiquidity, 90)));
    assert!(exchange.is_empty());
    let mut exchange = offered();
    let out = run(&mut exchange, lasting(limit(2, Buy, 101, 6), Ioc));
    assert_eq!(
        (trades(&out).len(), end(&out)),
        (2, Some((EndReason::NoLiquidity, 1)))
    );
    assert_eq!(exchange.best(Buy), None);
}

#[test]
fn fok_fills_whole_or_not_at_all() {
    let mut exchange = offered();
    let out = run(&mut exchange, lasting(limit(2, Buy, 101, 6), Fok));
    assert_eq!(
        (trades(&out).len(), end(&out)),
        (0, Some((EndReason::FillOrKill, 6)))
    );
    let out = run(&mut exchange, lasting(limit(2, Buy, 102, 6), Fok));
    assert_eq!(trades(&out).iter().map(|t| t.1).sum::<i128>(), 6);
    let out = run(&mut exchange, lasting(market(2, Buy, 5), Fok));
    assert_eq!(end(&out), Some((EndReason::FillOrKill, 5)));
}

#[test]
fn post_only_that_would_trade_is_refused_and_otherwise_rests() {
    let mut exchange = offered();
    let refused = |out: &[E]| {
        matches!(
            out,
            [E::Refused {
                reason: RefuseReason::WouldTrade,
                ..
            }]
        )
    };
    assert!(refused(&run(&mut exchange, post_only(limit(2, Buy, 101, 1)))));
    assert_eq!(
        levels(&run(&mut exchange, post_only(limit(2, Buy, 100, 1)))),
        [(Buy, 100, 1)]
    );
    let contradiction = run(&mut exchange, lasting(post_only(limit(2, Buy, 99, 1)), Ioc));
    assert!(matches!(
        contradiction[..],
        [E::Refused {
            reason: RefuseReason::Contradiction,
            ..
        }]
    ));
}

#[test]
fn nobody_trades_with_himself_and_the_newer_order_goes() {
    let mut exchange = offered();
    exchange.submit(&limit(2, Sell, 100, 1), &mut Vec::new());
    let out = run(&mut exchange, limit(1, Buy, 105, 4));
    assert_eq!(trades(&out), [(100, 1, 4)], "others are met first");
    assert_eq!(end(&out), Some((EndReason::SelfTrade, 3)));
    assert_eq!(exchange.best(Buy), None, "nothing rests into the own order");
    let out = run(&mut exchange, lasting(limit(1, Buy, 105, 1), Fok));
    assert_eq!(end(&out), Some((EndReason::FillOrKill, 1)));
}

#[test]
fn cancels_and_reductions_are_the_owner_s_and_keep_the_queue() {
    let mut exchange = offered();
    let (one, two) = (ParticipantId(1), ParticipantId(2));
    let mut out = Vec::new();
    assert_eq!(
        exchange.cancel(two, ExchangeOrderId(1), &mut out),
        None,
        "not his"
    );
    assert!(
        exchange
            .reduce(one, ExchangeOrderId(1), SizeMantissa(4), &mut out)
            .is_none(),
        "no growth"
    );
    assert!(out.is_empty());
    assert!(
        exchange
            .reduce(one, ExchangeOrderId(1), SizeMantissa(1), &mut out)
            .is_some()
    );
    assert_eq!(levels(&out), [(Sell, 101, 3)]);
    let first = exchange.queue(Sell, PriceMantissa(101)).next().expect("an order");
    assert_eq!((first.id.0, first.left.0), (1, 1), "it keeps its place");
    out.clear();
    assert_eq!(
        exchange.cancel(one, ExchangeOrderId(2), &mut out),
        Some(SizeMantissa(2))
    );
    assert_eq!(levels(&out), [(Sell, 101, 1)]);
    assert_eq!(
        exchange.cancel(one, ExchangeOrderId(2), &mut out),
        None,
        "once only"
    );
    exchange.cancel_all(one, &mut out);
    assert!(exchange.is_empty());
    exchange.check().expect("whole");
}

#[test]
fn a_full_book_and_impossible_sizes_are_refused() {
    let mut exchange = Exchange::new(1);
    assert!(run(&mut exchange, limit(1, Buy, 1, 1)).len() == 2);
    let full = run(&mut exchange, limit(1, Buy, 1, 1));
    assert!(matches!(
        full[..],
        [E::Refused {
            reason: RefuseReason::Full,
            ..
        }]
    ));
    for size in [0, -1, i128::MAX] {
        let out = run(&mut exchange, limit(1, Buy, 1, size));
        assert!(matches!(
            out[..],
            [E::Refused {
                reason: RefuseReason::BadSize,
                ..
            }]
        ));
    }
}

#[derive(Clone, Copy, Debug)]
enum Op {
    Submit(NewOrder),
    Cancel(u32, u64),
    Reduce(u32, u64, i128),
}

fn op() -> impl Strategy<Value = Op> {
    let side = prop_oneof![Just(Buy), Just(Sell)];
    let tif = prop_oneof![4 => Just(Gtc), 1 => Just(Ioc), 1 => Just(Fok)];
    let kind = prop_oneof![6 => Just(0), 1 => Just(1), 1 => Just(2)];
    let submit =
        (0..5u32, side, 95..106i64, 1..20i128, tif, kind).prop_map(|(who, side, price, size, tif, kind)| {
            let order = lasting(limit(who, side, price, size), tif);
            Op::Submit(match kind {
                0 => order,
                1 => lasting(market(who, side, size), tif),
                _ => post_only(order),
            })
        });
    prop_oneof![
        6 => submit,
        1 => (0..5u32, 1..200u64).prop_map(|(who, id)| Op::Cancel(who, id)),
        1 => (0..5u32, 1..200u64, 0..20i128).prop_map(|(who, id, left)| Op::Reduce(who, id, left)),
    ]
}

/// A book as a plain list, searched from end to end: slow and plainly right.
#[derive(Default)]
struct Naive {
    /// id, participant, side, price, left; in order of arrival.
    orders: Vec<(u64, u32, Side, i64, i128)>,
    last: u64,
}

impl Naive {
    fn reaches(side: Side, limit: Option<i64>, price: i64) -> bool {
        limit.is_none_or(|l| if side == Buy { price <= l } else { price >= l })
    }

    /// Opposite orders within the limit in the order in which they trade.
    fn in_reach(&self, side: Side, limit: Option<i64>) -> Vec<usize> {
        let opposite = (0..self.orders.len())
            .filter(|i| self.orders[*i].2 != side && Self::reaches(side, limit, self.orders[*i].3));
        let mut found: Vec<usize> = opposite.collect();
        found.sort_by_key(|i| {
            if side == Buy {
                self.orders[*i].3
            } else {
                -self.orders[*i].3
            }
        });
        found
    }

    fn submit(&mut self, order: &NewOrder) -> Vec<(i64, i128, u64)> {
        let (limit, post_only) = match order.kind {
            NewKind::Limit { price, post_only } => (Some(price.0), post_only),
            NewKind::Market => (None, false),
        };
        let reach = self.in_reach(order.side, limit);
        let immediate = matches!(order.time_in_force, Ioc | Fok);
        if post_only && (immediate || !reach.is_empty()) {
            return Vec::new();
        }
        self.last += 1;
        let others: Vec<usize> = reach
            .iter()
            .copied()
            .take_while(|i| self.orders[*i].1 != order.participant.0)
            .collect();
        let there: i128 = others.iter().map(|i| self.orders[*i].4).sum();
        if order.time_in_force == Fok && there < order.size.0 {
            return Vec::new();
        }
        let met_itself = others.len() < reach.len() && there < order.size.0;
        let (mut left, mut trades) = (order.size.0, Vec::new());
        for i in others {
            let size = left.min(self.orders[i].4);
            if size > 0 {
                trades.push((self.orders[i].3, size, self.orders[i].0));
                self.orders[i].4 -= size;
                left -= size;
            }
        }
        self.orders.retain(|o| o.4 > 0);
        if let (true, Some(price)) = (left > 0 && !met_itself && !immediate, limit) {
            self.orders
                .push((self.last, order.participant.0, order.side, price, left));
        }
        trades
    }

    fn change(&mut self, who: u32, id: u64, left: i128) {
        if let Some(order) = self
            .orders
            .iter_mut()
            .find(|o| o.0 == id && o.1 == who && left <= o.4)
        {
            order.4 = left;
        }
        self.orders.retain(|o| o.4 > 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_book_trades_like_the_naive_one_is_never_crossed_and_its_level_events_rebuild_it(
        ops in prop::collection::vec(op(), 1..120)
    ) {
        let (mut exchange, mut naive) = (Exchange::new(10_000), Naive::default());
        let mut twin = Exchange::new(10_000);
        let mut rebuilt = std::collections::BTreeMap::new();
        for op in ops {
            let (mut out, mut again) = (Vec::new(), Vec::new());
            match op {
                Op::Submit(order) => {
                    exchange.submit(&order, &mut out);
                    twin.submit(&order, &mut again);
                    prop_assert_eq!(trades(&out), naive.submit(&order));
                }
                Op::Cancel(who, id) => {
                    exchange.cancel(ParticipantId(who), ExchangeOrderId(id), &mut out);
                    twin.cancel(ParticipantId(who), ExchangeOrderId(id), &mut again);
                    naive.change(who, id, 0);
                }
                Op::Reduce(who, id, left) => {
                    exchange.reduce(ParticipantId(who), ExchangeOrderId(id), SizeMantissa(left), &mut out);
                    twin.reduce(ParticipantId(who), ExchangeOrderId(id), SizeMantissa(left), &mut again);
                    naive.change(who, id, left);
                }
            }
            prop_assert_eq!(&out, &again, "the same calls give the same events");
            prop_assert_eq!(exchange.check(), Ok(()));
            for (side, price, size) in levels(&out) {
                rebuilt.insert((side, price), size);
            }
            rebuilt.retain(|_, size| *size > 0);
            let own: std::collections::BTreeMap<_, _> = [Buy, Sell]
                .into_iter()
                .flat_map(|side| exchange.levels(side).map(move |(p, s)| ((side, p.0), s.0)))
                .collect();
            prop_assert_eq!(&rebuilt, &own, "the feed's book is the exchange's");
            for &(id, _, side, price, left) in &naive.orders {
                let order = exchange.order(ExchangeOrderId(id));
                prop_assert_eq!(order.map(|o| (o.side, o.price.0, o.left.0)), Some((side, price, left)));
            }
            prop_assert_eq!(naive.orders.len(), exchange.len());
        }
    }
}
