//! Laws of stops, icebergs and changes under random markets and prints.

mod rig;

use std::collections::BTreeMap;

use proptest::prelude::*;
use rig::{Rig, at, dec, post_only, price, stop, stop_limit, trailing};
use tradewind_matching::paper::{OrderChange, QueueModel, ReportKind};
use tradewind_types::{Decimal, OrderKind, Quantity, Side, TimeInForce};

#[derive(Clone, Debug)]
enum Step {
    Order {
        side: Side,
        kind: OrderKind,
        tif: u8,
        quantity: i64,
        display: Option<i64>,
    },
    Change {
        order: u32,
        quantity: Option<i64>,
        price: Option<i64>,
        trigger: Option<i64>,
    },
    Cancel(u32),
    Show {
        middle: i64,
        sizes: [i128; 6],
    },
    Print {
        price: i64,
        size: i128,
    },
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let side = prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let level = || 92..109i64;
    let kind = prop_oneof![
        1 => Just(OrderKind::Market),
        3 => level().prop_map(at),
        1 => level().prop_map(post_only),
        3 => level().prop_map(stop),
        3 => (level(), level(), any::<bool>()).prop_map(|(t, p, post)| stop_limit(t, p, post)),
        2 => (1..6i64, prop::option::of(level())).prop_map(|(offset, from)| trailing(offset, from)),
    ];
    prop_oneof![
        7 => (side, kind, 0..5u8, 1..15i64, prop::option::of(1..6i64)).prop_map(
            |(side, kind, tif, quantity, display)| Step::Order { side, kind, tif, quantity, display }
        ),
        2 => (1..30u32, prop::option::of(1..15i64), prop::option::of(level()), prop::option::of(level()))
            .prop_map(|(order, quantity, price, trigger)| Step::Change { order, quantity, price, trigger }),
        1 => (1..30u32).prop_map(Step::Cancel),
        6 => (96..105i64, prop::array::uniform6(0..12i128)).prop_map(|(middle, sizes)| Step::Show { middle, sizes }),
        4 => (92..109i64, 1..15i128).prop_map(|(price, size)| Step::Print { price, size }),
        3 => (1..40u64).prop_map(Step::Pass),
    ]
}

fn carry_out(rig: &mut Rig, step: &Step) -> String {
    match step {
        Step::Order {
            side,
            kind,
            tif,
            quantity,
            display,
        } => {
            let tif = match tif {
                0 => TimeInForce::Ioc,
                1 => TimeInForce::Fok,
                2 => TimeInForce::Gtd {
                    until: rig.now.plus(200),
                },
                _ => TimeInForce::Gtc,
            };
            let mut order = rig.order(*side, *kind, tif, *quantity);
            order.request.terms.display = display.and_then(|d| Quantity::new(dec(d)).ok());
            rig.venue.submit(order, rig.now);
            String::new()
        }
        Step::Change {
            order,
            quantity,
            price: to,
            trigger,
        } => {
            let change = OrderChange {
                quantity: quantity.and_then(|q| Quantity::new(dec(q)).ok()),
                price: to.map(price),
                trigger: trigger.map(price),
                display: None,
            };
            let (account, id) = ("acc".parse().expect("an account"), format!("o{order}"));
            let id = id.parse().expect("an id");
            rig.venue.modify(&account, &id, change, rig.now);
            String::new()
        }
        Step::Cancel(n) => {
            rig.cancel(&format!("o{n}"));
            String::new()
        }
        Step::Show { middle, sizes } => {
            let side = |sign: i64, sizes: &[i128]| -> Vec<(i64, i128)> {
                let levels = (1i64..).zip(sizes).map(|(n, size)| (middle + sign * n, *size));
                levels.filter(|(_, size)| *size > 0).collect()
            };
            rig.show(&side(-1, &sizes[..3]), &side(1, &sizes[3..]))
        }
        Step::Print { price, size } => rig.print(*price, *size, None),
        Step::Pass(ns) => rig.pass(*ns),
    }
}

/// What a look-on knows of an order.
#[derive(Clone, Debug)]
struct Known {
    side: Side,
    quantity: Decimal,
    limit: Option<Decimal>,
    trigger: Option<Decimal>,
    is_stop: bool,
    triggered: bool,
    filled: Decimal,
    ended: bool,
}

fn known(rig_orders: &[Step]) -> BTreeMap<String, Known> {
    let mut orders = BTreeMap::new();
    for step in rig_orders {
        let Step::Order {
            side, kind, quantity, ..
        } = step
        else {
            continue;
        };
        let (limit, trigger) = match kind {
            OrderKind::Limit { price, .. } => (Some(price.decimal()), None),
            OrderKind::StopMarket { trigger } => (None, Some(trigger.decimal())),
            OrderKind::StopLimit { trigger, price, .. } => (Some(price.decimal()), Some(trigger.decimal())),
            _ => (None, None),
        };
        let known = Known {
            side: *side,
            quantity: dec(*quantity),
            limit,
            trigger,
            is_stop: !matches!(kind, OrderKind::Market | OrderKind::Limit { .. }),
            triggered: false,
            filled: Decimal::ZERO,
            ended: false,
        };
        orders.insert(format!("o{}", orders.len() + 1), known);
    }
    orders
}

