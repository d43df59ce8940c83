//! The ultimate oscillator.

use ta_lib::RetCode;

use super::{Task, blocks, greater, outputs, smaller};
use crate::input::BarColumns;

/// Bars of a block: their figures and sums fit the nearest cache.
const BLOCK: usize = 256;

/// A bar's buying pressure, `close − min(low, close before)`, and its true range; or sums of both.
type Pressure = [f64; 2];

/// `100·(4·A₁ + 2·A₂ + A₃)/7`, A = Σ buying pressure / Σ true range over each period, from the shortest to the longest;
/// an A without any range is left out. Williams 1985.
pub(crate) fn ultimate_oscillator(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    let [column] = outputs(columns)?;
    let mut periods = [0, 1, 2].map(|at| task.period(at));
    periods.sort_unstable();
    let longest = periods[2];
    // The figures of the `longest` bars before a block and of the block. The first bar has none: no close before it.
    let mut figures: Vec<Pressure> = vec![[0.0; 2]; longest + BLOCK];
    let mut windows = Windows::new(periods);
    for rows in blocks(1..task.bars.len(), BLOCK) {
        let count = rows.len();
        let still = write_figures(task.bars, rows.start, &mut figures[longest..][..count]);
        windows.slide(&figures[..longest + count], still);
        let sums = windows.sums.each_ref().map(|sums| &sums[..count]);
        for ((value, a), (b, c)) in column[rows]
            .iter_mut()
            .zip(sums[0])
            .zip(sums[1].iter().zip(sums[2]))
        {
            let weighted = with(with(with(0.0, 4.0, *a), 2.0, *b), 1.0, *c);
            *value = 100.0 * (weighted / 7.0);
        }
        figures.copy_within(count..longest + count, 0);
    }
    Ok(())
}

/// Adds a weighted quotient where it is one.
#[inline(always)]
fn with(sum: f64, weight: f64, [pressure, range]: Pressure) -> f64 {
    let more = sum + weight * (pressure / range);
    if range > 0.0 { more } else { sum }
}

/// The figures of the bars from `first` on, which is not the first of all. Gives whether one of them did not move.
fn write_figures(bars: &BarColumns<'_>, first: usize, figures: &mut [Pressure]) -> bool {
    let rows = first..first + figures.len();
    let [high, low, close] = [bars.high, bars.low, bars.close].map(|column| &column[rows.clone()]);
    let before = &bars.close[first - 1..][..figures.len()];
    let mut still = 0u64;
    for ((((figure, high), low), close), before) in
        figures.iter_mut().zip(high).zip(low).zip(close).zip(before)
    {
        let pressure = close - smaller(*low, *before);
        let range = greater((before - low).abs(), greater((before - high).abs(), high - low));
        *figure = [pressure, range];
        still += u64::from(range + pressure.abs() <= 0.0);
    }
    still > 0
}

/// The sums over three windows, from the shortest to the longest.
struct Windows {
    periods: [usize; 3],
    totals: [Pressure; 3],
    /// The sums at each bar of the block.
    sums: [[Pressure; BLOCK]; 3],
    /// Bars so far, up to the longest period.
    seen: usize,
    /// Bars that did not move, one after the other, up to now.
    still: usize,
}

impl Windows {
    fn new(periods: [usize; 3]) -> Self {
        Self {
            periods,
            totals: [[0.0; 2]; 3],
            sums: [[[0.0; 2]; BLOCK]; 3],
            seen: 0,
            still: 0,
        }
    }

    /// The sums at each bar of a block. `figures` are those of as many bars before as the longest period has, and then
    /// the block's.
    fn slide(&mut self, figures: &[Pressure], still: bool) {
        let [short, middle, long] = self.periods;
        let count = figures.len() - long;
        let come = &figures[long..];
        // What leaves a window after a bar is as far back as the window is long, the bar counted.
        let leave = [short, middle, long].map(|period| &figures[long + 1 - period..][..count]);
        if still || self.still > 0 || self.seen < long {
            for (at, come) in come.iter().enumerate() {
                self.step(at, *come, leave.map(|figures| figures[at]));
            }
            return;
        }
        let mut totals = self.totals;
        let sums = self.sums.each_mut().map(|sums| &mut sums[..count]);
        let [short, middle, long] = sums;
        let sums = short.iter_mut().zip(middle.iter_mut().zip(long.iter_mut()));
        let leave = leave[0].iter().zip(leave[1].iter().zip(leave[2]));
        for ((come, (short, (middle, long))), (first, (second, third))) in come.iter().zip(sums).zip(leave) {
            totals = totals.map(|total| plus(total, *come));
            [*short, *middle, *long] = totals;
            totals = [
                minus(totals[0], *first),
                minus(totals[1], *second),
                minus(totals[2], *third),
            ];
        }
        self.totals = totals;
    }

    /// One bar. The windows begin so that all are full for the first time on the same bar. A window in which nothing
    /// moved has sums of exactly 0: what rounding left of earlier bars goes.
    fn step(&mut self, at: usize, come: Pressure, leave: [Pressure; 3]) {
        let longest = self.periods[2];
        let full = self.seen + 1 >= longest;
        self.still = match come[1] + come[0].abs() <= 0.0 {
            true => self.still + 1,
            false => 0,
        };
        for (window, period) in self.periods.into_iter().enumerate() {
            let total = &mut self.totals[window];
            if self.seen + period >= longest {
                *total = plus(*total, come);
            }
            if full && self.still >= period {
                *total = [0.0; 2];
            }
            self.sums[window][at] = *total;
            if full {
                *total = minus(*total, leave[window]);
            }
        }
        self.seen = (self.seen + 1).min(longest);
    }
}

#[inline(always)]
fn plus(a: Pressure, b: Pressure) -> Pressure {
    [a[0] + b[0], a[1] + b[1]]
}

#[inline(always)]
fn minus(a: Pressure, b: Pressure) -> Pressure {
    [a[0] - b[0], a[1] - b[1]]
}
