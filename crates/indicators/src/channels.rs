//! Price channels.

use ta_lib::{Core, DonchianStream, RetCode};

use crate::adapter::{Adapter, LibraryStream, fill};
use crate::input::{BarColumns, BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};

fn warm_up(params: &Params) -> usize {
    params.period(0) as usize
}

/// Donchian channel: `upper` = highest high and `lower` = lowest low of the last `period` bars, this one
/// included, `middle` their mean. A breakout compares a close with the channel *one bar before*. Source: Donchian,
/// TA-Lib `DONCHIAN`.
pub(crate) static DONCHIAN: Definition = Definition {
    name: "DONCHIAN",
    aliases: &[],
    title: "Donchian channel",
    group: Group::Volatility,
    ta_lib: Some("DONCHIAN"),
    inputs: &[Input::High, Input::Low],
    params: &[Param::period("period", 20, 2)],
    outputs: &["upper", "middle", "lower"],
    pane: Pane::Price,
    warm_up,
    relation: no_relation,
    start: |params| Machine::Donchian(Adapter::new(params, warm_up(params))),
    batch: |params, bars| {
        fill("DONCHIAN", (3, bars.len()), warm_up(params), |core, last, out| {
            let [upper, middle, lower] = out else {
                return Err(RetCode::BadParam);
            };
            core.donchian(
                0,
                last,
                bars.high,
                bars.low,
                params.period(0),
                upper,
                middle,
                lower,
            )
        })
    },
};

impl LibraryStream for DonchianStream {
    type Row = [f64; 3];

    fn open(core: &Core, bars: &BarColumns<'_>, params: &Params) -> Result<(Self, Self::Row), RetCode> {
        let (stream, (upper, middle, lower)) = core.donchian_open(bars.high, bars.low, params.period(0))?;
        Ok((stream, [upper, middle, lower]))
    }

    #[inline]
    fn step(&mut self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (upper, middle, lower) = self.update(bar.high, bar.low)?;
        Ok([upper, middle, lower])
    }

    fn peek(&self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (upper, middle, lower) = self.peek(bar.high, bar.low)?;
        Ok([upper, middle, lower])
    }
}
