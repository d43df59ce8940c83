//! Every figure of a series of returns against quantstats, empyrical and scipy: `tools/truth/returns_statistics.py`.

use serde_json::Value;
use tradewind_analytics::overfitting::{
    Shape, deflated_sharpe, minimum_track_record_length, probabilistic_sharpe, probability_of_overfitting,
};
use tradewind_analytics::returns::calendar::{Span, by_span};
use tradewind_analytics::returns::drawdown::{deepest, drawdown_series, drawdowns};
use tradewind_analytics::returns::rolling::{
    rolling_beta, rolling_sharpe, rolling_sortino, rolling_volatility,
};
use tradewind_analytics::returns::{Conventions, ReturnSeries, ReturnStatistics};
use tradewind_types::UnixNanos;

const RETURNS: &str = include_str!("golden/returns.json");
const OVERFITTING: &str = include_str!("golden/overfitting.json");

/// Absolute up to 1, relative beyond.
const TOLERANCE: f64 = 1e-9;

struct Case {
    raw: Value,
    name: String,
    series: ReturnSeries,
    benchmark: Option<ReturnSeries>,
    conventions: Conventions,
}

fn cases() -> Vec<Case> {
    let golden: Value = serde_json::from_str(RETURNS).expect("golden JSON");
    let cases = golden["cases"].as_array().expect("cases").clone();
    assert!(cases.len() >= 6);
    cases.into_iter().map(case).collect()
}

fn case(raw: Value) -> Case {
    let stamps = raw["ts"].as_array().expect("ts").iter();
    let ts: Vec<UnixNanos> = stamps
        .map(|t| t.as_str().expect("text").parse().expect("a time stamp"))
        .collect();
    let series = |column: &Value| ReturnSeries::new(ts.clone(), floats(column)).expect("a series");
    Case {
        name: raw["name"].as_str().expect("name").to_owned(),
        series: series(&raw["returns"]),
        benchmark: raw.get("benchmark").map(series),
        conventions: Conventions {
            periods_per_year: raw["periods_per_year"].as_f64().expect("a number"),
            risk_free: raw["risk_free"].as_f64().expect("a number"),
            required_return: raw["required_return"].as_f64().expect("a number"),
            rolling_window: raw["window"].as_u64().expect("a number") as usize,
            drawdowns_max: 8,
            ..Conventions::default()
        },
        raw,
    }
}

fn floats(column: &Value) -> Vec<f64> {
    column
        .as_array()
        .expect("a list")
        .iter()
        .map(|v| v.as_f64().expect("a number"))
        .collect()
}

#[track_caller]
fn same(what: &str, ours: Option<f64>, theirs: &Value) {
    match (ours, theirs.as_f64()) {
        (Some(a), Some(b)) => {
            assert!(
                (a - b).abs() <= TOLERANCE * b.abs().max(1.0),
                "{what}: {a}, not {b}"
            );
        }
        (None, None) => assert!(theirs.is_null(), "{what}: {theirs}"),
        (a, b) => panic!("{what}: {a:?}, not {b:?}"),
    }
}

fn statistics(case: &Case) -> (ReturnStatistics, Value) {
    let got = ReturnStatistics::compute(&case.series, case.benchmark.as_ref(), &case.conventions);
    let got = got.expect("conventions in range");
    let json = serde_json::to_value(&got).expect("serialises");
    (got, json)
}

#[test]
fn the_figures_equal_those_of_the_libraries() {
    for case in cases() {
        let (got, json) = statistics(&case);
        let figures = case.raw["figures"].as_object().expect("figures");
        let mut compared = 0;
        for (name, theirs) in figures {
            let ours = match name.as_str() {
                "average_drawdown" => got.drawdown.average_depth,
                "average_drawdown_days" => got.drawdown.average_days,
                "longest_drawdown_days" => got.drawdown.longest_days.map(|d| d as f64),
                name => {
                    let field = name.strip_suffix("_empyrical").unwrap_or(name);
                    json.get(field)
                        .unwrap_or_else(|| panic!("no field {field}"))
                        .as_f64()
                }
            };
            same(&format!("{}: {name}", case.name), ours, theirs);
            compared += 1;
        }
        assert!(compared > 45, "{compared} figures only");
        let last = drawdown_series(case.series.values()).last().copied();
        same(&case.name, last, &case.raw["drawdown_series_last"]);
    }
}

