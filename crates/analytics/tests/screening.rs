//! Screening: parts by hand, thresholds of the grades, what is not scored, and speed.

#![allow(clippy::unwrap_used)]

use rstest::rstest;
use tradewind_analytics::screening::Parts;
use tradewind_analytics::{Candidate, Grade, ScreenSettings, Screened, screen};
use tradewind_types::market::{Bar, BarInterval, BarSource, DataState, Quote};
use tradewind_types::order::UnitFraction;
use tradewind_types::{InstrumentIdx, PriceMantissa, SizeMantissa, UnixNanos};

fn bars(closes: &[i64], volume: i128) -> Vec<Bar> {
    let bar = |(at, &close): (usize, &i64)| Bar {
        instrument: InstrumentIdx(0),
        interval: BarInterval::M1,
        ts: UnixNanos::from_secs(at as u64 * 60),
        open: PriceMantissa(close),
        high: PriceMantissa(close),
        low: PriceMantissa(close),
        close: PriceMantissa(close),
        volume: SizeMantissa(volume),
        value: i128::from(close) * volume,
        trades: 1,
        open_interest: None,
        source: BarSource::Trades,
        revision: 0,
        complete: true,
        ts_init: UnixNanos::from_secs(at as u64 * 60 + 60),
    };
    closes.iter().enumerate().map(bar).collect()
}

fn quote(bid: i64, ask: i64) -> Quote {
    Quote {
        instrument: InstrumentIdx(0),
        bid: PriceMantissa(bid),
        ask: PriceMantissa(ask),
        bid_size: SizeMantissa(1),
        ask_size: SizeMantissa(1),
        ts_event: UnixNanos(0),
        ts_init: UnixNanos(0),
    }
}

fn candidate<'a>(symbol: &str, bars: &'a [Bar], quote: Quote) -> Candidate<'a> {
    Candidate {
        instrument: format!("{symbol}.KRAKEN").parse().unwrap(),
        price_scale: 2,
        size_scale: 3,
        bars,
        quote: Some(quote),
        state: DataState::Valid,
    }
}

fn parts_of(candidate: Candidate<'_>) -> Parts {
    match screen(&[candidate], &ScreenSettings::default()).remove(0) {
        Screened::Scored { parts, .. } => parts,
        Screened::NotScored { reason, .. } => panic!("{reason}"),
    }
}

fn reason_of(candidate: Candidate<'_>) -> String {
    match screen(&[candidate], &ScreenSettings::default()).remove(0) {
        Screened::NotScored { reason, .. } => reason,
        Screened::Scored { parts, .. } => panic!("{parts:?}"),
    }
}

#[test]
fn the_parts_are_as_computed_by_hand() {
    // 60 closes between 100.00 and 100.05: returns ± ln 1.0005, 30 up and 29 down.
    let closes: Vec<i64> = (0..60).map(|i| 10_000 + 5 * (i % 2)).collect();
    // 10 units a bar at about 100: 60,001.50 + … an hour.
    let tape = bars(&closes, 10_000);
    let parts = parts_of(candidate("A-USD", &tape, quote(9_995, 10_005)));
    let r = 1.0005f64.ln();
    let mean = r / 59.0;
    let sigma = ((30.0 * (r - mean).powi(2) + 29.0 * (-r - mean).powi(2)) / 59.0).sqrt() * 60f64.sqrt();
    assert_eq!(parts.volatility, UnitFraction::from_unit(sigma / 0.01));
    let value: f64 = closes.iter().map(|c| *c as f64 / 100.0 * 10.0).sum();
    assert_eq!(parts.volume, UnitFraction::from_unit((value.log10() - 4.0) / 4.0));
    // 10 bps of 20.
    assert_eq!(parts.spread, UnitFraction(500_000));
    // One step of 59.
    assert_eq!(parts.momentum, UnitFraction(16_949));
}

#[rstest]
#[case::none(10_000, 10_000, 1_000_000)]
#[case::half(9_995, 10_005, 500_000)]
#[case::at_twenty_bps(9_990, 10_010, 0)]
#[case::wider(9_900, 10_100, 0)]
fn spread_scores_from_twenty_bps_down(#[case] bid: i64, #[case] ask: i64, #[case] expected: u32) {
    let tape = bars(&[10_000; 30], 1);
    let parts = parts_of(candidate("A-USD", &tape, quote(bid, ask)));
    assert_eq!(parts.spread, UnitFraction(expected));
    assert_eq!(
        (parts.volatility, parts.momentum),
        (UnitFraction(0), UnitFraction(0)),
        "nothing moved"
    );
}

#[rstest]
#[case::below(1, 0)]
#[case::at_ten_thousand_an_hour(1_666_667, 0)]
#[case::at_a_million_an_hour(166_666_667, 500_000)]
#[case::at_a_hundred_million_an_hour(16_666_666_667, 1_000_000)]
#[case::above(1_000_000_000_000, 1_000_000)]
#[case::none_at_all(0, 0)]
fn volume_scores_by_the_logarithm_of_value_an_hour(#[case] volume: i128, #[case] expected: u32) {
    // At 0.10 a unit, a bar of one minute trades volume / 10,000.
    let tape = bars(&[10; 60], volume);
    let parts = parts_of(candidate("A-USD", &tape, quote(10, 10)));
    assert!(parts.volume.0.abs_diff(expected) <= 1, "{:?}", parts.volume);
}

