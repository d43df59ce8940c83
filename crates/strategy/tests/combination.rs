//! The combination's arithmetic to exact figures, and the laws of adapting weights.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use rstest::rstest;
use tradewind_strategy::{ONE, StrategyOpinion, Verdict, WEIGHT_FLOOR, WeightError, Weights, adapt, combine};
use tradewind_types::order::UnitFraction;
use tradewind_types::signal::Opinion::{self, Buy, Hold, Sell};
use tradewind_types::{Decimal, StrategyId};

const NAMES: [&str; 3] = ["fast_scalping", "momentum_scalping", "conservative_scalping"];
const CONFIDENCE: [u32; 3] = [800_000, 900_000, 700_000];
const GATE: UnitFraction = UnitFraction(700_000);

fn id(name: &str) -> StrategyId {
    StrategyId::new(name).unwrap()
}

fn opinions(sides: [Opinion; 3]) -> Vec<StrategyOpinion> {
    let one = |at: usize| StrategyOpinion {
        strategy: id(NAMES[at]),
        verdict: Verdict {
            opinion: sides[at],
            strength: UnitFraction(if sides[at] == Hold { 0 } else { ONE }),
            confidence: UnitFraction(if sides[at] == Hold { 0 } else { CONFIDENCE[at] }),
            reason: format!("reason {at}").into(),
        },
    };
    (0..3).map(one).collect()
}

#[rstest]
#[case::all_hold([Hold, Hold, Hold], Hold, 0, 0, false)]
#[case::one_of_04_is_not_enough([Buy, Hold, Hold], Hold, 400_000, 800_000, false)]
#[case::two_agree([Buy, Buy, Hold], Buy, 800_000, 850_000, true)]
#[case::momentum_and_conservative([Hold, Sell, Sell], Sell, 600_000, 833_333, true)]
#[case::fast_and_conservative([Buy, Hold, Buy], Buy, 600_000, 766_667, true)]
#[case::all_agree([Sell, Sell, Sell], Sell, 1_000_000, 820_000, true)]
#[case::a_tie_holds([Buy, Sell, Hold], Hold, 400_000, 800_000, false)]
#[case::the_stronger_side_wins([Buy, Sell, Sell], Sell, 600_000, 833_333, true)]
fn agreement_and_confidence_are_exact(
    #[case] sides: [Opinion; 3],
    #[case] opinion: Opinion,
    #[case] agreement: u32,
    #[case] confidence: u32,
    #[case] acts: bool,
) {
    let combined = combine(&opinions(sides), &Weights::scalping(), GATE);
    assert_eq!(combined.opinion, opinion);
    assert_eq!(combined.agreement, UnitFraction(agreement));
    assert_eq!(combined.confidence, UnitFraction(confidence));
    assert_eq!(combined.acts, acts);
}

#[test]
fn agreement_of_exactly_one_half_does_not_act() {
    let weights = Weights::new(vec![
        (id(NAMES[0]), UnitFraction(500_000)),
        (id(NAMES[1]), UnitFraction(300_000)),
        (id(NAMES[2]), UnitFraction(200_000)),
    ])
    .unwrap();
    let half = combine(&opinions([Buy, Hold, Hold]), &weights, GATE);
    assert_eq!(
        (half.opinion, half.agreement, half.acts),
        (Hold, UnitFraction(500_000), false)
    );
    let weights = Weights::new(vec![
        (id(NAMES[0]), UnitFraction(500_001)),
        (id(NAMES[1]), UnitFraction(299_999)),
        (id(NAMES[2]), UnitFraction(200_000)),
    ])
    .unwrap();
    assert!(combine(&opinions([Buy, Hold, Hold]), &weights, GATE).acts);
}

#[rstest]
#[case(850_000, true)]
#[case(850_001, false)]
fn confidence_has_to_reach_the_gate_s_minimum(#[case] minimum: u32, #[case] acts: bool) {
    let combined = combine(
        &opinions([Buy, Buy, Hold]),
        &Weights::scalping(),
        UnitFraction(minimum),
    );
    assert_eq!(combined.acts, acts);
    assert_eq!(
        combined.opinion, Buy,
        "the side is named so that the gate can deny it with a reason"
    );
}