#[test]
fn the_tails_equal_those_of_the_libraries() {
    for case in cases() {
        let (_, json) = statistics(&case);
        let (ours, theirs) = (
            json["tail"].as_array().expect("ours"),
            case.raw["tail"].as_array().expect("theirs"),
        );
        assert_eq!((ours.len(), theirs.len()), (2, 2));
        for (ours, theirs) in ours.iter().zip(theirs) {
            for (name, value) in theirs.as_object().expect("figures") {
                same(&format!("{}: {name}", case.name), ours[name].as_f64(), value);
            }
        }
    }
}

#[test]
fn months_and_years_equal_those_of_empyrical() {
    for case in cases() {
        let (got, _) = statistics(&case);
        let months = by_span(&case.series, Span::Month, &case.conventions);
        let theirs = case.raw["calendar"]["months"].as_array().expect("months");
        assert_eq!(months.len(), theirs.len());
        for (ours, theirs) in months.iter().zip(theirs) {
            assert_eq!(i64::from(ours.from.year()), theirs[0].as_i64().expect("year"));
            assert_eq!(i64::from(ours.from.month()), theirs[1].as_i64().expect("month"));
            same(&case.name, Some(ours.value), &theirs[2]);
        }
        let years = case.raw["calendar"]["years"].as_array().expect("years");
        assert_eq!(got.annual.len(), years.len());
        for ((ours, row), theirs) in got.annual.iter().zip(&got.monthly).zip(years) {
            assert_eq!(i64::from(ours.from.year()), theirs[0].as_i64().expect("year"));
            same(&case.name, Some(ours.value), &theirs[1]);
            same(&case.name, Some(row.year_return), &theirs[1]);
        }
        same(
            "best day",
            got.days.best.map(|d| d.value),
            &case.raw["calendar"]["best_day"],
        );
        same(
            "worst day",
            got.days.worst.map(|d| d.value),
            &case.raw["calendar"]["worst_day"],
        );
    }
}

#[test]
fn the_drawdown_table_equals_that_of_quantstats() {
    for case in cases() {
        let ours = deepest(drawdowns(&case.series), 8);
        let theirs = case.raw["drawdowns"].as_array().expect("drawdowns");
        assert_eq!(ours.len(), theirs.len(), "{}", case.name);
        for (ours, theirs) in ours.iter().zip(theirs) {
            same(&case.name, Some(ours.depth), &theirs["depth"]);
            assert_eq!(Some(ours.days), theirs["days"].as_u64());
            for (ts, key) in [(ours.start, "start"), (ours.trough, "trough"), (ours.end, "end")] {
                assert_eq!(
                    Some(&ts.to_rfc3339()[..10]),
                    theirs[key].as_str(),
                    "{}: {key}",
                    case.name
                );
            }
        }
    }
}

#[test]
fn the_figures_against_a_benchmark_equal_those_of_the_libraries() {
    let mut compared = 0;
    for case in cases().iter().filter(|c| c.benchmark.is_some()) {
        let (_, json) = statistics(case);
        let ours = &json["benchmark"];
        for (name, theirs) in case.raw["versus"].as_object().expect("figures") {
            let field = match name.as_str() {
                "rolling_beta" => continue,
                // quantstats leaves the rate out of alpha, ours has it: equal where it is 0.
                "alpha_without_rate" if case.conventions.risk_free.abs() > 0.0 => continue,
                "alpha_without_rate" => "alpha",
                // empyrical annualises captures by 252 here.
                "up_capture_daily_empyrical" | "down_capture_daily_empyrical"
                    if (case.conventions.periods_per_year - 252.0).abs() > 0.0 =>
                {
                    continue;
                }
                name => name.trim_end_matches("_empyrical").trim_end_matches("_daily"),
            };
            assert!(ours.get(field).is_some(), "no field {field}");
            same(&format!("{}: {name}", case.name), ours[field].as_f64(), theirs);
            compared += 1;
        }
    }
    assert!(compared > 40, "{compared} figures only");
}

