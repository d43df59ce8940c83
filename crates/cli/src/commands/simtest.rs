//! `tradewind simtest`: seeds of the simulation test, on all cores, until the first break of an invariant.

use std::io::IsTerminal as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;
use tradewind_simulator::chaos::{ChaosConfig, Coverage, Mutation, SeedReport, run_seed};

use crate::failure::Failure;

/// What is run.
#[derive(Debug, Args)]
pub(crate) struct SimtestArgs {
    /// Seeds, first and last: `1..2000`.
    #[arg(long, value_name = "A..B", default_value = "1..200", value_parser = seeds)]
    seeds: (u64, u64),
    /// Run this one seed again and print its last events.
    #[arg(long, value_name = "SEED")]
    replay: Option<u64>,
    /// Orders of a seed, at least.
    #[arg(long, default_value_t = 500)]
    orders: u32,
    /// Threads; each runs seeds of its own. Default: all cores.
    #[arg(long)]
    threads: Option<usize>,
    /// Go on after a break and report every broken seed.
    #[arg(long)]
    keep_going: bool,
    /// Build this bug in, to see that it is found.
    #[arg(long, value_name = "BUG", value_parser = mutation)]
    mutation: Option<Mutation>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

fn seeds(text: &str) -> Result<(u64, u64), String> {
    let wrong = || format!("`{text}` is not a range such as 1..2000");
    let (first, last) = text.split_once("..").ok_or_else(wrong)?;
    let number = |t: &str| t.trim_start_matches('=').parse::<u64>().map_err(|_| wrong());
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(wrong());
    }
    Ok((first, last))
}

fn mutation(text: &str) -> Result<Mutation, String> {
    let name = |m: &Mutation| format!("{m:?}");
    let found = Mutation::ALL
        .into_iter()
        .find(|m| name(m).eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let all: Vec<String> = Mutation::ALL.iter().map(name).collect();
        format!("one of {}", all.join(", "))
    })
}

#[derive(Default)]
struct Sum {
    seeds: u64,
    steps: u64,
    orders: u64,
    fills: u64,
    crashes: u64,
    /// Order-free: the same for any number of threads.
    digest: u64,
    coverage: Coverage,
    broken: Vec<SeedReport>,
}

impl Sum {
    fn add(&mut self, report: SeedReport) {
        self.seeds += 1;
        self.steps += report.steps;
        self.orders += report.orders;
        self.fills += report.fills;
        self.crashes += report.crashes;
        self.digest = self
            .digest
            .wrapping_add(report.digest.wrapping_mul(report.seed | 1));
        self.coverage.add(&report.coverage);
        if report.broken.is_some() {
            self.broken.push(report);
        }
    }
}

pub(crate) fn run(args: &SimtestArgs) -> Result<(), Failure> {
    let config = ChaosConfig {
        orders: args.orders,
        mutation: args.mutation,
    };
    let (first, last) = args.replay.map_or(args.seeds, |seed| (seed, seed));
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = args.threads.unwrap_or(cores).max(1);
    let started = Instant::now();
    let mut sum = run_all((first, last), threads, args.keep_going, &config);
    sum.broken.sort_by_key(|report| report.seed);
    let took = started.elapsed();
    if args.json {
        println!("{}", as_json(&sum, took));
    } else {
        print(&sum, took);
    }
    match sum.broken.first().and_then(|report| report.broken.as_ref()) {
        None => Ok(()),
        Some(found) => Err(Failure::Check(format!(
            "{} of {} seeds broke an invariant; the first:\n{found}",
            sum.broken.len(),
            sum.seeds
        ))),
    }
}

fn run_all((first, last): (u64, u64), threads: usize, keep_going: bool, config: &ChaosConfig) -> Sum {
    let (next, stop) = (AtomicU64::new(first), AtomicBool::new(false));
    let sum = Mutex::new(Sum::default());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed > last || stop.load(Ordering::Relaxed) {
                return;
            }
            let report = run_seed(seed, config);
            if report.broken.is_some() && !keep_going {
                stop.store(true, Ordering::Relaxed);
            }
            sum.lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .add(report);
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let total = last - first + 1;
        while std::io::stderr().is_terminal() && workers.iter().any(|w| !w.is_finished()) {
            let done = sum
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .seeds;
            eprint!("\r{done} of {total} seeds");
            #[allow(
                clippy::disallowed_methods,
                reason = "how often a person is shown the progress"
            )]
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    sum.into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn print(sum: &Sum, took: Duration) {
    println!("{}", sum.coverage.table());
    let rate = sum.seeds as f64 / took.as_secs_f64().max(1e-9);
    println!(
        "{} seeds, {} orders, {} fills, {} crashes, {} events; {} broken; {:.1} s, {rate:.0} seeds/s; digest {:016x}",
        sum.seeds,
        sum.orders,
        sum.fills,
        sum.crashes,
        sum.steps,
        sum.broken.len(),
        took.as_secs_f64(),
        sum.digest
    );
}

fn as_json(sum: &Sum, took: Duration) -> serde_json::Value {
    let rows = sum.coverage.rows().map(|(fault, struck, met)| {
        let met: serde_json::Map<String, serde_json::Value> = Coverage::states()
            .iter()
            .zip(met)
            .map(|(state, count)| ((*state).to_owned(), json!(count)))
            .collect();
        json!({ "fault": fault.name(), "struck": struck, "met": met })
    });
    let broken = sum
        .broken
        .iter()
        .filter_map(|report| report.broken.as_ref())
        .map(|b| json!({ "seed": b.seed, "step": b.step, "what": b.what, "trail": b.trail }));
    json!({
        "seeds": sum.seeds,
        "orders": sum.orders,
        "fills": sum.fills,
        "crashes": sum.crashes,
        "events": sum.steps,
        "digest": format!("{:016x}", sum.digest),
        "seconds": took.as_secs_f64(),
        "broken": broken.collect::<Vec<_>>(),
        "coverage": rows.collect::<Vec<_>>(),
    })
}
