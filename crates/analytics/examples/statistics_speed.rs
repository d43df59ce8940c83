//! How long the statistics of a backtest take: 100,000 points of equity, 4,500 trades.
//!
//! `cargo run --release -p tradewind-analytics --example statistics_speed`

use std::time::{Duration, Instant};

use tradewind_analytics::monte_carlo::MonteCarloSettings;
use tradewind_analytics::overfitting::probability_of_overfitting;
use tradewind_analytics::trades::{Attribution, Trade, TradeStatistics};
use tradewind_analytics::{BacktestStatistics, EquityCurve, StatisticsInput, StatisticsSettings};
use tradewind_types::{Decimal, Side, SplitMix64, UnixNanos};

const POINTS: u64 = 100_000;
const TRADES: u64 = 4_500;
/// Within one measurement: the system counts CPU time in steps of milliseconds.
const REPEATS: u32 = 10;
const MINUTE_NS: u64 = 60_000_000_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut random = SplitMix64::new(1);
    let at = |minute: u64| UnixNanos(1_700_000_000_000_000_000 + minute * MINUTE_NS);
    let mut equity = vec![1e6];
    for i in 1..POINTS as usize {
        equity.push(equity[i - 1] * (1.0 + 1e-4 * random.next_normal_pair().0));
    }
    let curve = EquityCurve::new((0..POINTS).map(at).collect(), equity, vec![5e5; POINTS as usize])?;
    let mut trades = Vec::new();
    for i in 0..TRADES {
        trades.push(Trade {
            strategy: Some("ema".parse()?),
            instrument: "BTC-USD.KRAKEN".parse()?,
            side: if i % 2 == 0 { Side::Buy } else { Side::Sell },
            entry_ts: at(i * 22),
            exit_ts: at(i * 22 + 20),
            quantity: Decimal::ONE,
            entry_value: Decimal::new(6_000_000, 2),
            exit_value: Decimal::new(6_000_100, 2),
            pnl: Decimal::new(random.below(20_000) as i64 - 10_000, 2),
            fees: Decimal::new(125, 2),
            r: Some(random.next_f64() - 0.5),
            mae: None,
            mfe: None,
            bars_held: 20,
        });
    }
    let input = StatisticsInput {
        curve: &curve,
        trades: &trades,
        benchmark: None,
    };
    let plain = StatisticsSettings::default();
    report("statistics", || {
        BacktestStatistics::compute(&input, &plain).map(drop)
    })?;
    report("  of it the trades", || {
        TradeStatistics::compute(&trades).map(drop)
    })?;
    report("  of it the attribution", || {
        Attribution::compute(&trades, &jiff::tz::TimeZone::UTC).map(drop)
    })?;
    report("  of it the daily returns", || {
        curve.daily_returns(&jiff::tz::TimeZone::UTC).map(drop)
    })?;
    let simulated = StatisticsSettings {
        monte_carlo: Some(MonteCarloSettings::of_equity(1.0)),
        ..StatisticsSettings::default()
    };
    report("statistics with 1,000 Monte Carlo runs", || {
        BacktestStatistics::compute(&input, &simulated).map(drop)
    })?;
    let tries: Vec<Vec<f64>> = (0..100)
        .map(|_| (0..1_000).map(|_| random.next_normal_pair().0 * 0.01).collect())
        .collect();
    let slices: Vec<&[f64]> = tries.iter().map(Vec::as_slice).collect();
    report("overfitting of 100 tries in 16 blocks", || {
        probability_of_overfitting(&slices, 16).map(drop)
    })?;
    Ok(())
}

/// Prints the median of nine, in CPU time where the system tells it, so that a busy machine does not spoil the figure.
fn report<E>(name: &str, mut work: impl FnMut() -> Result<(), E>) -> Result<(), E> {
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..9 {
        let (start, cpu) = (Instant::now(), cpu_time());
        for _ in 0..REPEATS {
            work()?;
        }
        let spent = cpu
            .zip(cpu_time())
            .map_or(start.elapsed(), |(before, after)| after - before);
        times.push(spent / REPEATS);
    }
    times.sort_unstable();
    println!("{name}: {:.2} ms", times[4].as_secs_f64() * 1e3);
    Ok(())
}

/// Time that this thread ran (Linux).
fn cpu_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace()
        .next()?
        .parse()
        .ok()
        .map(Duration::from_nanos)
}