#[test]
fn the_reason_names_every_strategy_with_its_opinion_and_weight() {
    let weights = Weights::scalping();
    let reason = |sides, minimum| {
        let given = opinions(sides);
        combine(&given, &weights, minimum).reason(&given, &weights)
    };
    assert_eq!(
        reason([Buy, Buy, Hold], GATE),
        "BUY: agreement 0.80 > 0.5, confidence 0.85 ≥ 0.70; \
         fast_scalping BUY (weight 0.40, confidence 0.80): reason 0; \
         momentum_scalping BUY (weight 0.40, confidence 0.90): reason 1; \
         conservative_scalping HOLD (weight 0.20): reason 2"
    );
    let held = reason([Buy, Sell, Hold], GATE);
    let headline = "HOLD: neither side above 0.5 (buy 0.40, sell 0.40);";
    assert!(held.starts_with(headline), "{held}");
    let unsure = reason([Buy, Buy, Hold], UnitFraction(900_000));
    let headline = "BUY: agreement 0.80 > 0.5, confidence 0.85 < 0.90;";
    assert!(unsure.starts_with(headline), "{unsure}");
}

#[test]
fn nobody_to_ask_holds() {
    let combined = combine(&[], &Weights::scalping(), GATE);
    assert_eq!((combined.opinion, combined.acts), (Hold, false));
    let strangers = opinions([Buy, Buy, Buy]);
    let weights = Weights::new(vec![(id("another"), UnitFraction(ONE))]).unwrap();
    let combined = combine(&strangers, &weights, UnitFraction(0));
    assert_eq!(
        (combined.opinion, combined.acts, combined.agreement),
        (Hold, false, UnitFraction(0))
    );
}

#[test]
fn weights_that_do_not_sum_to_one_are_refused() {
    assert_eq!(Weights::new(vec![]), Err(WeightError::Empty));
    let short = Weights::new(vec![(id("a"), UnitFraction(999_999))]);
    assert_eq!(short, Err(WeightError::Sum { sum: 999_999 }));
    let twice = Weights::new(vec![(id("a"), UnitFraction(1)), (id("a"), UnitFraction(999_999))]);
    assert_eq!(twice, Err(WeightError::Twice(id("a"))));
    assert_eq!(Weights::scalping().iter().map(|(_, w)| w.0).sum::<u32>(), ONE);
}

fn r(text: &str) -> Decimal {
    tradewind_types::num::parse_decimal(text).unwrap()
}

fn adapted(weights: &Weights, results: [&[Decimal]; 3]) -> Vec<u32> {
    let adapted = adapt(weights, |who| {
        results[NAMES.iter().position(|n| *n == who.as_str()).unwrap()]
    });
    adapted.weights.iter().map(|(_, w)| w.0).collect()
}

#[test]
fn weights_move_by_the_tanh_of_mean_r() {
    // 0.4·(1+0.2·tanh 1) = 0.460927…; 0.4·(1−0.2·tanh 0.5) = 0.363031…; 0.2; each / their sum.
    let (win, loss) = ([r("1.5"), r("0.5")], [r("-0.5")]);
    let raw = [
        0.4 * (1.0 + 0.2 * 1f64.tanh()),
        0.4 * (1.0 + 0.2 * (-0.5f64).tanh()),
        0.2,
    ];
    let sum: f64 = raw.iter().sum();
    let found = adapted(&Weights::scalping(), [&win, &loss, &[]]);
    for (found, raw) in found.iter().zip(raw) {
        assert!(
            (f64::from(*found) / 1e6 - raw / sum).abs() <= 1e-6,
            "{found} {raw}"
        );
    }
    assert_eq!(found, [450_143, 354_537, 195_320]);
}

#[test]
fn without_trades_weights_stay() {
    assert_eq!(
        adapted(&Weights::scalping(), [&[], &[], &[]]),
        [400_000, 400_000, 200_000]
    );
}

