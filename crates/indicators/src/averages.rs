//! Moving averages of the close: SMA and EMA.

use ta_lib::{Core, EmaStream, RetCode, SmaStream};

use crate::adapter::{Adapter, LibraryStream, fill};
use crate::input::{BarColumns, BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};

const PERIOD: [Param; 1] = [Param::period("period", 30, 1)];

fn warm_up(params: &Params) -> usize {
    params.period(0) as usize
}

/// Simple moving average: the mean of the last `period` closes. Source: TA-Lib `SMA`.
pub(crate) static SMA: Definition = Definition {
    name: "SMA",
    aliases: &[],
    title: "Simple moving average",
    group: Group::Trend,
    ta_lib: Some("SMA"),
    inputs: &[Input::Close],
    params: &PERIOD,
    outputs: &["sma"],
    pane: Pane::Price,
    warm_up,
    relation: no_relation,
    start: |params| Machine::Sma(Adapter::new(params, warm_up(params))),
    batch: |params, bars| {
        fill("SMA", (1, bars.len()), warm_up(params), |core, last, out| {
            core.sma(0, last, bars.close, params.period(0), out[0])
        })
    },
};

/// Exponential moving average: `EMA = β·EMA₋₁ + (1−β)·close`, `β = (period−1)/(period+1)`, begun at the SMA of
/// the first `period` closes. Source: TA-Lib `EMA`.
pub(crate) static EMA: Definition = Definition {
    name: "EMA",
    aliases: &[],
    title: "Exponential moving average",
    group: Group::Trend,
    ta_lib: Some("EMA"),
    inputs: &[Input::Close],
    params: &PERIOD,
    outputs: &["ema"],
    pane: Pane::Price,
    warm_up,
    relation: no_relation,
    start: |params| Machine::Ema(Adapter::new(params, warm_up(params))),
    batch: |params, bars| {
        fill("EMA", (1, bars.len()), warm_up(params), |core, last, out| {
            core.ema(0, last, bars.close, params.period(0), out[0])
        })
    },
};

impl LibraryStream for SmaStream {
    type Row = [f64; 1];

    fn open(core: &Core, bars: &BarColumns<'_>, params: &Params) -> Result<(Self, Self::Row), RetCode> {
        let (stream, value) = core.sma_open(bars.close, params.period(0))?;
        Ok((stream, [value]))
    }

    #[inline]
    fn step(&mut self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        self.update(bar.close).map(|value| [value])
    }

    fn peek(&self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        self.peek(bar.close).map(|value| [value])
    }
}

impl LibraryStream for EmaStream {
    type Row = [f64; 1];

    fn open(core: &Core, bars: &BarColumns<'_>, params: &Params) -> Result<(Self, Self::Row), RetCode> {
        let (stream, value) = core.ema_open(bars.close, params.period(0))?;
        Ok((stream, [value]))
    }

    #[inline]
    fn step(&mut self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        self.update(bar.close).map(|value| [value])
    }

    fn peek(&self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        self.peek(bar.close).map(|value| [value])
    }
}
