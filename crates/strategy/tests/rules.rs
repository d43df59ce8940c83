//! Each built-in rule at, below and above its thresholds.
//!
//! A rule's verdict on each bar is compared with the rule written out over batch indicators, on tapes made to
//! cross every threshold; the thresholds themselves are hit exactly by tapes made by hand.

#![allow(clippy::unwrap_used)]

mod bars;

use bars::{SCALES, bar, closes, random};
use proptest::prelude::*;
use rstest::rstest;
use tradewind_strategy::{StrategySet, Verdict, overlay};
use tradewind_types::market::{Bar, BarInterval};
use tradewind_types::order::UnitFraction;
use tradewind_types::signal::Opinion::{self, Buy, Hold, Sell};

const FAST: usize = 0;
const MOMENTUM: usize = 1;
const CONSERVATIVE: usize = 2;

fn run(tape: &[Bar], strategy: usize) -> Vec<Verdict> {
    let mut set = StrategySet::scalping(BarInterval::S10, SCALES);
    tape.iter()
        .map(|bar| {
            set.on_closed_bar(bar)
                .decision()
                .unwrap()
                .opinions
                .swap_remove(strategy)
                .verdict
        })
        .collect()
}

fn last(tape: &[Bar], strategy: usize) -> Verdict {
    run(tape, strategy).pop().unwrap()
}

fn flat_then(flat: usize, then: &[i64]) -> Vec<Bar> {
    let mut all = vec![10_000; flat];
    all.extend_from_slice(then);
    closes(&all)
}

// Fast scalping -------------------------------------------------------------------------------------------

#[rstest]
#[case::before_the_cross(&[], Hold, 0)]
#[case::on_the_bar_of_the_cross(&[10_100], Buy, 1_000_000)]
#[case::one_bar_after(&[10_100, 10_200], Buy, 666_667)]
#[case::two_bars_after(&[10_100, 10_200, 10_300], Buy, 333_333)]
#[case::three_bars_after(&[10_100, 10_200, 10_300, 10_400], Hold, 0)]
#[case::down(&[9_900], Sell, 1_000_000)]
#[case::down_two_bars_after(&[9_900, 9_800, 9_700], Sell, 333_333)]
#[case::down_three_bars_after(&[9_900, 9_800, 9_700, 9_600], Hold, 0)]
#[case::the_latest_cross_counts(&[10_100, 9_000], Sell, 1_000_000)]
fn fast_scalping_acts_for_three_bars_after_a_cross(
    #[case] then: &[i64],
    #[case] opinion: Opinion,
    #[case] strength: u32,
) {
    let verdict = last(&flat_then(12, then), FAST);
    assert_eq!(verdict.opinion, opinion, "{}", verdict.reason);
    assert_eq!(verdict.strength, UnitFraction(strength));
    let confidence = if opinion == Hold { 0 } else { 800_000 };
    assert_eq!(verdict.confidence, UnitFraction(confidence));
}

#[test]
fn fast_scalping_says_which_averages_crossed_and_when() {
    // EMA 3 of 100, 100, …, 101, 102: 101.25; EMA 5: 100.8889 (β = 1/2 and 2/3).
    let verdict = last(&flat_then(12, &[10_100, 10_200]), FAST);
    assert_eq!(
        verdict.reason.to_string(),
        "EMA 3 (101.2500) crossed above EMA 5 (100.8889) 1 bar ago"
    );
    let verdict = last(&flat_then(12, &[]), FAST);
    assert_eq!(
        verdict.reason.to_string(),
        "EMA 3 (100.0000) did not cross EMA 5 (100.0000) within 3 bars"
    );
}

// Momentum scalping ---------------------------------------------------------------------------------------

#[test]
fn momentum_scalping_buys_when_the_fall_turns() {
    // A fall without a gain: RSI 0. The turn lifts the MACD over its signal while the fall is still recent.
    let fall: Vec<i64> = (0..24i64).map(|i| 10_000 - 3 * i * i).collect();
    let mut tape = fall.clone();
    tape.extend([*fall.last().unwrap() + 300]);
    let falling = last(&closes(&fall), MOMENTUM);
    assert_eq!(falling.opinion, Hold, "{}", falling.reason);
    let turned = last(&closes(&tape), MOMENTUM);
    assert_eq!(turned.opinion, Buy, "{}", turned.reason);
    assert_eq!(turned.confidence, UnitFraction(900_000));
    assert_eq!(turned.strength, UnitFraction(1_000_000));
    assert!(
        turned
            .reason
            .to_string()
            .starts_with("RSI 7 was 0.00 (below 30) 1 bar ago and MACD ("),
        "{}",
        turned.reason
    );
    assert!(turned.reason.to_string().contains("is above its signal"));
}

