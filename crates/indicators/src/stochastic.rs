//! Stochastic oscillators: slow (`STOCH`) and fast (`STOCHF`).

use ta_lib::{Core, MAType, RetCode, StochStream, StochfStream};

use crate::adapter::{Adapter, LibraryStream, fill};
use crate::input::{BarColumns, BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};

fn slow_warm_up(params: &Params) -> usize {
    (params.period(0) + params.period(1) + params.period(2) - 2) as usize
}

fn fast_warm_up(params: &Params) -> usize {
    (params.period(0) + params.period(1) - 1) as usize
}

/// Slow stochastic: fast %K smoothed by SMA(`smooth`), %D = SMA(%K, `d`). 0 to 100. Source: Lane, TA-Lib `STOCH`.
pub(crate) static STOCH: Definition = Definition {
    name: "STOCH",
    aliases: &[],
    title: "Slow stochastic",
    group: Group::Momentum,
    ta_lib: Some("STOCH"),
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[
        Param::period("k", 5, 1),
        Param::period("smooth", 3, 1),
        Param::period("d", 3, 1),
    ],
    outputs: &["k", "d"],
    pane: Pane::Own,
    warm_up: slow_warm_up,
    relation: no_relation,
    start: |params| Machine::Stoch(Adapter::new(params, slow_warm_up(params))),
    batch: |params, bars| {
        let (k, smooth, d) = (params.period(0), params.period(1), params.period(2));
        fill("STOCH", (2, bars.len()), slow_warm_up(params), |core, last, out| {
            let [slow_k, slow_d] = out else {
                return Err(RetCode::BadParam);
            };
            let (high, low, close, mean) = (bars.high, bars.low, bars.close, MAType::SMA);
            core.stoch(
                0, last, high, low, close, k, smooth, mean, d, mean, slow_k, slow_d,
            )
        })
    },
};

/// Fast stochastic: `%K = 100 · (close − lowest low) / (highest high − lowest low)` over `k` bars, 0 where the
/// range is flat; `%D = SMA(%K, d)`; values from the bar on which both exist. Source: Lane, TA-Lib `STOCHF`.
pub(crate) static STOCHF: Definition = Definition {
    name: "STOCHF",
    aliases: &[],
    title: "Fast stochastic",
    group: Group::Momentum,
    ta_lib: Some("STOCHF"),
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[Param::period("k", 5, 1), Param::period("d", 3, 1)],
    outputs: &["k", "d"],
    pane: Pane::Own,
    warm_up: fast_warm_up,
    relation: no_relation,
    start: |params| Machine::Stochf(Adapter::new(params, fast_warm_up(params))),
    batch: |params, bars| {
        let (k, d) = (params.period(0), params.period(1));
        fill("STOCHF", (2, bars.len()), fast_warm_up(params), |core, last, out| {
            let [fast_k, fast_d] = out else {
                return Err(RetCode::BadParam);
            };
            let (high, low, close) = (bars.high, bars.low, bars.close);
            core.stochf(0, last, high, low, close, k, d, MAType::SMA, fast_k, fast_d)
        })
    },
};

impl LibraryStream for StochStream {
    type Row = [f64; 2];

    fn open(core: &Core, bars: &BarColumns<'_>, params: &Params) -> Result<(Self, Self::Row), RetCode> {
        let (k, smooth, d) = (params.period(0), params.period(1), params.period(2));
        let (high, low, close, mean) = (bars.high, bars.low, bars.close, MAType::SMA);
        let (stream, (slow_k, slow_d)) = core.stoch_open(high, low, close, k, smooth, mean, d, mean)?;
        Ok((stream, [slow_k, slow_d]))
    }

    #[inline]
    fn step(&mut self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (k, d) = self.update(bar.high, bar.low, bar.close)?;
        Ok([k, d])
    }

    fn peek(&self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (k, d) = self.peek(bar.high, bar.low, bar.close)?;
        Ok([k, d])
    }
}

impl LibraryStream for StochfStream {
    type Row = [f64; 2];

    fn open(core: &Core, bars: &BarColumns<'_>, params: &Params) -> Result<(Self, Self::Row), RetCode> {
        let (k, d) = (params.period(0), params.period(1));
        let (stream, (fast_k, fast_d)) =
            core.stochf_open(bars.high, bars.low, bars.close, k, d, MAType::SMA)?;
        Ok((stream, [fast_k, fast_d]))
    }

    #[inline]
    fn step(&mut self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (k, d) = self.update(bar.high, bar.low, bar.close)?;
        Ok([k, d])
    }

    fn peek(&self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (k, d) = self.peek(bar.high, bar.low, bar.close)?;
        Ok([k, d])
    }
}
