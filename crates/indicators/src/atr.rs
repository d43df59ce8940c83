//! Average true range.

use ta_lib::{AtrStream, Core, RetCode};

use crate::adapter::{Adapter, LibraryStream, fill};
use crate::input::{BarColumns, BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};

fn warm_up(params: &Params) -> usize {
    params.period(0) as usize + 1
}

/// True range `max(high, close₋₁) − min(low, close₋₁)`, smoothed by Wilder over `period` and begun at its mean.
/// In units of price. Source: Wilder 1978, TA-Lib `ATR`.
pub(crate) static ATR: Definition = Definition {
    name: "ATR",
    aliases: &[],
    title: "Average true range",
    group: Group::Volatility,
    ta_lib: Some("ATR"),
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[Param::period("period", 14, 1)],
    outputs: &["atr"],
    pane: Pane::Own,
    warm_up,
    relation: no_relation,
    start: |params| Machine::Atr(Adapter::new(params, warm_up(params))),
    batch: |params, bars| {
        fill("ATR", (1, bars.len()), warm_up(params), |core, last, out| {
            core.atr(0, last, bars.high, bars.low, bars.close, params.period(0), out[0])
        })
    },
};

impl LibraryStream for AtrStream {
    type Row = [f64; 1];

    fn open(core: &Core, bars: &BarColumns<'_>, params: &Params) -> Result<(Self, Self::Row), RetCode> {
        let (stream, value) = core.atr_open(bars.high, bars.low, bars.close, params.period(0))?;
        Ok((stream, [value]))
    }

    #[inline]
    fn step(&mut self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        self.update(bar.high, bar.low, bar.close).map(|value| [value])
    }

    fn peek(&self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        self.peek(bar.high, bar.low, bar.close).map(|value| [value])
    }
}
