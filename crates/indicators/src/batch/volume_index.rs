//! Indices that compound the returns of bars whose volume went one way.

use std::hint::select_unpredictable;

use ta_lib::RetCode;

use super::{Task, outputs};

/// What every index begins with at the first bar.
const BASE: f64 = 1_000.0;

/// The returns of bars with more volume than the bar before. Dysart 1936, Fosback 1976.
pub(crate) fn positive_volume_index(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    compound(task, columns, |now, before| now > before)
}

/// The returns of bars with less volume than the bar before.
pub(crate) fn negative_volume_index(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    compound(task, columns, |now, before| now < before)
}

/// Volume goes up as often as down, so that a branch on it is guessed wrong half of the time: each bar is compounded,
/// the others with a return of 0. A close of 0 has no return after it, and what is too large for a figure is not taken.
#[inline(always)]
fn compound(
    task: Task<'_>,
    columns: &mut [&mut [f64]],
    counts: impl Fn(f64, f64) -> bool,
) -> Result<(), RetCode> {
    let [column] = outputs(columns)?;
    let (closes, volumes) = (task.bars.close, task.bars.volume);
    let mut index = BASE;
    column[0] = index;
    let bars = closes[1..]
        .iter()
        .zip(closes)
        .zip(volumes[1..].iter().zip(volumes));
    for (row, ((close, before), (volume, volume_before))) in column[1..].iter_mut().zip(bars) {
        let rate = (close - before) / before;
        let taken = counts(*volume, *volume_before) & (before.abs() > 0.0);
        let grown = index + select_unpredictable(taken, rate, 0.0) * index;
        if grown.is_finite() {
            index = grown;
        }
        *row = index;
    }
    Ok(())
}
