//! Monte Carlo: what is certain about chance.

use proptest::prelude::*;
use tradewind_analytics::monte_carlo::{
    Growth, Method, MonteCarloError, MonteCarloSettings, simulate, simulate_trades,
};

use crate::build::{any_trades, trade};

fn settings(runs: u32, method: Method) -> MonteCarloSettings {
    MonteCarloSettings {
        runs,
        method,
        ..MonteCarloSettings::of_equity(1_000.0)
    }
}

#[test]
fn the_same_seed_gives_the_same_result_and_another_another() {
    let results = [10.0, -20.0, 30.0, -5.0, 7.0, -11.0];
    let run = |seed| {
        let settings = MonteCarloSettings {
            seed,
            ..settings(200, Method::Bootstrap { block: 2 })
        };
        simulate(&results, Growth::Additive, &settings).expect("simulated")
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).final_equity, run(8).final_equity);
}

#[test]
fn one_trade_in_four_that_loses_makes_a_quarter_of_single_draws_lose() {
    // One trade per run: the share that loses is a binomial share with p = ¼, σ = √(p(1−p)/n) = 0.0031.
    let wide = settings(20_000, Method::Bootstrap { block: 1 });
    let got = simulate(&[5.0, 5.0, 5.0, -9.0], Growth::Additive, &wide).expect("simulated");
    // Four draws: P(Σ < 0) = P(two losses or more) = 1 − ¾⁴ − 4·¼·¾³ = 0.2617.
    assert!(
        (got.probability_of_loss - 0.261_718_75).abs() < 5.0 * 0.0031,
        "{}",
        got.probability_of_loss
    );
    assert!(
        (got.final_equity.mean - 1_006.0).abs() < 0.5,
        "{}",
        got.final_equity.mean
    );
    assert_eq!((got.final_equity.min, got.final_equity.max), (964.0, 1_020.0));
}

#[test]
fn a_certain_loss_is_certain_ruin_with_its_loss_at_risk() {
    let got = simulate(
        &[-300.0, -300.0],
        Growth::Additive,
        &settings(50, Method::Shuffle),
    )
    .expect("simulated");
    let exactly = |a: f64, b: f64| (a - b).abs() < 1e-12;
    assert!(exactly(got.probability_of_loss, 1.0) && exactly(got.probability_of_ruin, 1.0));
    assert!(exactly(got.value_at_risk, 600.0) && exactly(got.conditional_value_at_risk, 600.0));
    assert!(exactly(got.max_drawdown.p50, -0.6));
    assert_eq!(got.fan.iter().map(|p| p.trade).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(exactly(got.fan[1].p50, 700.0));
}

#[test]
fn fractions_compound_and_never_fall_below_nothing() {
    let got = simulate(&[0.1, 0.1], Growth::Compound, &settings(3, Method::Shuffle)).expect("simulated");
    assert!((got.final_equity.p50 - 1_210.0).abs() < 1e-9);
    let got = simulate(&[-1.5, 0.5], Growth::Compound, &settings(3, Method::Shuffle)).expect("simulated");
    assert!(got.final_equity.max.abs() < 1e-12 && (got.max_drawdown.max + 1.0).abs() < 1e-12);
}

#[test]
fn what_cannot_be_simulated_is_refused() {
    let base = settings(10, Method::Shuffle);
    let run = |results: &[f64], s: MonteCarloSettings| simulate(results, Growth::Additive, &s);
    assert_eq!(run(&[], base), Err(MonteCarloError::NoTrades));
    assert!(matches!(
        run(&[f64::NAN], base),
        Err(MonteCarloError::NotFinite { index: 0, .. })
    ));
    let bad = [
        MonteCarloSettings { runs: 0, ..base },
        MonteCarloSettings {
            runs: 2_000_000,
            ..base
        },
        MonteCarloSettings {
            initial_equity: 0.0,
            ..base
        },
        MonteCarloSettings {
            ruin_level: 1.0,
            ..base
        },
        MonteCarloSettings {
            confidence: 1.0,
            ..base
        },
        MonteCarloSettings {
            fan_points: 1,
            ..base
        },
        MonteCarloSettings {
            method: Method::Bootstrap { block: 0 },
            ..base
        },
        MonteCarloSettings {
            method: Method::Bootstrap { block: 2 },
            ..base
        },
    ];
    for settings in bad {
        assert!(
            matches!(run(&[1.0], settings), Err(MonteCarloError::Setting { .. })),
            "{settings:?}"
        );
    }
}

#[test]
fn trades_are_drawn_in_the_order_of_their_exits() {
    let trades = [trade("a", 9, "-400"), trade("a", 1, "50")];
    // A block as long as the list keeps the order but for where it begins.
    let whole = settings(100, Method::Bootstrap { block: 2 });
    let got = simulate_trades(&trades, &whole).expect("simulated");
    let by_hand = simulate(&[50.0, -400.0], Growth::Additive, &whole).expect("simulated");
    assert_eq!(got, by_hand);
}

proptest! {
    #[test]
    fn percentiles_are_ordered_and_probabilities_are_shares(trades in any_trades(1..30), seed in any::<u64>()) {
        let settings = MonteCarloSettings {
            seed,
            ..MonteCarloSettings { runs: 50, ..MonteCarloSettings::of_equity(50_000.0) }
        };
        let got = simulate_trades(&trades, &settings).unwrap();
        prop_assert!(got.fan.iter().all(|p| p.p05 <= p.p25 && p.p25 <= p.p50 && p.p50 <= p.p75 && p.p75 <= p.p95));
        prop_assert!((0.0..=1.0).contains(&got.probability_of_loss) && (0.0..=1.0).contains(&got.probability_of_ruin));
        prop_assert!(got.max_drawdown.min >= -1.0 && got.max_drawdown.max <= 0.0);
        prop_assert!(got.conditional_value_at_risk >= got.value_at_risk - 1e-9);
        prop_assert_eq!(got.fan.first().map(|p| p.trade), Some(0));
        prop_assert_eq!(got.fan.last().map(|p| p.trade), Some(trades.len()));
    }

    #[test]
    fn an_order_does_not_change_the_sum_and_a_lower_ruin_is_rarer(trades in any_trades(1..30)) {
        let base = MonteCarloSettings { method: Method::Shuffle, runs: 40, ..MonteCarloSettings::of_equity(20_000.0) };
        let got = simulate_trades(&trades, &base).unwrap();
        prop_assert!(got.final_equity.max - got.final_equity.min < 1e-6);
        let lower = simulate_trades(&trades, &MonteCarloSettings { ruin_level: 0.1, ..base }).unwrap();
        prop_assert!(lower.probability_of_ruin <= got.probability_of_ruin);
    }
}
