//! Which faults met which states: counted in every run, added up over runs, printed as a table.

use std::fmt::Write as _;

use super::swarm::Fault;

/// States that a fault can meet; more than one can hold at a time.
pub(crate) const STATES: [&str; 13] = [
    "idle",
    "submitted",
    "accepted",
    "triggered",
    "part-filled",
    "modifying",
    "canceling",
    "unknown",
    "waiting child",
    "sliced",
    "uncommitted",
    "journal down",
    "killed",
];

/// Counts of faults by the states that they met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    met: [[u64; STATES.len()]; Fault::ALL.len()],
    struck: [u64; Fault::ALL.len()],
}

impl Default for Coverage {
    fn default() -> Self {
        Self {
            met: [[0; STATES.len()]; Fault::ALL.len()],
            struck: [0; Fault::ALL.len()],
        }
    }
}

impl Coverage {
    /// A fault struck while these states (bits of [`STATES`]) held.
    pub(crate) fn strike(&mut self, fault: Fault, states: u32) {
        self.struck[fault as usize] += 1;
        for (at, count) in self.met[fault as usize].iter_mut().enumerate() {
            *count += u64::from(states >> at & 1);
        }
    }

    /// How often a fault struck.
    #[must_use]
    pub fn struck(&self, fault: Fault) -> u64 {
        self.struck[fault as usize]
    }

    /// Kinds of fault that struck.
    #[must_use]
    pub fn kinds(&self) -> usize {
        self.struck.iter().filter(|n| **n > 0).count()
    }

    /// Adds another run's counts.
    pub fn add(&mut self, other: &Self) {
        for fault in Fault::ALL {
            let at = fault as usize;
            self.struck[at] += other.struck[at];
            for (count, more) in self.met[at].iter_mut().zip(other.met[at]) {
                *count += more;
            }
        }
    }

    /// Names of the states, in the order of the rows' counts.
    #[must_use]
    pub fn states() -> &'static [&'static str] {
        &STATES
    }

    /// Fault, times it struck, and the counts by state.
    pub fn rows(&self) -> impl Iterator<Item = (Fault, u64, &[u64])> {
        Fault::ALL
            .into_iter()
            .map(|f| (f, self.struck[f as usize], &self.met[f as usize][..]))
    }

    /// A table in Markdown.
    #[must_use]
    pub fn table(&self) -> String {
        let mut out = format!(
            "| fault | struck | {} |\n| --- |{}\n",
            STATES.join(" | "),
            " --- |".repeat(STATES.len() + 1)
        );
        for (fault, struck, met) in self.rows() {
            let counts: Vec<String> = met.iter().map(u64::to_string).collect();
            // Writing to a string does not fail.
            let _ = writeln!(out, "| {} | {struck} | {} |", fault.name(), counts.join(" | "));
        }
        out
    }
}
