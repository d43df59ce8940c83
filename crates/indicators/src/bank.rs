//! Several indicators over one stream of bars, each distinct one computed once, with a short memory.
//!
//! The memory is flat: one row of outputs per bar, `NaN` where there is no value. Rows are appended and the old
//! half is dropped now and then, so that a bar costs a write and no allocation.

use tradewind_types::UnixNanos;

use crate::input::BarInput;
use crate::machine::Indicator;
use crate::spec::IndicatorSpec;
use crate::value::Values;

/// Rows that are kept beyond the memory before the old ones are dropped; fewer drops, a little more memory.
const SLACK: usize = 256;

/// Place of an indicator in its bank.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot(usize);

#[derive(Debug)]
struct Entry {
    spec: IndicatorSpec,
    indicator: Indicator,
    outputs: usize,
    /// Rows, oldest first, then room for more; a whole number of rows.
    rows: Vec<f64>,
    /// Where the room begins.
    end: usize,
}

impl Entry {
    /// Makes room by dropping all but the last `keep` rows.
    #[cold]
    fn compact(&mut self, keep: usize) {
        let kept = (keep * self.outputs).min(self.end);
        self.rows.copy_within(self.end - kept..self.end, 0);
        self.end = kept;
    }

    /// Adds the row of a bar; `NaN` where there is no value.
    #[inline]
    fn push(&mut self, bar: &BarInput, finite: bool, keep: usize) {
        if self.end + self.outputs > self.rows.len() {
            self.compact(keep);
        }
        let row = &mut self.rows[self.end..self.end + self.outputs];
        self.end += self.outputs;
        let takes = finite || self.indicator.takes(bar);
        if !takes || self.indicator.step_into(bar, row) == 0 {
            row.fill(f64::NAN);
        }
    }
}

/// Indicators that are fed together. Remembers the last `keep` values of each.
#[derive(Debug)]
pub struct IndicatorBank {
    entries: Vec<Entry>,
    keep: usize,
    last_ts: Option<UnixNanos>,
}

impl IndicatorBank {
    /// An empty bank that remembers the last `keep` (at least 1) values of each indicator.
    #[must_use]
    pub fn new(keep: usize) -> Self {
        Self {
            entries: Vec::new(),
            keep: keep.max(1),
            last_ts: None,
        }
    }

    /// The slot of a spec; one that is asked for twice is computed once. Add all before the first bar: an
    /// indicator that joins later warms up from there.
    pub fn add(&mut self, spec: &IndicatorSpec) -> Slot {
        if let Some(at) = self.entries.iter().position(|e| e.spec == *spec) {
            return Slot(at);
        }
        let outputs = spec.definition().outputs.len();
        self.entries.push(Entry {
            spec: spec.clone(),
            indicator: spec.start(),
            outputs,
            rows: vec![f64::NAN; (self.keep + self.keep.max(SLACK)) * outputs],
            end: 0,
        });
        Slot(self.entries.len() - 1)
    }

    /// Feeds the next closed bar to all.
    #[inline]
    pub fn update(&mut self, bar: &BarInput) {
        self.last_ts = Some(bar.ts);
        let finite = bar.is_finite();
        for entry in &mut self.entries {
            entry.push(bar, finite, self.keep);
        }
    }

    /// The recent values of one indicator.
    #[must_use]
    #[inline]
    pub fn track(&self, slot: Slot) -> Track<'_> {
        match self.entries.get(slot.0) {
            Some(entry) => Track {
                rows: &entry.rows[..entry.end],
                outputs: entry.outputs,
                keep: self.keep,
            },
            None => Track {
                rows: &[],
                outputs: 1,
                keep: 0,
            },
        }
    }

    /// Every indicator with its values at the last bar (`None`: not warm, or undefined there).
    pub fn snapshot(&self) -> impl Iterator<Item = (&IndicatorSpec, Option<Values>)> {
        (0..self.entries.len()).map(|at| (&self.entries[at].spec, self.track(Slot(at)).now()))
    }

    /// Opening time of the last bar.
    #[must_use]
    pub fn last_ts(&self) -> Option<UnixNanos> {
        self.last_ts
    }
}

/// The recent values of one indicator, newest last.
#[derive(Clone, Copy, Debug)]
pub struct Track<'a> {
    rows: &'a [f64],
    outputs: usize,
    keep: usize,
}

impl<'a> Track<'a> {
    /// Values at the last bar.
    #[must_use]
    pub fn now(&self) -> Option<Values> {
        self.back(0)
    }

    /// Values `bars` bars before the last one; `None` when there are none, or when it lies before the memory.
    #[must_use]
    pub fn back(&self, bars: usize) -> Option<Values> {
        let row = self.row(bars)?;
        row.iter().any(|v| v.is_finite()).then(|| Values::from_slice(row))
    }

    /// One output, `bars` bars before the last one.
    #[must_use]
    #[inline]
    pub fn value(&self, output: usize, bars: usize) -> Option<f64> {
        self.row(bars)?.get(output).copied().filter(|v| v.is_finite())
    }

    #[inline]
    fn row(&self, bars: usize) -> Option<&'a [f64]> {
        if bars >= self.keep {
            return None;
        }
        let end = self.rows.len().checked_sub(bars * self.outputs)?;
        self.rows.get(end.checked_sub(self.outputs)?..end)
    }
}
