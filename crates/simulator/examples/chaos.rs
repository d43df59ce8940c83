//! Runs seeds of the simulation test and prints what came of them: `chaos FIRST LAST [BUG]`.

use std::time::Instant;

use tradewind_simulator::chaos::{ChaosConfig, Coverage, Mutation, run_seed};

fn main() {
    let numbers: Vec<u64> = std::env::args().skip(1).filter_map(|a| a.parse().ok()).collect();
    let (first, last) = (
        numbers.first().copied().unwrap_or(1),
        numbers.get(1).copied().unwrap_or(20),
    );
    let built_in = std::env::args().nth(3).unwrap_or_default();
    let config = ChaosConfig {
        mutation: Mutation::ALL.into_iter().find(|m| format!("{m:?}") == built_in),
        ..ChaosConfig::default()
    };
    let started = Instant::now();
    let (mut coverage, mut broken, mut steps, mut orders, mut fills) = (Coverage::default(), 0, 0, 0, 0);
    for seed in first..=last {
        let report = run_seed(seed, &config);
        coverage.add(&report.coverage);
        steps += report.steps;
        orders += report.orders;
        fills += report.fills;
        if let Some(found) = &report.broken {
            broken += 1;
            if first == last {
                println!("{found}");
            } else {
                println!("seed {seed} step {}: {}", found.step, found.what);
            }
        }
    }
    let took = started.elapsed().as_secs_f64();
    println!("{}", coverage.table());
    println!(
        "{} seeds, {broken} broken, {steps} steps, {orders} orders, {fills} fills, {took:.2} s, {:.1} ms a seed",
        last - first + 1,
        took * 1e3 / (last - first + 1) as f64
    );
}
