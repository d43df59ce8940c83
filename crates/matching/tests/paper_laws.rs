//! Laws of the paper venue under random markets, orders, cancels and prints.

mod rig;

use std::collections::BTreeMap;

use proptest::prelude::*;
use rig::{Rig, at, dec, post_only};
use tradewind_matching::paper::{QueueModel, ReportKind};
use tradewind_types::{OrderKind, Side, TimeInForce};

#[derive(Clone, Debug)]
enum Step {
    Order {
        side: Side,
        kind: u8,
        price: i64,
        tif: TimeInForce,
        quantity: i64,
    },
    Cancel(u32),
    Show {
        middle: i64,
        sizes: [i128; 6],
    },
    Print {
        price: i64,
        size: i128,
        aggressor: Option<Side>,
    },
    Pass(u64),
    Valid(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let side = || prop_oneof![Just(Side::Buy), Just(Side::Sell)];
    let tif = prop_oneof![
        Just(TimeInForce::Gtc),
        Just(TimeInForce::Day),
        Just(TimeInForce::Ioc),
        Just(TimeInForce::Fok)
    ];
    prop_oneof![
        6 => (side(), 0..4u8, 94..107i64, tif, 1..15i64).prop_map(|(side, kind, price, tif, quantity)| {
            Step::Order { side, kind, price, tif, quantity }
        }),
        1 => (1..40u32).prop_map(Step::Cancel),
        5 => (97..104i64, prop::array::uniform6(0..12i128)).prop_map(|(middle, sizes)| Step::Show { middle, sizes }),
        4 => (94..107i64, 1..15i128, prop::option::of(side()))
            .prop_map(|(price, size, aggressor)| Step::Print { price, size, aggressor }),
        3 => (1..40u64).prop_map(Step::Pass),
        1 => any::<bool>().prop_map(Step::Valid),
    ]
}

/// Carries a step out; the text of what was reported.
fn carry_out(rig: &mut Rig, step: &Step) -> String {
    match step {
        Step::Order {
            side,
            kind,
            price,
            tif,
            quantity,
        } => {
            let kind = match kind {
                0 => OrderKind::Market,
                1 if matches!(tif, TimeInForce::Gtc | TimeInForce::Day) => post_only(*price),
                _ => at(*price),
            };
            let order = rig.order(*side, kind, *tif, *quantity);
            rig.venue.submit(order, rig.now);
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
        Step::Print {
            price,
            size,
            aggressor,
        } => rig.print(*price, *size, *aggressor),
        Step::Pass(ns) => rig.pass(*ns),
        Step::Valid(valid) => {
            rig.world.valid = *valid;
            String::new()
        }
    }
}

/// Side, limit, quantity of the orders sent.
fn sent(steps: &[Step]) -> BTreeMap<String, (Side, Option<i64>, i64)> {
    let orders = steps.iter().filter_map(|step| match step {
        Step::Order {
            side,
            kind,
            price,
            quantity,
            ..
        } => Some((*side, (*kind != 0).then_some(*price), *quantity)),
        _ => None,
    });
    orders
        .enumerate()
        .map(|(n, order)| (format!("o{}", n + 1), order))
        .collect()
}

fn check_fills(rig: &Rig, steps: &[Step]) -> Result<(), TestCaseError> {
    let sent = sent(steps);
    let (mut filled, mut ended) = (BTreeMap::new(), BTreeMap::<String, &str>::new());
    for report in &rig.log {
        let id = report.client_order_id.to_string();
        let Some((side, limit, quantity)) = sent.get(&id) else {
            continue;
        };
        match &report.kind {
            ReportKind::Filled {
                quantity: q,
                price,
                taker,
                ..
            } => {
                prop_assert!(!ended.contains_key(&id), "{} filled after its end", id);
                let sum = filled.entry(id.clone()).or_insert(dec(0));
                *sum += q.decimal();
                prop_assert!(*sum <= dec(*quantity), "{} filled {} of {}", id, sum, quantity);
                if let Some(limit) = limit {
                    let good = match side {
                        Side::Buy => price.decimal() <= dec(*limit),
                        Side::Sell => price.decimal() >= dec(*limit),
                    };
                    prop_assert!(good, "{} filled at {} beyond {}", id, price, limit);
                    prop_assert!(
                        *taker || price.decimal() == dec(*limit),
                        "a maker fills at his price"
                    );
                }
            }
            ReportKind::Canceled { .. } | ReportKind::Rejected { .. } | ReportKind::Expired => {
                prop_assert!(ended.insert(id, "ended").is_none(), "an order ends once");
            }
            _ => {}
        }
    }
    let open = rig.venue.open_orders(&"acc".parse().expect("an account"));
    for (id, left) in open {
        let id = id.to_string();
        prop_assert!(!ended.contains_key(&id), "{} is open and ended", id);
        let done = filled.get(&id).copied().unwrap_or_default();
        let expected = sent.get(&id).map(|(.., quantity)| dec(*quantity) - done);
        prop_assert!(left.is_none() || left == expected, "{} has {:?} left", id, left);
    }
    Ok(())
}

fn queue() -> impl Strategy<Value = QueueModel> {
    prop_oneof![Just(QueueModel::Off), Just(QueueModel::BehindDisplayed)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn fills_stay_within_quantity_and_limit_and_the_same_inputs_give_the_same_reports(
        steps in prop::collection::vec(step(), 1..80),
        queue in queue(),
    ) {
        let (mut rig, mut twin) = (Rig::new(queue), Rig::new(queue));
        for step in &steps {
            let valid = rig.world.valid;
            let told = carry_out(&mut rig, step);
            prop_assert_eq!(&told, &carry_out(&mut twin, step));
            prop_assert!(valid || !told.contains('@'), "a fill on invalid data");
        }
        rig.pass(100);
        check_fills(&rig, &steps)?;
        let record = rig.venue.records().account(&"acc".parse().expect("an account"));
        let bought = rig.log.iter().filter_map(|r| match (&r.kind, &r.fill_of) {
            (ReportKind::Filled { quantity, .. }, Some(of)) if of.side == Side::Buy => Some(quantity.decimal()),
            (ReportKind::Filled { quantity, .. }, _) => Some(-quantity.decimal()),
            _ => None,
        });
        let position = record.and_then(|r| r.positions.values().next().copied()).unwrap_or_default();
        prop_assert_eq!(bought.sum::<rust_decimal::Decimal>(), position, "position = Σ fills");
    }

    #[test]
    fn from_levels_no_more_is_filled_than_was_displayed(
        steps in prop::collection::vec(step(), 1..80),
        queue in queue(),
    ) {
        let mut rig = Rig::new(queue);
        // Σ over time of what appeared at a level: its first size and every growth.
        let mut shown: BTreeMap<(bool, i64), (i128, i128)> = BTreeMap::new();
        let mut see = |rig: &Rig| {
            let now: BTreeMap<(bool, i64), i128> = rig.world.bids.iter().map(|l| (true, l))
                .chain(rig.world.asks.iter().map(|l| (false, l)))
                .map(|(bid, (price, size))| ((bid, price.0), size.0)).collect();
            for (at, (last, _)) in &mut shown {
                if !now.contains_key(at) { *last = 0; }
            }
            for (at, size) in now {
                let (last, sum) = shown.entry(at).or_default();
                *sum += (size - *last).max(0);
                *last = size;
            }
            shown.iter().map(|(at, (_, sum))| (*at, *sum)).collect::<BTreeMap<_, _>>()
        };
        let mut appeared = see(&rig);
        for step in steps.iter().filter(|s| !matches!(s, Step::Print { .. })) {
            carry_out(&mut rig, step);
            if matches!(step, Step::Show { .. }) {
                appeared = see(&rig);
            }
        }
        let total = |bid: bool| appeared.iter().filter(|((b, _), _)| *b == bid).map(|(_, s)| *s).sum::<i128>();
        let mut at_level: BTreeMap<(bool, i64), i128> = BTreeMap::new();
        let mut all = [0i128; 2];
        for report in &rig.log {
            let (ReportKind::Filled { quantity, price, taker, .. }, Some(of)) = (&report.kind, &report.fill_of) else {
                continue;
            };
            let size = i128::try_from(quantity.decimal()).expect("whole");
            let bid = of.side == Side::Sell;
            all[usize::from(bid)] += size;
            if *taker {
                *at_level.entry((bid, i64::try_from(price.decimal()).expect("whole"))).or_default() += size;
            }
        }
        for (at, filled) in at_level {
            let there = appeared.get(&at).copied().unwrap_or_default();
            prop_assert!(filled <= there, "{} of {} at {:?}", filled, there, at);
        }
        prop_assert!(all[0] <= total(false) && all[1] <= total(true), "makers use displayed size too");
    }

    #[test]
    fn of_a_print_our_orders_share_no_more_than_its_size(
        steps in prop::collection::vec(step(), 1..80),
        queue in queue(),
    ) {
        let mut rig = Rig::new(queue);
        for step in &steps {
            let before = rig.log.len();
            carry_out(&mut rig, step);
            let Step::Print { size, .. } = step else { continue };
            for side in [Side::Buy, Side::Sell] {
                let filled = rig.log[before..].iter().filter_map(|r| match (&r.kind, &r.fill_of) {
                    (ReportKind::Filled { quantity, .. }, Some(of)) if of.side == side => Some(quantity.decimal()),
                    _ => None,
                });
                prop_assert!(filled.sum::<rust_decimal::Decimal>() <= rust_decimal::Decimal::from(*size));
            }
        }
    }
}
