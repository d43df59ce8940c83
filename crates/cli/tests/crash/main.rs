//! `kill -9` under order load: what was acknowledged is there afterwards, once, and the books balance.
//!
//! The real binary serves against a simulated venue that lives in this process. Clients submit, batch and cancel
//! orders over HTTP with an API key and fsync every acknowledgement to logs of their own. At a seeded random moment,
//! sometimes during the start, the program is killed; the next start has to know every acknowledged order with the
//! acknowledged content, to take the unacknowledged ones again without doing anything twice, and to keep the ledger
//! at zero. Every few cycles, as the crash left it, and at the end, `tradewind verify` looks over everything, and at
//! the end the journal is compared with all acknowledgements of the run.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `TRADEWIND_CRASH_CYCLES` | cycles in total; 100 |
//! | `TRADEWIND_CRASH_POSTGRES_CYCLES` | cycles with a private PostgreSQL as database; 8 |
//! | `TRADEWIND_CRASH_DIR` | where to keep data, logs and progress; a run there goes on where the last one ended |
//! | `TRADEWIND_CRASH_SEED` | seed of a new run |
//! | `TRADEWIND_CRASH_CLIENTS` | clients at once; 8. Fewer leave more of the machine to other work in long runs |
//! | `TRADEWIND_CRASH_LOAD_MS` | longest load before the kill, in milliseconds beyond 30; 350, so that a cycle ends within a second |
//! | `TRADEWIND_BIN` | the program to test, instead of the one built with the test |

mod api;
mod check;
mod dice;
mod load;
mod postgres;
mod rig;

use std::time::{Duration, Instant};

use check::{Cycle, final_check, recovered, verify};
use dice::Dice;
use rig::Rig;

const CYCLES_DEFAULT: u64 = 100;
const LOAD_MS_DEFAULT: u64 = 350;
const CLIENTS_DEFAULT: u64 = 8;
/// The state that the crash left is looked over once in so many cycles.
const VERIFY_EVERY: u64 = 10;
/// When a cycle was killed.
const STARTING: &str = "starting";
const LOADED: &str = "loaded";

fn from_env<T: std::str::FromStr>(name: &str, default: T) -> T {
    std::env::var(name)
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}

#[test]
fn what_was_acknowledged_survives_kill_9_exactly_once() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(3)
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(run());
}

async fn run() {
    let cycles: u64 = from_env("TRADEWIND_CRASH_CYCLES", CYCLES_DEFAULT);
    let rig = Rig::new(from_env("TRADEWIND_CRASH_SEED", 20_261_122)).await;
    run_on(rig, cycles).await;
}

async fn run_on(mut rig: Rig, cycles: u64) {
    let done = rig.cycles_done();
    let mut last: Option<Cycle> = None;
    for number in done..cycles {
        let begun = Instant::now();
        let cycle = one(&mut rig, number, last.take()).await;
        // A start that was killed had no clients; the cycle before it is still to be checked.
        let (acknowledged, unanswered) = match cycle.killed {
            STARTING => (0, 0),
            _ => (cycle.acknowledged.len(), cycle.unanswered.len()),
        };
        let line = format!(
            "cycle={number} acknowledged={acknowledged} unanswered={unanswered} killed={} cycle_ms={}",
            cycle.killed,
            begun.elapsed().as_millis(),
        );
        println!("{line}");
        let crashed_with = verify_now(number, cycles).then(|| verify(&rig));
        if let Some(report) = crashed_with {
            println!("  as the crash left it: {}", report.summary());
        }
        rig.note(&line);
        last = Some(cycle);
    }
    final_check(&mut rig, last).await;
}

fn verify_now(number: u64, cycles: u64) -> bool {
    number % VERIFY_EVERY == VERIFY_EVERY - 1 || number + 1 == cycles
}

/// Start, check what the last crash left, load, kill.
async fn one(rig: &mut Rig, number: u64, last: Option<Cycle>) -> Cycle {
    let mut dice = Dice::of(rig.state.seed, number);
    let mut server = rig.spawn();
    if dice.below(8) == 0 {
        // Killed while it starts; what the last cycle left is checked after the next start.
        tokio::time::sleep(Duration::from_millis(dice.below(150))).await;
        server.kill();
        let before = last.unwrap_or_default();
        return Cycle {
            killed: STARTING,
            ..before
        };
    }
    let api = server.ready(rig).await;
    if let Some(last) = &last {
        recovered(&api, &rig.state.account, last).await;
    }
    // Mostly into a market that fills orders; sometimes into one that has no prices yet, where they are denied.
    if dice.below(8) > 0 {
        rig.prices(&api, Duration::from_millis(600)).await;
    }
    let longest: u64 = from_env("TRADEWIND_CRASH_LOAD_MS", LOAD_MS_DEFAULT);
    let kill_after = Duration::from_millis(30 + dice.below(longest.max(1)));
    let clients = load::start(
        rig,
        &api,
        number,
        from_env("TRADEWIND_CRASH_CLIENTS", CLIENTS_DEFAULT),
    );
    tokio::time::sleep(kill_after).await;
    server.kill();
    let mut cycle = Cycle {
        killed: LOADED,
        ..Cycle::default()
    };
    for client in clients {
        cycle.add(client.await.expect("a client ended in order"));
    }
    cycle
}
