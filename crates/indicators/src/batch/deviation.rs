//! Mean absolute deviations.

use ta_lib::RetCode;

use super::{Task, outputs};

/// Bars that are computed side by side: enough additions that do not wait for each other.
const LANES: usize = 8;

/// Mean of `|close − mean|` over the last `period` closes.
pub(crate) fn average_deviation(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    let [column] = outputs(columns)?;
    let (closes, period) = (task.bars.close, task.period(0));
    let rows = &mut column[task.first..];
    let whole = rows.len() - rows.len() % LANES;
    let (pieces, rest) = rows.split_at_mut(whole);
    for (piece, deviations) in pieces.chunks_exact_mut(LANES).enumerate() {
        let at = piece * LANES;
        deviations.copy_from_slice(&side_by_side::<LANES>(
            &closes[at..at + period + LANES - 1],
            period,
        ));
    }
    for (deviation, window) in rest.iter_mut().zip(closes[whole..].windows(period)) {
        [*deviation] = side_by_side::<1>(window, period);
    }
    Ok(())
}

/// The deviations of `N` windows that begin one bar after the other; newest figures are added first.
#[inline(always)]
fn side_by_side<const N: usize>(closes: &[f64], period: usize) -> [f64; N] {
    let mut means = [0.0; N];
    for row in closes.windows(N).rev() {
        for (sum, close) in means.iter_mut().zip(row) {
            *sum += close;
        }
    }
    means.iter_mut().for_each(|sum| *sum /= period as f64);
    let mut deviations = [0.0; N];
    for row in closes.windows(N).rev() {
        for ((sum, mean), close) in deviations.iter_mut().zip(&means).zip(row) {
            *sum += (close - mean).abs();
        }
    }
    deviations.map(|sum| sum / period as f64)
}
