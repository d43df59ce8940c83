//! Several indicators over one stream of bars, each distinct one computed once, with a short memory.

use tradewind_types::UnixNanos;

use crate::input::BarInput;
use crate::registry::Indicator;
use crate::spec::IndicatorSpec;
use crate::value::Values;

/// Place of an indicator in its bank.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot(usize);

#[derive(Debug)]
struct Entry {
    spec: IndicatorSpec,
    indicator: Box<dyn Indicator>,
    recent: Vec<Option<Values>>,
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
        self.entries.push(Entry {
            spec: spec.clone(),
            indicator: spec.start(),
            recent: Vec::with_capacity(2 * self.keep),
        });
        Slot(self.entries.len() - 1)
    }

    /// Feeds the next closed bar to all.
    pub fn update(&mut self, bar: &BarInput) {
        self.last_ts = Some(bar.ts);
        for entry in &mut self.entries {
            if entry.recent.len() == 2 * self.keep {
                entry.recent.drain(..self.keep);
            }
            entry.recent.push(entry.indicator.update(bar));
        }
    }

    /// The recent values of one indicator.
    #[must_use]
    pub fn track(&self, slot: Slot) -> Track<'_> {
        let recent = self.entries.get(slot.0).map_or(&[][..], |e| &e.recent[..]);
        Track {
            recent: &recent[recent.len().saturating_sub(self.keep)..],
        }
    }

    /// Every indicator with its values at the last bar (`None`: not warm, or undefined there).
    pub fn snapshot(&self) -> impl Iterator<Item = (&IndicatorSpec, Option<Values>)> {
        self.entries
            .iter()
            .map(|e| (&e.spec, e.recent.last().copied().flatten()))
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
    recent: &'a [Option<Values>],
}

impl Track<'_> {
    /// Values at the last bar.
    #[must_use]
    pub fn now(&self) -> Option<Values> {
        self.back(0)
    }

    /// Values `bars` bars before the last one; `None` when there are none, or when it lies before the memory.
    #[must_use]
    pub fn back(&self, bars: usize) -> Option<Values> {
        self.recent.iter().rev().nth(bars).copied().flatten()
    }
}
