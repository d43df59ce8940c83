//! Every function of TA-Lib against its C library, on the synthetic series and on real bars. Golden values by
//! `tools/truth/ta_lib.py`, and by `tools/truth/ta_lib_newer.py` for what that library has not yet.

#![allow(clippy::unwrap_used)]

mod shared;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use tradewind_indicators::{BarInput, Columns, IndicatorSpec, registry};

/// Number of values, first row with one, sum, sum weighted by row, values at some rows.
type Output = (usize, i64, f64, f64, Vec<Option<f64>>);

#[derive(Deserialize)]
struct Golden {
    bars: usize,
    rows: Vec<usize>,
    series: BTreeMap<String, Vec<Output>>,
}

fn golden(text: &str) -> Golden {
    serde_json::from_str(text).unwrap()
}

/// Equal to 1e-9 relative. Figures that cancel to nearly nothing (an oscillator at zero) to 1e-9 of `scale`, the mean
/// size of the output's figures, times a thousandth.
fn close_enough(ours: f64, truth: f64, scale: f64) -> bool {
    (ours - truth).abs() <= 1e-9 * truth.abs().max(1e-3 * scale)
}

/// What differs, one line per output.
fn differences(bars: &[BarInput], golden: &Golden) -> Vec<String> {
    assert_eq!(bars.len(), golden.bars);
    let columns: Columns = bars.iter().copied().collect();
    let mut found = Vec::new();
    for (id, outputs) in &golden.series {
        let spec = IndicatorSpec::parse(id).unwrap();
        let series = spec.batch(&columns.view()).unwrap();
        assert_eq!(series.columns().len(), outputs.len(), "{id}");
        for (output, (count, first, sum, weighted, samples)) in outputs.iter().enumerate() {
            let values: Vec<Option<f64>> = (0..bars.len()).map(|at| series.get(output, at)).collect();
            let there = || values.iter().enumerate().filter_map(|(at, v)| v.map(|v| (at, v)));
            let total: f64 = there().map(|(_, v)| v).sum();
            let size: f64 = there().map(|(_, v)| v.abs()).sum();
            let weight = |at: usize| 1.0 + (at % 97) as f64 / 97.0;
            let total_weighted: f64 = there().map(|(at, v)| v * weight(at)).sum();
            let scale = size / (*count).max(1) as f64;
            let begins = there().next().map_or(-1, |(at, _)| at as i64);
            let mut say = |what: &str, ours: String, truth: String| {
                found.push(format!("{id} output {output}: {what} ours {ours}, truth {truth}"));
            };
            if (there().count(), begins) != (*count, *first) {
                say(
                    "count, first",
                    format!("{}, {begins}", there().count()),
                    format!("{count}, {first}"),
                );
            }
            // A sum is as good as its terms.
            if !close_enough(total, *sum, size * 1e3) {
                say("sum", total.to_string(), sum.to_string());
            }
            if !close_enough(total_weighted, *weighted, size * 1e3) {
                say("weighted sum", total_weighted.to_string(), weighted.to_string());
            }
            for (row, truth) in golden.rows.iter().zip(samples) {
                let equal = match (values[*row], truth) {
                    (None, None) => true,
                    (Some(ours), Some(truth)) => close_enough(ours, *truth, scale),
                    _ => false,
                };
                if !equal {
                    say(
                        &format!("row {row}"),
                        format!("{:?}", values[*row]),
                        format!("{truth:?}"),
                    );
                }
            }
        }
    }
    found
}

