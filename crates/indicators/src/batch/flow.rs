//! Money flow.

use ta_lib::RetCode;

use super::{Task, blocks, outputs};
use crate::input::BarColumns;

/// Bars of a block: with the bars before it they fit the nearest cache.
const BLOCK: usize = 256;

/// A bar's flow, its volume times the place of the close in its range (−1 to 1), and its volume; or sums of both.
type Flow = [f64; 2];

/// `Σ flow / Σ volume` of the last `period` bars; 0 without volume. Chaikin.
pub(crate) fn money_flow(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
    let [column] = outputs(columns)?;
    let period = task.period(0);
    // The flows of the `period` bars before a block and of the block.
    let mut flows: Vec<Flow> = vec![[0.0; 2]; period + BLOCK];
    let mut window = Window::new(period);
    for rows in blocks(0..task.bars.len(), BLOCK) {
        let count = rows.len();
        let dry = write_flows(task.bars, rows.start, &mut flows[period..][..count]);
        window.slide(&flows[..period + count], &mut column[rows], dry);
        flows.copy_within(count..period + count, 0);
    }
    Ok(())
}

/// The flows of the bars from `first` on. Gives whether one of them has no volume.
fn write_flows(bars: &BarColumns<'_>, first: usize, flows: &mut [Flow]) -> bool {
    let rows = first..first + flows.len();
    let prices = [bars.high, bars.low, bars.close, bars.volume].map(|column| &column[rows.clone()]);
    let [high, low, close, volume] = prices;
    let mut dry = 0u64;
    for ((((flow, high), low), close), volume) in flows.iter_mut().zip(high).zip(low).zip(close).zip(volume) {
        let range = high - low;
        let inside = (close - low - (high - close)) / range * volume;
        *flow = [if range > 0.0 { inside } else { 0.0 }, *volume];
        dry += u64::from(volume.abs() <= 0.0);
    }
    dry > 0
}

#[inline(always)]
fn quotient([flow, volume]: Flow) -> f64 {
    let quotient = flow / volume;
    if volume > 0.0 { quotient } else { 0.0 }
}

/// The sums over the last `period` bars.
struct Window {
    period: usize,
    sums: Flow,
    /// Bars that are in the sums.
    filled: usize,
    /// Bars without volume, one after the other, up to now.
    dry: usize,
}

impl Window {
    fn new(period: usize) -> Self {
        Self {
            period,
            sums: [0.0; 2],
            filled: 0,
            dry: 0,
        }
    }

    /// The ratio of the sums at each bar. `flows` are those of the `period` bars before and then these. The divisions are
    /// done while the next sums are waited for.
    fn slide(&mut self, flows: &[Flow], ratios: &mut [f64], dry: bool) {
        let (before, come) = flows.split_at(self.period);
        if dry || self.dry > 0 || self.filled < self.period {
            let leave = before.iter().chain(come);
            for ((ratio, come), leave) in ratios.iter_mut().zip(come).zip(leave) {
                *ratio = quotient(self.step(*come, *leave));
            }
            return;
        }
        let mut total = self.sums;
        for ((ratio, come), leave) in ratios.iter_mut().zip(come).zip(flows) {
            total = [total[0] - leave[0] + come[0], total[1] - leave[1] + come[1]];
            *ratio = quotient(total);
        }
        self.sums = total;
    }

    /// One bar. A window without any volume has sums of exactly 0: what rounding left of earlier bars goes.
    fn step(&mut self, come: Flow, leave: Flow) -> Flow {
        if self.filled < self.period {
            self.filled += 1;
        } else {
            self.sums = [self.sums[0] - leave[0], self.sums[1] - leave[1]];
        }
        self.sums = [self.sums[0] + come[0], self.sums[1] + come[1]];
        self.dry = if come[1].abs() <= 0.0 { self.dry + 1 } else { 0 };
        if self.dry >= self.period {
            self.sums = [0.0; 2];
        }
        self.sums
    }
}
