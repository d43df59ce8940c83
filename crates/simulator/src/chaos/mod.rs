//! Deterministic simulation testing: the whole core in one thread, in one seeded world, against everything that goes
//! wrong.
//!
//! What is real: the kernel with its gate, order state machine, ledger and paper matching, the runtime's
//! [`Core`](tradewind_engine::runtime::core::Core) (what an engine does between inbox and journal), the group commit,
//! the journal's files, recovery, snapshots and the emergency side file. What is simulated: time, the network, the
//! disk ([`tradewind_journal::MemDisk`]), the venue (a matching engine with a truth of its own) and the people.
//!
//! A seed decides everything: which faults are on and how often (a *swarm*: each seed draws its own mixture), what the
//! clients ask, how the market moves, when the process dies. The world is a list of events by (time, number), worked
//! off in order; the same seed gives the same run on every machine.
//!
//! After every step the invariants are checked ([`oracle`]); at the end the faults stop, time passes, and our books
//! have to equal the venue's. The first break ends the seed and names seed, step, what broke and the last events.
//!
//! ```
//! use tradewind_simulator::chaos::{ChaosConfig, run_seed};
//! let report = run_seed(7, &ChaosConfig { orders: 60, ..ChaosConfig::default() });
//! assert!(report.broken.is_none(), "{:?}", report.broken);
//! assert!(report.orders >= 60 && report.crashes >= 1);
//! ```

mod clients;
mod compare;
mod coverage;
mod dice;
mod finish;
mod listing;
mod network;
mod node;
mod oracle;
mod recover;
mod swarm;
mod venue;
mod world;

pub use coverage::Coverage;
pub use swarm::{Fault, Mutation};

/// What is run.
#[derive(Debug, Clone)]
pub struct ChaosConfig {
    /// Orders of a seed, at least.
    pub orders: u32,
    /// A bug that is built in, to prove that it is found.
    pub mutation: Option<Mutation>,
}

impl Default for ChaosConfig {
    fn default() -> Self {
        Self {
            orders: 500,
            mutation: None,
        }
    }
}

/// An invariant that did not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The seed.
    pub seed: u64,
    /// The event at which it was noticed, counted from 1.
    pub step: u64,
    /// What did not hold.
    pub what: String,
    /// The last events before.
    pub trail: Vec<String>,
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "seed {} step {}: {}", self.seed, self.step, self.what)?;
        for line in &self.trail {
            writeln!(f, "  {line}")?;
        }
        write!(f, "replay: tradewind simtest --replay {}", self.seed)
    }
}

/// What became of a seed.
#[derive(Debug, Clone)]
pub struct SeedReport {
    /// The seed.
    pub seed: u64,
    /// Events worked off.
    pub steps: u64,
    /// Orders that were asked for.
    pub orders: u64,
    /// Fills booked.
    pub fills: u64,
    /// Times the process died.
    pub crashes: u64,
    /// A digest of everything that happened: the same for the same seed.
    pub digest: u64,
    /// Faults by the states that they met.
    pub coverage: Coverage,
    /// The invariant that did not hold, if one did not.
    pub broken: Option<Broken>,
}

/// Runs one seed to its end or to its first break.
#[must_use]
pub fn run_seed(seed: u64, config: &ChaosConfig) -> SeedReport {
    let report = world::World::new(seed, config.clone(), false).run();
    if report.broken.is_none() {
        return report;
    }
    // Once more, with the last events written down: the same seed breaks in the same way.
    let mut again = world::World::new(seed, config.clone(), true).run();
    if let (Some(first), Some(second)) = (report.broken, again.broken.as_mut())
        && (first.step, &first.what) != (second.step, &second.what)
    {
        second.what = format!(
            "not deterministic: step {} {}; then {}",
            first.step, first.what, second.what
        );
    }
    again
}
