//! Indicators that the `ta-lib` crate lacks: our own formulas, one file per family.
//!
//! Each is one struct that takes a bar and gives that bar's values ([`Stepping`]); the batch face steps the same
//! struct over columns, so the two faces agree bit for bit by construction. What happens on a bar depends on that
//! bar and those before it only: swings, levels and chart patterns are reported on the bar that confirms them,
//! and what was reported never changes.
//!
//! What slides over a window does so by merging ([`window`]), never by subtracting what leaves it: no residue
//! of a past move stays behind in a flat stretch.

use std::fmt;

use crate::IndicatorError;
use crate::input::{BarColumns, BarInput};
use crate::value::Series;

mod anchored;
mod fibonacci;
mod levels;
pub mod patterns;
mod phase;
mod pivots;
mod profile;
mod session;
mod structure;
mod swings;
mod volatility;
mod volume;
mod window;

/// An algorithm that takes one bar at a time.
pub(crate) trait Stepping: fmt::Debug + Send {
    /// The values of one bar, an array as wide as the indicator.
    type Row: AsRef<[f64]>;
    /// Takes the next bar, whose figures are finite.
    fn step(&mut self, bar: &BarInput) -> Option<Self::Row>;
}

/// The batch face: steps over the columns. Bars that are not finite are left out, as streaming does.
pub(crate) fn run<S: Stepping>(
    mut state: S,
    bars: &BarColumns<'_>,
    series: &mut Series,
) -> Result<(), IndicatorError> {
    for at in 0..bars.len() {
        let bar = BarInput {
            ts: bars.ts[at],
            open: bars.open[at],
            high: bars.high[at],
            low: bars.low[at],
            close: bars.close[at],
            volume: bars.volume[at],
            value: bars.value[at],
        };
        if !bar.is_finite() {
            continue;
        }
        if let Some(row) = state.step(&bar) {
            for (column, value) in series.columns_mut().iter_mut().zip(row.as_ref()) {
                column[at] = *value;
            }
        }
    }
    Ok(())
}