fn agrees(bars: &[BarInput], golden: &Golden) {
    let found = differences(bars, golden);
    assert!(
        found.is_empty(),
        "{} differences:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn every_function_equals_the_c_library_on_the_synthetic_series() {
    agrees(
        &shared::synthetic(),
        &golden(include_str!("golden/ta_lib.synthetic.json")),
    );
}

#[test]
fn every_function_equals_the_c_library_on_spy_daily_bars() {
    let Some(bars) = shared::bars("SPY.US.1d.csv.gz") else {
        println!("skipped: no shared data (TRADEWIND_TEST_DATA)");
        return;
    };
    agrees(&bars, &golden(include_str!("golden/ta_lib.spy.json")));
}

#[test]
fn every_function_equals_the_c_library_on_btc_perp_minutes() {
    let Some(bars) = shared::bars("BTC-PERP.FTX.1m.csv.gz") else {
        println!("skipped: no shared data (TRADEWIND_TEST_DATA)");
        return;
    };
    agrees(&bars, &golden(include_str!("golden/ta_lib.btc.json")));
}

#[test]
fn every_function_that_needs_no_volume_equals_the_c_library_on_nifty_minutes() {
    let Some(bars) = shared::bars("NIFTY.NSE.1m.csv.gz") else {
        println!("skipped: no shared data (TRADEWIND_TEST_DATA)");
        return;
    };
    agrees(&bars, &golden(include_str!("golden/ta_lib.nifty.json")));
}

#[test]
fn functions_that_the_c_library_has_not_yet_equal_their_definitions() {
    agrees(
        &shared::synthetic(),
        &golden(include_str!("golden/ta_lib_newer.synthetic.json")),
    );
    let real = [
        ("SPY.US.1d.csv.gz", include_str!("golden/ta_lib_newer.spy.json")),
        (
            "BTC-PERP.FTX.1m.csv.gz",
            include_str!("golden/ta_lib_newer.btc.json"),
        ),
    ];
    for (file, text) in real {
        match shared::bars(file) {
            Some(bars) => agrees(&bars, &golden(text)),
            None => println!("skipped {file}: no shared data (TRADEWIND_TEST_DATA)"),
        }
    }
}

#[test]
fn every_function_of_the_library_has_a_truth() {
    let known = [
        include_str!("golden/ta_lib.synthetic.json"),
        include_str!("golden/ta_lib_newer.synthetic.json"),
    ];
    let covered: BTreeSet<String> = known
        .iter()
        .flat_map(|text| golden(text).series.into_keys())
        .map(|id| IndicatorSpec::parse(&id).unwrap().definition().name.to_owned())
        .collect();
    let missing: Vec<&str> = registry::all()
        .filter(|d| d.ta_lib.is_some() && !covered.contains(d.name))
        .map(|d| d.name)
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn a_wrong_figure_is_noticed() {
    let bars = shared::synthetic();
    let mut wrong = golden(include_str!("golden/ta_lib.synthetic.json"));
    wrong.series.retain(|id, _| id == "RSI_14" || id == "CDLDOJI");
    assert_eq!(wrong.series.len(), 2);
    for outputs in wrong.series.values_mut() {
        outputs[0].2 *= 1.0 + 1e-8;
        outputs[0].4[20] = outputs[0].4[20].map(|value| (value + 1e-4) * (1.0 + 1e-8));
    }
    assert_eq!(differences(&bars, &wrong).len(), 4);
}

#[test]
fn every_function_of_the_library_is_registered_or_is_vector_arithmetic() {
    let arithmetic =
        "ACOS ASIN ATAN CEIL COS COSH EXP FLOOR LN LOG10 SIN SINH SQRT TAN TANH ADD SUB MULT DIV";
    let arithmetic: BTreeSet<&str> = arithmetic.split(' ').collect();
    let registered: BTreeSet<&str> = registry::all().filter_map(|d| d.ta_lib).collect();
    let functions: BTreeSet<&str> = ta_lib::abstract_api::funcs().map(|f| f.name).collect();
    let missing: Vec<&&str> = functions
        .iter()
        .filter(|name| !registered.contains(**name) && !arithmetic.contains(**name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(
        registered.iter().filter(|name| name.starts_with("CDL")).count(),
        61
    );
    assert_eq!(registered.len(), functions.len() - arithmetic.len());
}
