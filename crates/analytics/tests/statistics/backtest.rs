//! One struct with everything about a backtest.

use tradewind_analytics::monte_carlo::MonteCarloSettings;
use tradewind_analytics::result::{Frequency, StatisticsError};
use tradewind_analytics::returns::Conventions;
use tradewind_analytics::{BacktestStatistics, EquityCurve, StatisticsInput, StatisticsSettings};
use tradewind_types::UnixNanos;

use crate::build::{dec, trade, ts};

const HOUR_NS: u64 = 3_600_000_000_000;

/// Sixty days of hourly points that climb and fall, with something held in every other one.
fn curve() -> EquityCurve {
    let first = ts("2024-03-29T00:00:00Z");
    let points = 60 * 24 + 1_u64;
    let stamps: Vec<UnixNanos> = (0..points).map(|h| first.plus(h * HOUR_NS)).collect();
    let equity = (0..points)
        .map(|h| 10_000.0 + 3.0 * h as f64 + 400.0 * (h as f64 / 50.0).sin())
        .collect();
    let exposure = (0..points)
        .map(|h| if h % 2 == 0 { 0.0 } else { 5_000.0 })
        .collect();
    EquityCurve::new(stamps, equity, exposure).expect("a curve")
}

fn settings() -> StatisticsSettings {
    StatisticsSettings {
        conventions: Conventions {
            periods_per_year: 365.0,
            rolling_window: 20,
            ..Conventions::default()
        },
        monte_carlo: Some(MonteCarloSettings {
            runs: 100,
            ..MonteCarloSettings::of_equity(1.0)
        }),
        trial_sharpes: vec![0.05, 0.1, 0.02],
        ..StatisticsSettings::default()
    }
}

#[test]
fn everything_is_gathered_from_curve_trades_and_benchmark() {
    let trades = [trade("a", 0, "100"), trade("b", 5, "-30"), trade("a", 30, "12.5")];
    let curve = curve();
    let benchmark = curve.daily_returns(&jiff::tz::TimeZone::UTC).expect("checked");
    let input = StatisticsInput {
        curve: &curve,
        trades: &trades,
        benchmark: Some(&benchmark),
    };
    let got = BacktestStatistics::compute(&input, &settings()).expect("computed");
    assert_eq!(got.returns.periods, 60);
    assert_eq!(got.initial_equity, Some(10_000.0));
    let total = got.final_equity.expect("an end") / 10_000.0 - 1.0;
    assert!((got.returns.total_return.expect("defined") - total).abs() < 1e-12);
    let versus = got.returns.benchmark.expect("a benchmark");
    assert_eq!(versus.periods, 60);
    assert!((versus.beta.expect("spread") - 1.0).abs() < 1e-12);
    assert_eq!(got.trades.net_pnl, dec("82.5"));
    assert_eq!(got.attribution.by_strategy.len(), 2);
    assert_eq!(got.exposure.share_of_points, Some(720.0 / 1441.0));
    assert_eq!(got.deflated_sharpe.map(|d| d.trials), Some(3));
    let simulated = got.monte_carlo.as_ref().expect("asked for");
    assert!(
        (simulated.settings.initial_equity - 10_000.0).abs() < 1e-9,
        "the curve's, not the setting's"
    );
    // 6 × about 1,000 of value on about 12,000, in 60 of 365 days.
    let turnover = got.turnover_annual.expect("defined");
    assert!((turnover - 6_030.0 / mean(curve.equity()) * 365.0 / 60.0).abs() < 1e-9);
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[test]
fn the_names_in_json_stay() {
    let curve = curve();
    let benchmark = curve.daily_returns(&jiff::tz::TimeZone::UTC).expect("checked");
    let input = StatisticsInput {
        curve: &curve,
        trades: &[trade("a", 0, "1.10")],
        benchmark: Some(&benchmark),
    };
    let got = BacktestStatistics::compute(&input, &settings()).expect("computed");
    let json = serde_json::to_value(&got).expect("serialises");
    let mut names = Vec::new();
    collect("", &json, &mut names);
    names.sort();
    names.dedup();
    let golden = include_str!("../golden/names.txt");
    let expected: Vec<&str> = golden.lines().collect();
    assert_eq!(
        names, expected,
        "names once used stay; new ones are added to tests/golden/names.txt"
    );
    assert_eq!(json["trades"]["net_pnl"], "1.1", "money is text");
    assert_eq!(json["returns"]["from"], "2024-03-30T00:00:00Z");
}

/// Paths of all leaves; of a list, those of its first element.
fn collect(path: &str, value: &serde_json::Value, names: &mut Vec<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                collect(&format!("{path}.{name}"), value, names);
            }
        }
        serde_json::Value::Array(items) if !items.is_empty() => {
            collect(&format!("{path}[]"), &items[0], names)
        }
        _ => names.push(path.trim_start_matches('.').to_owned()),
    }
}

#[test]
fn a_backtest_without_trades_or_movement_has_statistics_too() {
    let first = ts("2024-01-01T00:00:00Z");
    let stamps: Vec<UnixNanos> = (0..100).map(|h| first.plus(h * HOUR_NS)).collect();
    let curve = EquityCurve::new(stamps, vec![1_000.0; 100], vec![0.0; 100]).expect("a curve");
    let input = StatisticsInput {
        curve: &curve,
        trades: &[],
        benchmark: None,
    };
    let got = BacktestStatistics::compute(&input, &settings()).expect("computed");
    assert_eq!((got.returns.total_return, got.returns.sharpe), (Some(0.0), None));
    assert_eq!((got.monte_carlo, got.deflated_sharpe), (None, None));
    assert_eq!(got.turnover_annual, Some(0.0));

    let empty = EquityCurve::new(vec![], vec![], vec![]).expect("a curve");
    let input = StatisticsInput {
        curve: &empty,
        ..input
    };
    let got = BacktestStatistics::compute(&input, &settings()).expect("computed");
    assert_eq!((got.initial_equity, got.returns.periods), (None, 0));
}

#[test]
fn points_instead_of_days_are_a_setting_and_bad_settings_are_refused() {
    let curve = curve();
    let input = StatisticsInput {
        curve: &curve,
        trades: &[],
        benchmark: None,
    };
    let mut wanted = StatisticsSettings {
        frequency: Frequency::Points,
        ..settings()
    };
    let got = BacktestStatistics::compute(&input, &wanted).expect("computed");
    assert_eq!(got.returns.periods, 1440);
    wanted.conventions.periods_per_year = f64::NAN;
    let refused = BacktestStatistics::compute(&input, &wanted);
    assert!(matches!(refused, Err(StatisticsError::Returns(_))));
}
