//! Z-score: how many standard deviations the close lies from its mean.

use ta_lib::{BbandsStream, Core, MAType, RetCode};

use crate::adapter::{Adapter, LibraryStream, fill};
use crate::input::{BarColumns, BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};

fn warm_up(params: &Params) -> usize {
    params.period(0) as usize
}

/// `z = (close − SMA) / σ` over the last `period` closes, σ the population standard deviation; 0 where σ is 0
/// (the close then is the mean). Source: by definition; mean and σ from TA-Lib `BBANDS` of one deviation.
pub(crate) static ZSCORE: Definition = Definition {
    name: "ZSCORE",
    aliases: &[],
    title: "Z-score of the close",
    group: Group::Statistics,
    ta_lib: None,
    inputs: &[Input::Close],
    params: &[Param::period("period", 20, 2)],
    outputs: &["zscore"],
    pane: Pane::Own,
    warm_up,
    relation: no_relation,
    start: |params| Machine::Zscore(Adapter::new(params)),
    batch: |params, bars| {
        let first = warm_up(params) - 1;
        fill("ZSCORE", (1, bars.len()), warm_up(params), |core, last, out| {
            let rows = last + 1 - first;
            let (mut upper, mut middle, mut lower) = (vec![0.0; rows], vec![0.0; rows], vec![0.0; rows]);
            let period = params.period(0);
            let range = core.bbands(
                0,
                last,
                bars.close,
                period,
                1.0,
                1.0,
                MAType::SMA,
                &mut upper,
                &mut middle,
                &mut lower,
            )?;
            for (at, z) in out[0].iter_mut().enumerate() {
                *z = score(bars.close[first + at], upper[at], middle[at]);
            }
            Ok(range)
        })
    },
};

fn score(close: f64, upper: f64, middle: f64) -> f64 {
    let deviation = upper - middle;
    if deviation > 0.0 {
        (close - middle) / deviation
    } else {
        0.0
    }
}

/// Bands of one deviation, read as a score.
#[derive(Debug, Clone)]
pub(crate) struct ScoreStream(BbandsStream);

impl LibraryStream for ScoreStream {
    type Row = [f64; 1];

    fn lookback(core: &Core, params: &Params) -> Result<usize, RetCode> {
        core.bbands_lookback(params.period(0), 1.0, 1.0, MAType::SMA)
    }

    fn open(core: &Core, bars: &BarColumns<'_>, params: &Params) -> Result<(Self, Self::Row), RetCode> {
        let (stream, (upper, middle, _)) =
            core.bbands_open(bars.close, params.period(0), 1.0, 1.0, MAType::SMA)?;
        let close = bars.close.last().copied().unwrap_or(f64::NAN);
        Ok((Self(stream), [score(close, upper, middle)]))
    }

    #[inline]
    fn step(&mut self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (upper, middle, _) = self.0.update(bar.close)?;
        Ok([score(bar.close, upper, middle)])
    }

    fn peek(&self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (upper, middle, _) = self.0.peek(bar.close)?;
        Ok([score(bar.close, upper, middle)])
    }
}
