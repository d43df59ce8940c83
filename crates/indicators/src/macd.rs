//! Moving average convergence/divergence.

use ta_lib::{Core, MacdStream, RetCode};

use crate::adapter::{Adapter, LibraryStream, fill};
use crate::input::{BarColumns, BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane};

fn warm_up(params: &Params) -> usize {
    (params.period(1) + params.period(2) - 1) as usize
}

/// `macd = EMA(fast) − EMA(slow)`, `signal = EMA(macd, signal)`, `histogram = macd − signal`; values from the
/// bar on which all three exist. Source: Appel, TA-Lib `MACD` (both EMAs begin on the same bar).
pub(crate) static MACD: Definition = Definition {
    name: "MACD",
    aliases: &[],
    title: "Moving average convergence/divergence",
    group: Group::Momentum,
    ta_lib: Some("MACD"),
    inputs: &[Input::Close],
    params: &[
        Param::period("fast", 12, 2),
        Param::period("slow", 26, 2),
        Param::period("signal", 9, 1),
    ],
    outputs: &["macd", "signal", "hist"],
    pane: Pane::Own,
    warm_up,
    relation: |params| match params.period(0) < params.period(1) {
        true => Ok(()),
        // TA-Lib would swap them silently.
        false => Err("fast must be less than slow"),
    },
    start: |params| Machine::Macd(Adapter::new(params, warm_up(params))),
    batch: |params, bars| {
        let (fast, slow, signal) = (params.period(0), params.period(1), params.period(2));
        fill("MACD", (3, bars.len()), warm_up(params), |core, last, out| {
            let [macd, line, histogram] = out else {
                return Err(RetCode::BadParam);
            };
            core.macd(0, last, bars.close, fast, slow, signal, macd, line, histogram)
        })
    },
};

impl LibraryStream for MacdStream {
    type Row = [f64; 3];

    fn open(core: &Core, bars: &BarColumns<'_>, params: &Params) -> Result<(Self, Self::Row), RetCode> {
        let (fast, slow, signal) = (params.period(0), params.period(1), params.period(2));
        let (stream, (macd, line, histogram)) = core.macd_open(bars.close, fast, slow, signal)?;
        Ok((stream, [macd, line, histogram]))
    }

    #[inline]
    fn step(&mut self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (macd, line, histogram) = self.update(bar.close)?;
        Ok([macd, line, histogram])
    }

    fn peek(&self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (macd, line, histogram) = self.peek(bar.close)?;
        Ok([macd, line, histogram])
    }
}