fn check(rig: &Rig, from: usize, orders: &mut BTreeMap<String, Known>) -> Result<(), TestCaseError> {
    for report in &rig.log[from..] {
        let id = report.client_order_id.to_string();
        let Some(order) = orders.get_mut(&id) else {
            continue;
        };
        let harmless = matches!(
            report.kind,
            ReportKind::CancelRejected | ReportKind::ModifyRejected { .. }
        );
        prop_assert!(harmless || !order.ended, "{} lives after its end", id);
        match &report.kind {
            ReportKind::TriggerMoved { trigger } => {
                let level = trigger.decimal();
                let ratchets = order.trigger.is_none_or(|old| match order.side {
                    Side::Buy => level < old,
                    Side::Sell => level > old,
                });
                prop_assert!(ratchets && !order.triggered, "{} went back to {}", id, level);
                order.trigger = Some(level);
            }
            ReportKind::Triggered => {
                prop_assert!(order.is_stop && !order.triggered);
                order.triggered = true;
                let best = match order.side {
                    Side::Buy => rig.world.asks.first().map(|(p, _)| dec(p.0)),
                    Side::Sell => rig.world.bids.first().map(|(p, _)| dec(p.0)),
                };
                // A trailing level can be a tenth of its offset beyond what was told.
                let level = order.trigger.expect("a level");
                let reached = best.is_some_and(|best| match order.side {
                    Side::Buy => best >= level - dec(1),
                    Side::Sell => best <= level + dec(1),
                });
                prop_assert!(reached, "{} fired at {:?} for {}", id, best, level);
            }
            ReportKind::Modified {
                quantity,
                price,
                trigger,
                ..
            } => {
                order.quantity = quantity.decimal();
                order.limit = price.map_or(order.limit, |p| Some(p.decimal()));
                order.trigger = trigger.map_or(order.trigger, |t| Some(t.decimal()));
                prop_assert!(order.filled <= order.quantity);
                order.ended = order.filled == order.quantity;
            }
            ReportKind::Filled {
                quantity,
                price,
                taker,
                ..
            } => {
                prop_assert!(
                    !order.is_stop || order.triggered,
                    "{} filled before its trigger",
                    id
                );
                order.filled += quantity.decimal();
                prop_assert!(order.filled <= order.quantity, "{} overfilled", id);
                if let Some(limit) = order.limit {
                    let good = match order.side {
                        Side::Buy => price.decimal() <= limit,
                        Side::Sell => price.decimal() >= limit,
                    };
                    prop_assert!(good, "{} at {} beyond {}", id, price, limit);
                    prop_assert!(*taker || price.decimal() == limit, "a maker fills at his price");
                }
                order.ended = order.filled == order.quantity;
            }
            ReportKind::Canceled { .. } | ReportKind::Rejected { .. } | ReportKind::Expired => {
                order.ended = true;
            }
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(768))]

    #[test]
    fn stops_icebergs_and_changes_keep_the_laws_and_the_same_inputs_give_the_same_reports(
        steps in prop::collection::vec(step(), 1..100),
        queue in prop_oneof![Just(QueueModel::Off), Just(QueueModel::BehindDisplayed)],
    ) {
        let (mut rig, mut twin) = (Rig::new(queue), Rig::new(queue));
        let mut orders = known(&steps);
        for step in &steps {
            let from = rig.log.len();
            let told = carry_out(&mut rig, step);
            prop_assert_eq!(told, carry_out(&mut twin, step));
            check(&rig, from, &mut orders)?;
            if let Step::Print { size, .. } = step {
                for side in [Side::Buy, Side::Sell] {
                    let makers = rig.log[from..].iter().filter_map(|r| match (&r.kind, &r.fill_of) {
                        (ReportKind::Filled { quantity, taker: false, .. }, Some(of)) if of.side == side => {
                            Some(quantity.decimal())
                        }
                        _ => None,
                    });
                    prop_assert!(makers.sum::<Decimal>() <= Decimal::from(*size), "more than was printed");
                }
            }
        }
        let from = rig.log.len();
        rig.pass(1_000);
        check(&rig, from, &mut orders)?;
        for (id, left) in rig.venue.open_orders(&"acc".parse().expect("an account")) {
            let order = &orders[id.as_str()];
            prop_assert!(!order.ended, "{} is open and ended", id);
            prop_assert_eq!(left, Some(order.quantity - order.filled));
        }
    }
}
