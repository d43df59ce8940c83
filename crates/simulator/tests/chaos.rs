//! The simulation test: seeded worlds in which everything goes wrong, and bugs built in to prove that it finds them.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use tradewind_simulator::chaos::{ChaosConfig, Coverage, Fault, Mutation, SeedReport, run_seed};

/// Seeds of an ordinary run; `TRADEWIND_SIMTEST_SEEDS` changes that.
const SEEDS: u64 = 2_000;

/// Runs seeds on all cores.
fn run_all(first: u64, last: u64, config: &ChaosConfig) -> Vec<SeedReport> {
    let (next, done) = (AtomicU64::new(first), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            let stop = done
                .lock()
                .is_ok_and(|d: std::sync::MutexGuard<'_, Vec<SeedReport>>| {
                    d.iter().filter(|r| r.broken.is_some()).count() >= 5
                });
            if seed > last || stop {
                return;
            }
            let report = run_seed(seed, config);
            done.lock().expect("no seed panics").push(report);
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(work);
        }
    });
    let mut reports = done.into_inner().expect("no seed panics");
    reports.sort_by_key(|r| r.seed);
    reports
}

#[test]
fn every_invariant_holds_in_every_seeded_world() {
    let seeds = std::env::var("TRADEWIND_SIMTEST_SEEDS")
        .ok()
        .and_then(|n| n.parse().ok());
    let reports = run_all(1, seeds.unwrap_or(SEEDS), &ChaosConfig::default());
    let mut coverage = Coverage::default();
    for report in &reports {
        coverage.add(&report.coverage);
    }
    println!("{}", coverage.table());
    let broken: Vec<String> = reports
        .iter()
        .filter_map(|r| r.broken.as_ref())
        .map(ToString::to_string)
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n\n"));
    for report in &reports {
        let seed = report.seed;
        assert!(report.orders >= 500, "seed {seed}: {} orders", report.orders);
        assert!(report.crashes >= 1, "seed {seed} had no crash");
        assert!(
            report.coverage.kinds() >= 3,
            "seed {seed}: {} kinds of fault",
            report.coverage.kinds()
        );
    }
    let never: Vec<_> = Fault::ALL
        .into_iter()
        .filter(|f| coverage.struck(*f) == 0)
        .collect();
    assert!(
        never.is_empty() || reports.len() < 100,
        "faults that never struck: {never:?}"
    );
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let config = ChaosConfig::default();
    for seed in [3, 77, 4_711] {
        let (first, second) = (run_seed(seed, &config), run_seed(seed, &config));
        assert_eq!(first.digest, second.digest, "seed {seed}");
        assert_eq!(
            (first.steps, first.orders, first.fills),
            (second.steps, second.orders, second.fills)
        );
        assert_eq!(first.coverage, second.coverage, "seed {seed}");
    }
}

/// Each built-in bug, the seeds within which it has to be found, and words of the finding.
const BUGS: [(Mutation, u64, &[&str]); 7] = [
    (
        Mutation::SyncLies,
        30,
        &["durable", "does not start", "acknowledged"],
    ),
    (Mutation::ReleasesEarly, 3, &["before it was durable"]),
    (Mutation::SendsAgain, 20, &["sent to the venue twice"]),
    (Mutation::DropsFee, 5, &["the venue has"]),
    (
        Mutation::RenamesFills,
        40,
        &[
            "the venue",
            "its venue",
            "took FILLED",
            "does not fit",
            "still open",
        ],
    ),
    (
        Mutation::ForgetsTail,
        10,
        &["is not the fold of the journal", "does not fold"],
    ),
    (
        Mutation::ForgetsEmergency,
        60,
        &["engaged while the journal was down"],
    ),
];

#[test]
fn bugs_that_are_built_in_are_found() {
    for (mutation, seeds, words) in BUGS {
        let config = ChaosConfig {
            mutation: Some(mutation),
            ..ChaosConfig::default()
        };
        let names = |what: &str| words.iter().any(|word| what.contains(word));
        let found = (1..=seeds).any(|seed| run_seed(seed, &config).broken.is_some_and(|b| names(&b.what)));
        assert!(found, "{mutation:?} was not found in {seeds} seeds");
    }
}
