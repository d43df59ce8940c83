//! A measured figure as it is printed.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// One named figure over several runs.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: Cow<'static, str>,
    pub(crate) unit: &'static str,
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) runs: usize,
    pub(crate) note: String,
}

impl Figure {
    /// Over at least one run; the note gets the machine appended.
    pub(crate) fn of(
        name: impl Into<Cow<'static, str>>,
        unit: &'static str,
        mut runs: Vec<f64>,
        note: &str,
    ) -> Self {
        runs.sort_by(f64::total_cmp);
        let at = |index: usize| runs.get(index).copied().unwrap_or(f64::NAN);
        Self {
            name: name.into(),
            unit,
            median: at(runs.len() / 2),
            min: at(0),
            max: at(runs.len().saturating_sub(1)),
            runs: runs.len(),
            note: format!("{note}; {}", machine()),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:28} {:>16.1} {:12} ({:.1} … {:.1} over {} runs; {})",
            self.name, self.median, self.unit, self.min, self.max, self.runs, self.note
        )
    }
}

/// Processor and core count, as far as the system tells.
fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info
        .lines()
        .find_map(|l| l.strip_prefix("model name"))
        .map(|l| l.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores", model.unwrap_or("unknown processor"))
}