#[test]
fn rolling_figures_equal_those_of_the_libraries() {
    let mut compared = 0;
    for case in cases().iter().filter(|c| !c.raw["rolling"].is_null()) {
        let (r, c) = (case.series.values(), &case.conventions);
        let every = case.raw["every"].as_u64().expect("a number") as usize;
        let mut check = |name: &str, ours: &[Option<f64>], theirs: &Value| {
            let ours: Vec<Option<f64>> = ours
                .iter()
                .skip(c.rolling_window - 1)
                .step_by(every)
                .copied()
                .collect();
            let theirs = theirs.as_array().expect("a list");
            assert_eq!(ours.len(), theirs.len(), "{}: {name}", case.name);
            for (ours, theirs) in ours.iter().zip(theirs) {
                same(&format!("{}: rolling {name}", case.name), *ours, theirs);
                compared += 1;
            }
        };
        let rolling = &case.raw["rolling"];
        check("sharpe", &rolling_sharpe(r, c), &rolling["sharpe"]);
        check("sortino", &rolling_sortino(r, c), &rolling["sortino"]);
        check("volatility", &rolling_volatility(r, c), &rolling["volatility"]);
        if let Some(benchmark) = &case.benchmark {
            let beta = rolling_beta(r, benchmark.values(), c.rolling_window);
            check("beta", &beta, &case.raw["versus"]["rolling_beta"]);
        }
    }
    assert!(compared > 200, "{compared} figures only");
}

#[test]
fn the_probability_of_overfitting_equals_that_of_plain_numpy() {
    let golden: Value = serde_json::from_str(OVERFITTING).expect("golden JSON");
    let cases = golden["pbo"].as_array().expect("cases");
    assert_eq!(cases.len(), 3);
    for case in cases {
        let trials: Vec<Vec<f64>> = case["trials"]
            .as_array()
            .expect("trials")
            .iter()
            .map(floats)
            .collect();
        let slices: Vec<&[f64]> = trials.iter().map(Vec::as_slice).collect();
        let blocks = case["blocks"].as_u64().expect("a number") as usize;
        let got = probability_of_overfitting(&slices, blocks).expect("computed");
        let theirs = &case["result"];
        same("pbo", Some(got.pbo), &theirs["pbo"]);
        same(
            "loss",
            Some(got.probability_of_loss),
            &theirs["probability_of_loss"],
        );
        same("slope", got.degradation_slope, &theirs["slope"]);
        same("intercept", got.degradation_intercept, &theirs["intercept"]);
        same("r squared", got.degradation_r_squared, &theirs["r_squared"]);
        same("in sample", got.mean_in_sample, &theirs["mean_in_sample"]);
        same(
            "out of sample",
            got.mean_out_of_sample,
            &theirs["mean_out_of_sample"],
        );
        let mut logits = got.logits.clone();
        logits.sort_unstable_by(f64::total_cmp);
        let theirs = theirs["logits_sorted"].as_array().expect("logits");
        assert_eq!(logits.len(), theirs.len());
        for (ours, theirs) in logits.iter().zip(theirs) {
            same("logit", Some(*ours), theirs);
        }
    }
}

#[test]
fn sharpe_probabilities_equal_those_of_scipy() {
    let golden: Value = serde_json::from_str(OVERFITTING).expect("golden JSON");
    let cases = golden["sharpe"].as_array().expect("cases");
    assert_eq!(cases.len(), 6);
    for case in cases {
        let number = |key: &str| case[key].as_f64().expect("a number");
        let count = |key: &str| case[key].as_u64().expect("a number") as usize;
        let shape = Shape {
            skewness: number("skewness"),
            kurtosis: number("kurtosis"),
        };
        let (sharpe, periods) = (number("sharpe"), count("periods"));
        same(
            "psr",
            probabilistic_sharpe(sharpe, 0.0, periods, shape),
            &case["psr"],
        );
        let deflated = deflated_sharpe(sharpe, periods, shape, number("variance"), count("trials"));
        same("threshold", deflated.map(|d| d.threshold), &case["threshold"]);
        same("dsr", deflated.map(|d| d.probability), &case["dsr"]);
        same(
            "length",
            minimum_track_record_length(sharpe, 0.0, shape, 0.95),
            &case["track_record"],
        );
    }
}