#[test]
fn momentum_scalping_sells_when_the_rise_turns() {
    let rise: Vec<i64> = (0..24i64).map(|i| 10_000 + 3 * i * i).collect();
    let mut tape = rise.clone();
    tape.extend([*rise.last().unwrap() - 300]);
    assert_eq!(last(&closes(&rise), MOMENTUM).opinion, Hold);
    let turned = last(&closes(&tape), MOMENTUM);
    assert_eq!(turned.opinion, Sell, "{}", turned.reason);
    assert!(
        turned
            .reason
            .to_string()
            .starts_with("RSI 7 was 100.00 (above 70) 1 bar ago"),
        "{}",
        turned.reason
    );
}

// Conservative scalping -----------------------------------------------------------------------------------

/// Nine quiet bars around 100.00, then one with the given range and close. Volume earlier in the day puts the
/// session VWAP where the case wants it.
fn stretched(vwap_cents: i64, [high, low, close]: [i64; 3]) -> Vec<Bar> {
    let mut tape = vec![bar(0, [vwap_cents; 4], 1_000_000_000)];
    for at in 1..12 {
        let wiggle = if at % 2 == 0 { 2 } else { -2 };
        tape.push(bar(at, [10_000, 10_010, 9_990, 10_000 + wiggle], 0));
    }
    tape.push(bar(12, [10_000, high, low, close], 0));
    tape
}

#[rstest]
#[case::below_all_three(11_000, [10_000, 9_900, 9_900], Buy)]
#[case::not_below_vwap(9_800, [10_000, 9_900, 9_900], Hold)]
#[case::at_vwap(9_900, [10_000, 9_900, 9_900], Hold)]
#[case::percent_k_below_20(11_000, [10_000, 9_900, 9_921], Buy)]
#[case::percent_k_at_20(11_000, [10_000, 9_900, 9_922], Hold)]
#[case::inside_the_band(11_000, [10_000, 9_900, 9_999], Hold)]
#[case::above_all_three(9_000, [10_100, 10_000, 10_100], Sell)]
#[case::not_above_vwap(10_200, [10_100, 10_000, 10_100], Hold)]
#[case::at_vwap_above(10_100, [10_100, 10_000, 10_100], Hold)]
#[case::percent_k_above_80(9_000, [10_100, 10_000, 10_079], Sell)]
#[case::percent_k_at_80(9_000, [10_100, 10_000, 10_078], Hold)]
fn conservative_scalping_needs_all_three_strictly(
    #[case] vwap: i64,
    #[case] last_bar: [i64; 3],
    #[case] opinion: Opinion,
) {
    let verdict = last(&stretched(vwap, last_bar), CONSERVATIVE);
    assert_eq!(verdict.opinion, opinion, "{}", verdict.reason);
    let confidence = if opinion == Hold { 0 } else { 700_000 };
    assert_eq!(verdict.confidence, UnitFraction(confidence));
}

#[test]
fn conservative_scalping_says_its_figures() {
    let verdict = last(&stretched(11_000, [10_000, 9_900, 9_900]), CONSERVATIVE);
    let reason = verdict.reason.to_string();
    assert!(
        reason.starts_with("close 99.00 is below the lower band (99."),
        "{reason}"
    );
    assert!(
        reason.ends_with("%K 0.00 is below 20, VWAP is 110.0000"),
        "{reason}"
    );
    // %K is 0, wholly past; the close is 0.497… half widths under the band (σ of the ten closes by hand).
    assert_eq!(verdict.strength, UnitFraction(748_516));
}

#[test]
fn conservative_scalping_holds_without_a_session_vwap() {
    let tape: Vec<Bar> = (0..15).map(|at| bar(at, [10_000; 4], 0)).collect();
    let verdict = last(&tape, CONSERVATIVE);
    assert_eq!(
        verdict.reason.to_string(),
        "session VWAP has no value: no volume since UTC midnight"
    );
}

#[test]
fn a_session_vwap_that_begins_after_midnight_says_so() {
    let tape: Vec<Bar> = (360..372).map(|at| bar(at, [10_000; 4], 1)).collect();
    let reason = last(&tape, CONSERVATIVE).reason.to_string();
    assert!(reason.contains("VWAP since 01:00:00Z 100.0000"), "{reason}");
}

