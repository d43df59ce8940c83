//! Laws of the figures of returns.

use proptest::prelude::*;
use tradewind_analytics::returns::calendar::{Span, by_span};
use tradewind_analytics::returns::drawdown::{drawdown_series, drawdowns, max_drawdown};
use tradewind_analytics::returns::performance::{omega, sharpe, sortino, total_return, volatility};
use tradewind_analytics::returns::rolling::{rolling_beta, rolling_sharpe};
use tradewind_analytics::returns::tail::{cvar_historical, var_historical};
use tradewind_analytics::returns::wins::profit_factor;
use tradewind_analytics::returns::{Conventions, ReturnSeries, ReturnStatistics, benchmark};

use crate::build::{returns, series};

fn close(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
        (a, b) => a.is_none() && b.is_none(),
    }
}

proptest! {
    #[test]
    fn wealth_compounds_over_any_cut(values in returns(2..80), at in 0_usize..80) {
        let (a, b) = values.split_at(at.min(values.len() - 1).max(1));
        let product = (1.0 + total_return(a).unwrap()) * (1.0 + total_return(b).unwrap()) - 1.0;
        prop_assert!(close(total_return(&values), Some(product)));
    }

    #[test]
    fn ratios_do_not_depend_on_leverage_and_volatility_is_proportional(values in returns(3..80), by in 0.1_f64..5.0) {
        let c = Conventions::default();
        let scaled: Vec<f64> = values.iter().map(|r| r * by).collect();
        prop_assert!(close(sharpe(&values, &c), sharpe(&scaled, &c)));
        prop_assert!(close(sortino(&values, &c), sortino(&scaled, &c)));
        prop_assert!(close(volatility(&values, &c).map(|v| v * by), volatility(&scaled, &c)));
    }

    #[test]
    fn omega_without_a_threshold_is_the_profit_factor(values in returns(2..80)) {
        prop_assert!(close(omega(&values, &Conventions::default()), profit_factor(&values)));
    }

    #[test]
    fn drawdowns_cover_exactly_what_is_below_a_high(values in returns(1..80)) {
        let depths = drawdown_series(&values);
        prop_assert!(depths.iter().all(|d| (-1.0..=0.0).contains(d)));
        let all = drawdowns(&series(&values));
        let under: usize = all.iter().map(|d| d.periods).sum();
        prop_assert_eq!(under, depths.iter().filter(|d| **d < 0.0).count());
        let deepest = all.iter().map(|d| d.depth).fold(0.0, f64::min);
        prop_assert!(close(max_drawdown(&values), Some(deepest)));
        for pair in all.windows(2) {
            prop_assert!(pair[0].recovery.is_some_and(|at| at < pair[1].start));
        }
        for d in &all {
            prop_assert!(d.start <= d.trough && d.trough <= d.end && d.periods_to_trough <= d.periods);
        }
    }

    #[test]
    fn months_and_years_compound_to_the_whole(values in returns(1..500)) {
        let series = series(&values);
        for span in [Span::Day, Span::Month, Span::Year] {
            let parts: Vec<f64> =
                by_span(&series, span, &Conventions::default()).iter().map(|p| p.value).collect();
            prop_assert!(close(total_return(&parts), total_return(&values)));
        }
    }

    #[test]
    fn the_tail_is_ordered(values in returns(1..200)) {
        let at = |c| var_historical(&values, c).unwrap();
        prop_assert!(at(0.99) <= at(0.95) && at(0.95) <= at(0.5));
        prop_assert!(cvar_historical(&values, 0.95).unwrap() <= at(0.95));
    }

    #[test]
    fn a_levered_benchmark_has_its_leverage_as_beta(values in returns(3..80), by in -3.0_f64..3.0, more in -0.01_f64..0.01) {
        prop_assume!(values.iter().any(|r| (r - values[0]).abs() > 1e-3));
        let levered: Vec<f64> = values.iter().map(|r| by * r + more).collect();
        prop_assert!(close(benchmark::beta(&levered, &values), Some(by)));
        let c = Conventions::default();
        let alpha = benchmark::alpha(&levered, &values, &c).unwrap();
        prop_assert!((alpha - more * 252.0).abs() < 1e-8);
        let rolled = rolling_beta(&levered, &values, values.len());
        prop_assert!(close(*rolled.last().unwrap(), Some(by)));
    }

    #[test]
    fn a_window_as_long_as_the_series_gives_the_whole_figure(values in returns(2..60)) {
        let c = Conventions { rolling_window: values.len(), ..Conventions::default() };
        prop_assert!(close(*rolling_sharpe(&values, &c).last().unwrap(), sharpe(&values, &c)));
    }

    #[test]
    fn returns_of_equity_bring_the_equity_back(values in returns(1..80)) {
        let mut equity = vec![1_000.0];
        for r in &values {
            equity.push(equity.last().unwrap() * (1.0 + r));
        }
        let stamps: Vec<_> = (0..equity.len() as u64).map(tradewind_types::UnixNanos).collect();
        let series = ReturnSeries::from_equity(&stamps, &equity).unwrap();
        for (a, b) in series.values().iter().zip(&values) {
            prop_assert!((a - b).abs() < 1e-12);
        }
    }

    #[test]
    fn every_series_has_a_summary_without_nan(values in returns(0..40)) {
        let other: Vec<f64> = values.iter().rev().copied().collect();
        let (mine, theirs) = (series(&values), series(&other));
        let c = Conventions { rolling_window: 5, ..Conventions::default() };
        let got = ReturnStatistics::compute(&mine, Some(&theirs), &c).unwrap();
        // In JSON both would be null and go unnoticed.
        let text = format!("{got:?}");
        for bad in ["NaN", "(inf", "(-inf", ": inf", ": -inf"] {
            prop_assert!(!text.contains(bad), "{}", text);
        }
    }
}

#[test]
fn a_series_of_zeros_has_totals_and_no_ratios() {
    let got =
        ReturnStatistics::compute(&series(&[0.0; 30]), None, &Conventions::default()).expect("computed");
    assert_eq!(
        (got.total_return, got.cagr, got.volatility),
        (Some(0.0), Some(0.0), Some(0.0))
    );
    assert_eq!(
        (got.sharpe, got.sortino, got.calmar, got.win_rate),
        (None, None, None, None)
    );
    assert_eq!(got.time_in_market, Some(0.0));
}

#[test]
fn conventions_out_of_range_are_an_error_and_not_a_figure() {
    let refused = ReturnStatistics::compute(&series(&[0.01]), None, &Conventions::of_periods(-1.0));
    let told = refused.expect_err("refused").to_string();
    assert_eq!(told, "periods per year is -1: a finite number above 0 is needed");
}
