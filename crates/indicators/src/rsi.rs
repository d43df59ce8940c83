//! Relative strength index.

use ta_lib::{Core, RetCode, RsiStream};

use crate::adapter::{Adapter, LibraryStream, fill};
use crate::input::{BarColumns, BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};

fn warm_up(params: &Params) -> usize {
    params.period(0) as usize + 1
}

/// `RSI = 100 · G / (G + L)` with G, L the gains and losses of the close, smoothed by Wilder over `period` and
/// begun at their means; 50 where there was neither. 0 to 100. Source: Wilder 1978, TA-Lib `RSI`.
pub(crate) static RSI: Definition = Definition {
    name: "RSI",
    aliases: &[],
    title: "Relative strength index",
    group: Group::Momentum,
    ta_lib: Some("RSI"),
    inputs: &[Input::Close],
    params: &[Param::period("period", 14, 2)],
    outputs: &["rsi"],
    pane: Pane::Own,
    warm_up,
    relation: no_relation,
    start: |params| Machine::Rsi(Adapter::new(params, warm_up(params))),
    batch: |params, bars| {
        fill("RSI", (1, bars.len()), warm_up(params), |core, last, out| {
            core.rsi(0, last, bars.close, params.period(0), out[0])
        })
    },
};

impl LibraryStream for RsiStream {
    type Row = [f64; 1];

    fn open(core: &Core, bars: &BarColumns<'_>, params: &Params) -> Result<(Self, Self::Row), RetCode> {
        let (stream, value) = core.rsi_open(bars.close, params.period(0))?;
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
