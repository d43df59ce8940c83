//! Order-book events replayed per second with our own orders in the queues, on one core: the depth lane.
//!
//! 4,000,000 seeded level changes and trades; a quoting strategy looks every 10 ms, keeps a post-only order of one lot at
//! the best price of each side, and sees the market 0.2 to 0.5 ms late; its orders take 1 ms to the venue and answers
//! half of that. `tools/peers/hftbacktest` does the same with hftbacktest, whose fills are compared with ours there, so
//! that a faster run cannot be one that does less.

use tradewind_matching::depth::synthetic::{SyntheticConfig, SyntheticMarket};
use tradewind_matching::depth::{
    DepthConfig, DepthEvent, DepthLane, JoinBest, Latency, LatencyError, Outcome, PowerShare, QueueRule,
    RiskAverse, Through,
};

use super::Figure;
use super::cpu::cpu_seconds;
use crate::args::BenchArgs;
use crate::failure::Failure;

/// Events of a run.
pub(super) const EVENTS: usize = 4_000_000;
/// What a tick is worth, for the rival.
pub(super) const TICK: f64 = 0.01;

// The same figures as in `tools/peers/hftbacktest/src/main.rs`.
const SEED: u64 = 1;
const INTERVAL_NS: i64 = 10_000_000;
const ENTRY_NS: i64 = 1_000_003;
const RESPONSE_NS: i64 = 500_009;
const POSITION_MAX: i64 = 10;

/// The market that both replay.
pub(super) fn market() -> SyntheticMarket {
    SyntheticMarket::new(SyntheticConfig::benchmark(SEED))
}

/// `backtest.l2_queue`.
pub(super) fn l2_queue(args: &BenchArgs) -> Result<Vec<Figure>, Failure> {
    let events: Vec<DepthEvent> = market().take(EVENTS).collect();
    let mut figures = Vec::new();
    let shared = || PowerShare::new(2.0);
    let averse = || RiskAverse;
    figures.push(measure(
        "backtest.l2_queue",
        "cancels shared by squares",
        &events,
        shared,
        args,
    )?);
    figures.push(measure(
        "backtest.l2_queue.averse",
        "risk-averse queue",
        &events,
        averse,
        args,
    )?);
    Ok(figures)
}

fn measure<Q: QueueRule>(
    name: &'static str,
    model: &str,
    events: &[DepthEvent],
    rule: impl Fn() -> Q,
    args: &BenchArgs,
) -> Result<Figure, Failure> {
    let mut rates = Vec::new();
    let mut last: Option<Outcome> = None;
    for _ in 0..args.runs.max(1) {
        let started = cpu_seconds();
        let outcome = replay(rule(), events)?;
        rates.push(events.len() as f64 / (cpu_seconds() - started));
        if last.is_some_and(|last| last != outcome) {
            return Err(Failure::failed(format!(
                "{name}: two runs over the same events differ"
            )));
        }
        last = Some(outcome);
    }
    let note = last.map_or_else(String::new, |o| {
        let t = o.totals;
        format!(
            "{model}, {} events, {} orders rested, {} fills, position {}, cash {} ticks, hash {:016x}, CPU time",
            t.events,
            t.accepted,
            t.fills(),
            t.position,
            t.cash,
            o.digest
        )
    });
    Ok(Figure::of(name, "events/s", rates, &note))
}

/// One run over all events.
fn replay<Q: QueueRule>(rule: Q, events: &[DepthEvent]) -> Result<Outcome, Failure> {
    let refused = |error: LatencyError| Failure::failed(error.to_string());
    let config = DepthConfig {
        // What the rival's exchange model does.
        through: Through::Whole,
        ..DepthConfig::new(
            Latency::constant(ENTRY_NS).map_err(refused)?,
            Latency::constant(RESPONSE_NS).map_err(refused)?,
        )
    };
    let quotes = JoinBest {
        interval_ns: INTERVAL_NS,
        size: 1,
        position_max: POSITION_MAX,
    };
    let mut lane = DepthLane::new(quotes, rule, config);
    lane.feed(events).map_err(|e| Failure::failed(e.to_string()))?;
    lane.finish().map_err(|e| Failure::failed(e.to_string()))
}
