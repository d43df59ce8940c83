//! The set as a whole: determinism, no look-ahead, revisions, warm-up, incomplete bars.

#![allow(clippy::unwrap_used)]

mod bars;

use bars::{SCALES, bar, closes, random};
use proptest::prelude::*;
use tradewind_indicators::{IndicatorSpec, Scales};
use tradewind_strategy::{
    Decision, FastScalping, Ignored, OVERLAYS, SetError, Step, StrategySet, overlay, overlays,
};
use tradewind_types::market::{Bar, BarInterval};
use tradewind_types::signal::Opinion;

fn fresh() -> StrategySet {
    StrategySet::scalping(BarInterval::S10, SCALES)
}

fn run(tape: &[Bar]) -> Vec<Decision> {
    let mut set = fresh();
    tape.iter()
        .filter_map(|bar| set.on_closed_bar(bar).decision())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_same_bars_give_the_same_decisions(tape in random(0..80)) {
        prop_assert_eq!(run(&tape), run(&tape));
    }

    #[test]
    fn decisions_do_not_depend_on_bars_that_come_later(tape in random(1..80), cut in 0.0f64..1.0) {
        let cut = (tape.len() as f64 * cut) as usize;
        prop_assert_eq!(&run(&tape)[..cut], &run(&tape[..cut])[..]);
    }

    #[test]
    fn warming_up_leads_to_the_state_of_having_traded(tape in random(1..80), cut in 0.0f64..1.0) {
        let cut = (tape.len() as f64 * cut) as usize;
        let mut set = fresh();
        prop_assert_eq!(set.warm_up(&tape[..cut]), cut);
        let after: Vec<Decision> = tape[cut..].iter().filter_map(|b| set.on_closed_bar(b).decision()).collect();
        prop_assert_eq!(&after[..], &run(&tape)[cut..]);
    }

    #[test]
    fn bars_that_come_again_fire_nothing_and_change_nothing(tape in random(2..60), again in 0usize..60) {
        let mut set = fresh();
        let mut decisions = Vec::new();
        for (at, bar) in tape.iter().enumerate() {
            decisions.extend(set.on_closed_bar(bar).decision());
            let mut revised = tape[again % (at + 1)];
            revised.revision += 1;
            revised.close.0 += 777;
            let why = if revised.ts == bar.ts { Ignored::AlreadySeen } else { Ignored::OutOfOrder };
            prop_assert_eq!(set.on_closed_bar(&revised), Step::Ignored(why));
        }
        prop_assert_eq!(decisions, run(&tape));
    }

    #[test]
    fn overlays_show_what_the_strategies_saw(tape in random(1..60)) {
        let mut set = fresh();
        set.warm_up(&tape);
        let shown = overlays(&OVERLAYS, &tape, SCALES).unwrap();
        prop_assert_eq!(set.indicators().count(), OVERLAYS.len());
        for (spec, live) in set.indicators() {
            let overlay = shown.iter().find(|o| o.spec == *spec).unwrap();
            for output in 0..overlay.outputs().len() {
                let drawn = overlay.series.get(output, tape.len() - 1).map(f64::to_bits);
                prop_assert_eq!(live.and_then(|v| v.get(output)).map(f64::to_bits), drawn, "{}", spec);
            }
        }
    }
}

#[test]
fn a_bar_that_the_feed_did_not_cover_whole_decides_nothing_but_counts_for_later() {
    let mut tape = closes(&[10_000; 14]);
    tape[12] = bar(12, [10_100; 4], 1_000);
    tape[12].complete = false;
    tape[13] = bar(13, [10_100; 4], 1_000);
    let decisions = run(&tape);
    assert!(
        decisions[12]
            .opinions
            .iter()
            .all(|o| o.verdict.opinion == Opinion::Hold)
    );
    assert!(
        decisions[12].opinions[0]
            .verdict
            .reason
            .to_string()
            .contains("incomplete")
    );
    let after = &decisions[13].opinions[0].verdict;
    assert_eq!(after.opinion, Opinion::Buy, "{}", after.reason);
    assert!(
        after.reason.to_string().ends_with("1 bar ago"),
        "{}",
        after.reason
    );
}

#[test]
fn bars_of_another_interval_are_ignored() {
    let mut other = closes(&[10_000])[0];
    other.interval = BarInterval::M1;
    assert_eq!(
        fresh().on_closed_bar(&other),
        Step::Ignored(Ignored::OtherInterval)
    );
}

#[test]
fn the_set_says_how_much_history_it_wants_and_when_it_is_warm() {
    let mut set = fresh();
    assert_eq!(set.warm_up_bars(), 18);
    set.warm_up(&closes(&[10_000; 17]));
    assert!(!set.is_warm());
    assert_eq!(set.warm_up(&closes(&[10_000; 18])), 1, "17 of them came before");
    assert!(set.is_warm());
    assert_eq!(set.bars_seen(), 18);
}

#[test]
fn a_set_refuses_strategies_that_do_not_fit_it() {
    let of = |interval| Box::new(FastScalping::new(interval)) as Box<dyn tradewind_strategy::Strategy>;
    let twice = StrategySet::new(
        BarInterval::S10,
        SCALES,
        vec![of(BarInterval::S10), of(BarInterval::S10)],
    );
    assert_eq!(twice.unwrap_err(), SetError::Twice("fast_scalping".to_owned()));
    let other = StrategySet::new(BarInterval::M1, SCALES, vec![of(BarInterval::S10)]).unwrap_err();
    assert_eq!(
        other.to_string(),
        "strategy fast_scalping wants bars of 10s, the set has 1m"
    );
}

#[test]
fn overlays_take_any_registered_id_and_refuse_others() {
    let tape = closes(&[10_000; 40]);
    let rsi = overlay("RSI", &tape, SCALES).unwrap();
    assert_eq!(
        (rsi.spec.id(), rsi.on_price(), rsi.outputs()),
        ("RSI_14", false, &["rsi"][..])
    );
    assert_eq!(rsi.series.get(0, 13), None);
    assert_eq!(rsi.series.get(0, 14), Some(50.0));
    assert!(overlay("BBANDS_10_2", &tape, SCALES).unwrap().on_price());
    assert!(overlay("MAGIC_3", &tape, SCALES).is_err());
    assert_eq!(overlay("VWAP", &[], SCALES).unwrap().series.len(), 0);
}

#[test]
fn the_traded_value_of_a_bar_makes_its_vwap_exact() {
    let mut exact = bar(0, [10_000, 10_100, 9_900, 10_000], 3_000);
    exact.value = 3_000 * 10_050;
    let mut candle = exact;
    candle.value = 0;
    let vwap = |b: Bar| overlay("VWAP", &[b], SCALES).unwrap().series.get(0, 0).unwrap();
    assert!((vwap(exact) - 100.5).abs() < 1e-12);
    assert!(
        (vwap(candle) - 100.0).abs() < 1e-12,
        "a candle without a value: typical price"
    );
}

#[test]
fn scales_of_eighteen_decimals_fit() {
    let scales = Scales { price: 9, size: 18 };
    let mut tiny = bar(0, [1_234_567; 4], 1_000_000_000_000_000_000);
    tiny.value = 1_234_567 * 1_000_000_000_000_000_000;
    let vwap = overlay("VWAP", &[tiny], scales)
        .unwrap()
        .series
        .get(0, 0)
        .unwrap();
    assert!((vwap - 0.001_234_567).abs() < 1e-15);
    assert_eq!(IndicatorSpec::parse("VWAP").unwrap().warm_up_bars(), 1);
}
