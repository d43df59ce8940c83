//! Ehlers' instantaneous trend line, of our own over the library's dominant cycle: the library's sums fifty guarded
//! terms a bar however long the cycle is.

use ta_lib::{Core, HtDcperiodStream, RetCode};

use super::{LibraryBatch, fill, warm_up};
use crate::adapter::{Adapter, LibraryStream};
use crate::batch::Task;
use crate::input::{BarColumns, BarInput, Input};
use crate::machine::Machine;
use crate::params::Params;
use crate::registry::{Definition, Group, Pane, no_relation};
use crate::value::Series;

pub(crate) static TRENDLINE: &[&Definition] = &[&HT_TRENDLINE];

pub(crate) static FILLS: &[(&str, super::Fill)] = &[("HT_TRENDLINE", fill::<TrendLine>)];

/// The mean of the closes over the dominant cycle, smoothed by weights 4 3 2 1. Ehlers 2001. Source: TA-Lib
/// `HT_TRENDLINE`.
static HT_TRENDLINE: Definition = Definition {
    name: "HT_TRENDLINE",
    aliases: &[],
    title: "Hilbert transform: instantaneous trend line",
    group: Group::Trend,
    ta_lib: Some("HT_TRENDLINE"),
    inputs: &[Input::Close],
    params: &[],
    outputs: &["trendline"],
    pane: Pane::Price,
    warm_up: warm_up::<TrendLine>,
    relation: no_relation,
    start: |params| Machine::other(Adapter::<TrendLine>::new(params)),
    batch: |params, bars| {
        let mut series = Series::default();
        fill::<TrendLine>(params, bars, &mut series)?;
        Ok(series)
    },
};

/// Bars before the one at which TA-Lib lets this function's cycle begin: its filter settles over 34 bars, that of
/// `HT_DCPERIOD` over 9.
const SETTLES_LATER: usize = 25;
/// The longest cycle in bars.
const CYCLE_MAX: usize = 50;

/// The cycle's stream, the closes of the longest cycle and the line's smoother.
#[derive(Clone, Debug)]
struct TrendLine {
    cycle: HtDcperiodStream,
    closes: Recent,
    smoother: Smoother,
}

impl LibraryStream for TrendLine {
    type Row = [f64; 1];

    fn lookback(core: &Core, _: &Params) -> Result<usize, RetCode> {
        core.ht_trendline_lookback()
    }

    fn open(core: &Core, bars: &BarColumns<'_>, _: &Params) -> Result<(Self, Self::Row), RetCode> {
        let closes = bars.close;
        let mut lines = vec![0.0; closes.len()];
        let smoother = write_lines(core, closes, &mut lines)?;
        let (cycle, _) = core.ht_dcperiod_open(&closes[SETTLES_LATER..])?;
        let mut recent = Recent::default();
        closes.iter().for_each(|close| recent.push(*close));
        let stream = Self {
            cycle,
            closes: recent,
            smoother,
        };
        Ok((stream, [lines[lines.len() - 1]]))
    }

    fn step(&mut self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let period = self.cycle.update(bar.close)?;
        self.closes.push(bar.close);
        Ok([self.smoother.next(mean(self.closes.all(), period))])
    }

    fn peek(&self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let period = self.cycle.peek(bar.close)?;
        let mut closes = self.closes.clone();
        closes.push(bar.close);
        Ok([self.smoother.clone().next(mean(closes.all(), period))])
    }
}

impl LibraryBatch for TrendLine {
    const NAME: &str = "HT_TRENDLINE";

    fn write(task: Task<'_>, columns: &mut [&mut [f64]]) -> Result<(), RetCode> {
        let [column] = columns else {
            return Err(RetCode::BadParam);
        };
        write_lines(task.core, task.bars.close, column).map(|_| ())
    }
}

/// Writes the lines of all bars that have a cycle. What is before the first value lacks some of the smoother's means.
fn write_lines(core: &Core, closes: &[f64], lines: &mut [f64]) -> Result<Smoother, RetCode> {
    let first = SETTLES_LATER + core.ht_dcperiod_lookback()?;
    let cycles = &closes[SETTLES_LATER..];
    core.ht_dcperiod(0, cycles.len() - 1, cycles, &mut lines[first..])?;
    let mut smoother = Smoother::default();
    // The column holds the cycles until the lines take their places.
    for (at, line) in lines.iter_mut().enumerate().skip(first) {
        *line = smoother.next(mean(&closes[..=at], *line));
    }
    Ok(smoother)
}

/// The mean of the last closes, as many as the cycle has bars, rounded. They are added in four sums that do not wait
/// for each other.
#[inline]
fn mean(closes: &[f64], cycle: f64) -> f64 {
    let bars = ((cycle + 0.5) as usize).clamp(1, CYCLE_MAX.min(closes.len()));
    let (rest, fours) = closes[closes.len() - bars..].as_rchunks::<4>();
    let mut sums = [0.0; 4];
    for four in fours {
        for (sum, close) in sums.iter_mut().zip(four) {
            *sum += close;
        }
    }
    let sum = (sums[0] + sums[2]) + (sums[1] + sums[3]) + rest.iter().sum::<f64>();
    sum / bars as f64
}

/// The three means before, newest first.
#[derive(Clone, Debug, Default)]
struct Smoother([f64; 3]);

impl Smoother {
    #[inline]
    fn next(&mut self, mean: f64) -> f64 {
        let [one, two, three] = self.0;
        self.0 = [mean, one, two];
        (4.0 * mean + 3.0 * one + 2.0 * two + three) / 10.0
    }
}

/// The last closes, each kept twice so that they lie in a row wherever the newest is.
#[derive(Clone, Debug)]
struct Recent {
    kept: [f64; 2 * CYCLE_MAX],
    /// Where the next one goes, and again a cycle further.
    next: usize,
}

impl Default for Recent {
    fn default() -> Self {
        Self {
            kept: [0.0; 2 * CYCLE_MAX],
            next: 0,
        }
    }
}

impl Recent {
    fn push(&mut self, close: f64) {
        self.kept[self.next] = close;
        self.kept[self.next + CYCLE_MAX] = close;
        self.next = (self.next + 1) % CYCLE_MAX;
    }

    /// Oldest first.
    fn all(&self) -> &[f64] {
        &self.kept[self.next..self.next + CYCLE_MAX]
    }
}