// All -----------------------------------------------------------------------------------------------------

#[rstest]
#[case(FAST, 10)]
#[case(MOMENTUM, 18)]
#[case(CONSERVATIVE, 10)]
fn a_strategy_holds_explicitly_until_it_has_its_bars(#[case] strategy: usize, #[case] needed: usize) {
    let tape: Vec<i64> = (0..20).map(|i| 10_000 + 7 * (i % 5)).collect();
    for (at, verdict) in run(&closes(&tape), strategy).iter().enumerate() {
        if at + 1 < needed {
            assert_eq!(
                verdict.reason.to_string(),
                format!("not warm: {} of {needed} bars", at + 1)
            );
            assert_eq!(verdict.opinion, Hold);
        } else {
            assert!(
                !verdict.reason.to_string().contains("not warm"),
                "{}",
                verdict.reason
            );
            assert!(
                !verdict.reason.to_string().contains("no value"),
                "{}",
                verdict.reason
            );
        }
    }
}

/// The three rules written out over whole series.
fn by_hand(tape: &[Bar], at: usize) -> [Opinion; 3] {
    let get = |id: &str, output: usize, at: usize| overlay(id, tape, SCALES).unwrap().series.get(output, at);
    let side = |buy: bool, sell: bool| match (buy, sell) {
        (true, _) => Buy,
        (false, true) => Sell,
        _ => Hold,
    };
    let mut fast = Hold;
    for bar in at.saturating_sub(2)..=at {
        let gap = |at: usize| Some(get("EMA_3", 0, at)? - get("EMA_5", 0, at)?);
        if let (Some(before), Some(now)) = (bar.checked_sub(1).and_then(gap), gap(bar)) {
            fast = if before <= 0.0 && now > 0.0 {
                Buy
            } else if before >= 0.0 && now < 0.0 {
                Sell
            } else {
                fast
            };
        }
    }
    let rsi: Vec<f64> = (at.saturating_sub(2)..=at)
        .filter_map(|b| get("RSI_7", 0, b))
        .collect();
    let histogram = get("MACD_6_13_5", 0, at)
        .zip(get("MACD_6_13_5", 1, at))
        .map_or(0.0, |(m, s)| m - s);
    let momentum = side(
        rsi.iter().any(|r| *r < 30.0) && histogram > 0.0,
        rsi.iter().any(|r| *r > 70.0) && histogram < 0.0,
    );
    let close = tape[at].close.to_f64(SCALES.price);
    let bands = get("BBANDS_10_2", 0, at).zip(get("BBANDS_10_2", 2, at));
    let conservative = match (bands, get("STOCHF_7_3", 0, at), get("VWAP", 0, at)) {
        (Some((upper, lower)), Some(k), Some(vwap)) => side(
            close < lower && k < 20.0 && close < vwap,
            close > upper && k > 80.0 && close > vwap,
        ),
        _ => Hold,
    };
    let warm = |needed: usize, opinion| if at + 1 < needed { Hold } else { opinion };
    [warm(10, fast), warm(18, momentum), warm(10, conservative)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn streamed_opinions_equal_the_rules_recomputed_from_scratch(tape in random(1..60)) {
        let mut set = StrategySet::scalping(BarInterval::S10, SCALES);
        for (at, bar) in tape.iter().enumerate() {
            let decision = set.on_closed_bar(bar).decision().unwrap();
            let opinions: Vec<Opinion> = decision.opinions.iter().map(|o| o.verdict.opinion).collect();
            prop_assert_eq!(opinions, by_hand(&tape[..=at], at).to_vec(), "bar {}", at);
        }
    }
}

#[test]
fn random_tapes_reach_every_opinion_of_every_strategy() {
    use proptest::strategy::ValueTree as _;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut seen = [[0usize; 3]; 3];
    for _ in 0..60 {
        let tape = random(59..60).new_tree(&mut runner).unwrap().current();
        let mut set = StrategySet::scalping(BarInterval::S10, SCALES);
        for bar in &tape {
            for (who, o) in set
                .on_closed_bar(bar)
                .decision()
                .unwrap()
                .opinions
                .iter()
                .enumerate()
            {
                seen[who][o.verdict.opinion as usize] += 1;
            }
        }
    }
    assert!(seen.iter().flatten().all(|n| *n > 0), "{seen:?}");
}