#[test]
fn only_the_last_twenty_trades_count_and_are_told() {
    let mut long = vec![r("-50"); 30];
    long.extend(vec![r("0.25"); 20]);
    let adapted = adapt(&Weights::scalping(), |who| {
        if who.as_str() == NAMES[0] { &long } else { &[] }
    });
    assert_eq!(adapted.detail[0].mean_r, Some(r("0.25")));
    assert_eq!(adapted.detail[0].trades, 20);
    assert_eq!((adapted.detail[1].mean_r, adapted.detail[1].trades), (None, 0));
    assert!(adapted.detail[0].weight.0 > 400_000);
}

#[test]
fn a_strategy_that_always_loses_stays_at_the_floor() {
    let (bad, good) = (vec![r("-3"); 20], vec![r("3"); 20]);
    let mut weights = Weights::scalping();
    for _ in 0..200 {
        weights = adapt(
            &weights,
            |who| if who.as_str() == NAMES[1] { &bad } else { &good },
        )
        .weights;
    }
    assert_eq!(weights.of(&id(NAMES[1])), WEIGHT_FLOOR);
    // The other two keep their proportion of 2 : 1 in what is left.
    assert_eq!(weights.of(&id(NAMES[0])), UnitFraction(633_333));
    assert_eq!(weights.of(&id(NAMES[2])), UnitFraction(316_667));
}

fn any_weights() -> impl Strategy<Value = Weights> {
    prop::collection::vec(1u32..1_000, 1..24).prop_map(|parts| {
        let sum: u64 = parts.iter().map(|p| u64::from(*p)).sum();
        let mut left = ONE;
        let last = parts.len() - 1;
        let share = |(at, part): (usize, &u32)| {
            let weight = (u64::from(*part) * u64::from(ONE) / sum) as u32;
            let weight = if at == last { left } else { weight };
            left -= weight;
            (id(&format!("s{at}")), UnitFraction(weight))
        };
        Weights::new(parts.iter().enumerate().map(share).collect()).unwrap()
    })
}

proptest! {
    #[test]
    fn adapted_weights_sum_to_one_and_keep_the_floor(
        weights in any_weights(),
        results in prop::collection::vec(prop::collection::vec(-9_000i64..9_000, 0..25), 24),
    ) {
        let results: Vec<Vec<Decimal>> =
            results.iter().map(|rs| rs.iter().map(|r| Decimal::new(*r, 3)).collect()).collect();
        let count = weights.iter().count() as u32;
        let of = |who: &StrategyId| &results[who.as_str()[1..].parse::<usize>().unwrap()][..];
        let mut weights = weights;
        for _ in 0..5 {
            let adapted = adapt(&weights, of);
            prop_assert_eq!(adapted.weights.iter().map(|(_, w)| w.0).sum::<u32>(), ONE);
            let least = adapted.weights.iter().map(|(_, w)| w).min().unwrap();
            if count <= 20 {
                prop_assert!(least >= WEIGHT_FLOOR, "{:?}", adapted);
            } else {
                prop_assert!(least.0 >= ONE / count);
            }
            let detail: Vec<_> = adapted.detail.iter().map(|d| (&d.strategy, d.weight)).collect();
            prop_assert_eq!(detail, adapted.weights.iter().collect::<Vec<_>>());
            weights = adapted.weights;
        }
    }

    #[test]
    fn combination_is_symmetric_in_the_sides(sides in prop::array::uniform3(0u8..3), weights in any_weights()) {
        let side = |n: u8| [Buy, Sell, Hold][usize::from(n)];
        let flip = |o: Opinion| match o { Buy => Sell, Sell => Buy, Hold => Hold };
        let named: Vec<_> = weights.iter().map(|(w, _)| w.clone()).collect();
        let mut given = opinions(sides.map(side));
        for (o, name) in given.iter_mut().zip(named.iter().cycle()) {
            o.strategy = name.clone();
        }
        let mut flipped = given.clone();
        flipped.iter_mut().for_each(|o| o.verdict.opinion = flip(o.verdict.opinion));
        let (a, b) = (combine(&given, &weights, GATE), combine(&flipped, &weights, GATE));
        prop_assert_eq!(a.opinion, flip(b.opinion));
        prop_assert_eq!(a.agreement, b.agreement);
        prop_assert_eq!(a.acts, b.acts);
    }
}