#[test]
fn bars_missing_for_want_of_trades_do_not_raise_volume_or_volatility() {
    let closes: Vec<i64> = (0..40).map(|i| 10_000 + i % 2).collect();
    let dense = bars(&closes, 100_000);
    let mut sparse = dense.clone();
    sparse.iter_mut().for_each(|b| b.ts = UnixNanos(b.ts.0 * 10));
    let parts = |tape: &[Bar]| parts_of(candidate("A-USD", tape, quote(9_999, 10_001)));
    assert!(parts(&sparse).volume < parts(&dense).volume);
    assert!(parts(&sparse).volatility < parts(&dense).volatility);
}

#[test]
fn a_straight_move_has_full_momentum_either_way() {
    for step in [5, -5] {
        let closes: Vec<i64> = (0..30).map(|i| 10_000 + step * i).collect();
        let tape = bars(&closes, 1);
        assert_eq!(
            parts_of(candidate("A-USD", &tape, quote(9_999, 10_001))).momentum,
            UnitFraction(1_000_000)
        );
    }
}

#[rstest]
#[case([1_000_000, 1_000_000, 750_000, 0], 750_000, Grade::Best)]
#[case([1_000_000, 1_000_000, 749_999, 0], 750_000, Grade::Good)]
#[case([1_000_000, 1_000_000, 749_990, 0], 749_998, Grade::Good)]
#[case([1_000_000, 1_000_000, 0, 0], 600_000, Grade::Good)]
#[case([1_000_000, 999_990, 0, 0], 599_997, Grade::Fair)]
#[case([1_000_000, 0, 500_000, 500_000], 500_000, Grade::Fair)]
#[case([1_000_000, 0, 500_000, 499_990], 499_998, Grade::Poor)]
#[case([0, 0, 0, 0], 0, Grade::Poor)]
#[case([1_000_000, 1_000_000, 1_000_000, 1_000_000], 1_000_000, Grade::Best)]
fn grades_begin_exactly_at_their_thresholds(
    #[case] of_four: [u32; 4],
    #[case] score: u32,
    #[case] grade: Grade,
) {
    let [volatility, volume, spread, momentum] = of_four;
    let parts = Parts {
        volatility: UnitFraction(volatility),
        volume: UnitFraction(volume),
        spread: UnitFraction(spread),
        momentum: UnitFraction(momentum),
    };
    assert_eq!((parts.score(), parts.grade()), (UnitFraction(score), grade));
}

#[test]
fn what_lacks_data_is_not_scored_and_says_why() {
    let (few, zero, tape) = (bars(&[10_000; 19], 1), bars(&[0; 30], 1), bars(&[10_000; 30], 1));
    let good = quote(9_999, 10_001);
    assert_eq!(reason_of(candidate("A", &few, good)), "19 of 20 bars");
    assert!(reason_of(candidate("A", &zero, good)).contains("prices above 0"));
    assert!(reason_of(candidate("A", &tape, quote(10_001, 9_999))).contains("cross"));
    let stale = Candidate {
        state: DataState::Stale,
        ..candidate("A", &tape, good)
    };
    assert_eq!(reason_of(stale), "no valid quote");
    let silent = Candidate {
        quote: None,
        ..candidate("A", &tape, good)
    };
    assert_eq!(reason_of(silent), "no valid quote");
}

#[test]
fn only_the_last_bars_are_looked_at() {
    let mut closes: Vec<i64> = (0..500).map(|i| 10_000 + 900 * (i % 2)).collect();
    closes.extend([10_000; 60]);
    let tape = bars(&closes, 1);
    assert_eq!(
        parts_of(candidate("A", &tape, quote(9_999, 10_001))).volatility,
        UnitFraction(0)
    );
}

#[test]
fn the_best_come_first_and_the_unscored_last() {
    let still = bars(&[10_000; 30], 1);
    let lively: Vec<i64> = (0..30).map(|i| 10_000 + 60 * i).collect();
    let lively = bars(&lively, 1_000_000);
    let short = bars(&[10_000; 3], 1);
    let all = [
        candidate("SHORT", &short, quote(9_999, 10_001)),
        candidate("STILL-B", &still, quote(9_999, 10_001)),
        candidate("STILL-A", &still, quote(9_999, 10_001)),
        candidate("LIVELY", &lively, quote(9_999, 10_001)),
    ];
    let order: Vec<String> = screen(&all, &ScreenSettings::default())
        .iter()
        .map(|s| s.instrument().symbol.to_string())
        .collect();
    assert_eq!(order, ["LIVELY", "STILL-A", "STILL-B", "SHORT"]);
}

#[test]
fn a_hundred_instruments_are_screened_at_once() {
    let closes: Vec<i64> = (0..1_000).map(|i| 10_000 + (i * 7_919) % 101).collect();
    let tape = bars(&closes, 1_000);
    let all: Vec<Candidate<'_>> = (0..100)
        .map(|at| candidate(&format!("S{at}"), &tape, quote(9_999, 10_001)))
        .collect();
    let begin = std::time::Instant::now();
    let found = screen(&all, &ScreenSettings::default());
    // A figure to look at: machines are shared, so nothing is asserted of it.
    println!("100 instruments screened in {:?}", begin.elapsed());
    assert_eq!(found.iter().filter(|s| s.score().is_some()).count(), 100);
}
