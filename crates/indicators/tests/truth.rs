//! Every indicator against a library that we did not write: PyPI TA-Lib (C), session VWAP against exact
//! fractions. Golden values by `tools/truth/indicators.py`.

#![allow(clippy::unwrap_used)]

mod spy;

use std::collections::BTreeMap;

use serde::Deserialize;
use tradewind_indicators::{BarInput, Columns, IndicatorSpec, registry};
use tradewind_types::UnixNanos;

type Truth = BTreeMap<String, Vec<Vec<Option<f64>>>>;

#[derive(Deserialize)]
struct Golden {
    #[serde(default)]
    bars: Vec<(u64, u32, u32, u32, u32, u32)>,
    series: Truth,
}

fn hundredths(value: u32) -> f64 {
    f64::from(value) / 100.0
}

fn synthetic() -> (Vec<BarInput>, Truth) {
    let golden: Golden = serde_json::from_str(include_str!("golden/synthetic.json")).unwrap();
    let bar = |&(ts, open, high, low, close, volume): &(u64, u32, u32, u32, u32, u32)| {
        let (high, low, close) = (hundredths(high), hundredths(low), hundredths(close));
        let volume = f64::from(volume) / 1000.0;
        BarInput {
            ts: UnixNanos::from_secs(ts),
            open: hundredths(open),
            high,
            low,
            close,
            volume,
            value: (high + low + close) / 3.0 * volume,
        }
    };
    (golden.bars.iter().map(bar).collect(), golden.series)
}

/// Equal to 1e-9 relative; figures that cancel to nearly nothing (a MACD histogram) to 1e-9 of a tick.
fn close_enough(ours: f64, truth: f64) -> bool {
    (ours - truth).abs() <= 1e-9 * truth.abs().max(0.01)
}

fn compare(bars: &[BarInput], truth: &Truth) -> usize {
    let columns: Columns = bars.iter().copied().collect();
    let mut compared = 0;
    for (id, outputs) in truth {
        let spec = IndicatorSpec::parse(id).unwrap();
        assert_eq!(spec.id(), id);
        let batch = spec.batch(&columns.view()).unwrap();
        assert_eq!(batch.columns().len(), outputs.len(), "{id}");
        let mut streaming = spec.start();
        for (at, bar) in bars.iter().enumerate() {
            let streamed = streaming.update(bar);
            for (output, column) in outputs.iter().enumerate() {
                let truth = column[at];
                let (ours, live) = (batch.get(output, at), streamed.and_then(|v| v.get(output)));
                match (ours, live, truth) {
                    (None, None, None) => {}
                    (Some(ours), Some(live), Some(truth)) => {
                        assert!(
                            close_enough(ours, truth),
                            "{id} {output} at {at}: batch {ours}, truth {truth}"
                        );
                        assert!(
                            close_enough(live, truth),
                            "{id} {output} at {at}: live {live}, truth {truth}"
                        );
                        compared += 1;
                    }
                    other => panic!("{id} output {output} at bar {at}: batch, live, truth = {other:?}"),
                }
            }
        }
    }
    compared
}

#[test]
fn every_indicator_equals_ta_lib_on_the_synthetic_series() {
    let (bars, truth) = synthetic();
    assert_eq!(bars.len(), 420);
    assert!(compare(&bars, &truth) > 10_000);
}

#[test]
fn every_indicator_equals_ta_lib_on_spy_daily_bars() {
    let (Some(bars), Ok(path)) = (spy::bars(), std::env::var("TRADEWIND_TRUTH_SPY")) else {
        println!("skipped: needs shared data and TRADEWIND_TRUTH_SPY (see tools/truth/indicators.py)");
        return;
    };
    let golden: Golden = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert!(compare(&bars, &golden.series) > 100_000);
}

#[test]
fn streaming_equals_batch_bit_for_bit_on_spy_daily_bars() {
    let Some(bars) = spy::bars() else {
        println!("skipped: no shared data (TRADEWIND_TEST_DATA)");
        return;
    };
    let columns: Columns = bars.iter().copied().collect();
    for definition in registry::all() {
        let spec = IndicatorSpec::parse(definition.name).unwrap();
        let batch = spec.batch(&columns.view()).unwrap();
        let mut streaming = spec.start();
        for (at, bar) in bars.iter().enumerate() {
            let live = streaming.update(bar);
            for output in 0..definition.outputs.len() {
                let live = live.and_then(|v| v.get(output)).map(f64::to_bits);
                assert_eq!(live, batch.get(output, at).map(f64::to_bits), "{spec} at {at}");
            }
        }
    }
}

#[derive(Deserialize)]
struct PairCase {
    x: Vec<f64>,
    y: Vec<f64>,
    slope: f64,
    intercept: f64,
    deviation: f64,
    rate: f64,
    t: f64,
    half_life: Option<f64>,
}

#[derive(Deserialize)]
struct PairGolden {
    cases: Vec<PairCase>,
}

#[test]
fn hedge_ratio_half_life_and_engle_granger_statistic_equal_statsmodels() {
    use tradewind_indicators::regression::{ENGLE_GRANGER_5, Line, Reversion};
    let golden: PairGolden = serde_json::from_str(include_str!("golden/pairs.json")).unwrap();
    assert_eq!(golden.cases.len(), 5);
    let near = |ours: f64, truth: f64| {
        assert!(
            (ours - truth).abs() <= 1e-8 * truth.abs().max(1e-3),
            "{ours} {truth}"
        )
    };
    let mut cointegrated = 0;
    for case in &golden.cases {
        let line = Line::fit(&case.x, &case.y).unwrap();
        near(line.slope, case.slope);
        near(line.intercept, case.intercept);
        near(line.deviation, case.deviation);
        let spread: Vec<f64> = case
            .x
            .iter()
            .zip(&case.y)
            .map(|(x, y)| line.residual(*x, *y))
            .collect();
        let reversion = Reversion::of(&spread).unwrap();
        near(reversion.rate, case.rate);
        near(reversion.t, case.t);
        assert_eq!(reversion.half_life().is_some(), case.half_life.is_some());
        if let Some(truth) = case.half_life {
            near(reversion.half_life().unwrap(), truth);
        }
        cointegrated += usize::from(reversion.t <= ENGLE_GRANGER_5);
    }
    assert!(
        (1..5).contains(&cointegrated),
        "the statistic tells some from others"
    );
}
