//! Stochastics: where the close lies in the range of the last bars. The averages are the library's.

use std::ops::Range;

use ta_lib::{Core, MAType, RetCode};

use super::{Extremes, Task, blocks, outputs};
use crate::input::BarColumns;

/// %K and its average.
pub(crate) fn fast_stochastic(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    let [k, d] = outputs(columns)?;
    let raw = &mut k[task.period(0) - 1..];
    place_in_range(task.bars, task.period(0), raw);
    let average = (task.params.period(1), task.params.average(2));
    smooth(task.core, raw, average, &mut d[task.first..])
}

/// The average of %K and the average of that. The second column holds %K meanwhile.
pub(crate) fn slow_stochastic(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    let [k, d] = outputs(columns)?;
    slow(task, k, d)
}

/// The slow stochastic, and `3k − 2d`.
pub(crate) fn kdj(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    let [k, d, j] = outputs(columns)?;
    slow(task, k, d)?;
    for ((j, k), d) in j.iter_mut().zip(k.iter()).zip(d.iter()).skip(task.first) {
        *j = 3.0 * k - 2.0 * d;
    }
    Ok(())
}

/// `100·M/(R/2)`, M the close's distance from the middle of its range and R the range, both smoothed by two EMAs; and
/// the EMA of that. 0 without a range. Blau 1993.
pub(crate) fn momentum_index(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    let [index, signal] = outputs(columns)?;
    let [fast, slow, of_signal] = [1, 2, 3].map(|at| task.params.period(at));
    let core = task.core;
    let raw = task.period(0) - 1;
    let slowed = raw + core.ema_lookback(slow)?;
    let smoothed = slowed + core.ema_lookback(fast)?;
    write_momentum(task.bars, task.period(0), &mut index[raw..], &mut signal[raw..]);
    let mut once = vec![0.0; index.len() - slowed];
    for column in [&mut *index, &mut *signal] {
        exponential(core, &column[raw..], slow, &mut once)?;
        exponential(core, &once, fast, &mut column[smoothed..])?;
    }
    for (index, range) in index.iter_mut().zip(signal.iter()).skip(smoothed) {
        let half = 0.5 * range;
        let quotient = 100.0 * *index / half;
        *index = if half > 0.0 { quotient } else { 0.0 };
    }
    exponential(core, &index[smoothed..], of_signal, &mut signal[task.first..])
}

fn slow(task: Task<'_>, k: &mut [f64], d: &mut [f64]) -> Result<(), RetCode> {
    let (of_k, of_d) = (
        (task.params.period(1), task.params.average(3)),
        (task.params.period(2), task.params.average(4)),
    );
    let raw = task.period(0) - 1;
    let smoothed = raw + task.core.ma_lookback(of_k.0, of_k.1)?;
    place_in_range(task.bars, task.period(0), &mut d[raw..]);
    smooth(task.core, &d[raw..], of_k, &mut k[smoothed..])?;
    smooth(task.core, &k[smoothed..], of_d, &mut d[task.first..])
}

/// The library's EMA of a column.
fn exponential(core: &Core, figures: &[f64], period: i32, averages: &mut [f64]) -> Result<(), RetCode> {
    let range = core.ema(0, figures.len() - 1, figures, period, averages)?;
    match range.count == averages.len() {
        true => Ok(()),
        false => Err(RetCode::InternalError),
    }
}

/// The library's average of a column.
fn smooth(
    core: &Core,
    figures: &[f64],
    (period, kind): (i32, MAType),
    averages: &mut [f64],
) -> Result<(), RetCode> {
    let range = core.ma(0, figures.len() - 1, figures, period, kind, averages)?;
    match range.count == averages.len() {
        true => Ok(()),
        false => Err(RetCode::InternalError),
    }
}

/// `100·(close − lowest low)/(highest high − lowest low)` of the last `period` bars, beginning with the bar that has
/// that many; 0 where the range is flat, that is less than 1e-14 of its ends, as TA-Lib has it.
fn place_in_range(bars: &BarColumns<'_>, period: usize, places: &mut [f64]) {
    ranges(bars, period, places.len(), |rows, closes, high, low| {
        for (((place, close), high), low) in places[rows].iter_mut().zip(closes).zip(high).zip(low) {
            let range = high - low;
            let flat = range.abs() <= 1e-14 * (high.abs() + low.abs());
            let within = (close - low) / range * 100.0;
            *place = if flat { 0.0 } else { within };
        }
    });
}

/// The close's distance from the middle of the range of the last `period` bars, and the range.
fn write_momentum(bars: &BarColumns<'_>, period: usize, distances: &mut [f64], widths: &mut [f64]) {
    ranges(bars, period, distances.len(), |rows, closes, high, low| {
        let written = distances[rows.clone()].iter_mut().zip(&mut widths[rows]);
        for ((((distance, width), close), high), low) in written.zip(closes).zip(high).zip(low) {
            *width = high - low;
            *distance = close - (high + low) * 0.5;
        }
    });
}

/// Gives the closes, the highest highs and the lowest lows of `count` windows of `period` bars, block by block, with the
/// rows that they are.
#[inline(always)]
fn ranges(
    bars: &BarColumns<'_>,
    period: usize,
    count: usize,
    mut take: impl FnMut(Range<usize>, &[f64], &[f64], &[f64]),
) {
    let mut extremes = Extremes::new(period);
    let mut high = vec![0.0; extremes.block()];
    let mut low = vec![0.0; extremes.block()];
    for rows in blocks(0..count, extremes.block()) {
        let window = rows.start..rows.end + period - 1;
        let (high, low) = (&mut high[..rows.len()], &mut low[..rows.len()]);
        extremes.highest(&bars.high[window.clone()], high);
        extremes.lowest(&bars.low[window.clone()], low);
        take(rows, &bars.close[window][period - 1..], high, low);
    }
}
