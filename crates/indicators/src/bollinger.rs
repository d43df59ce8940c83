//! Bollinger bands.

use ta_lib::{BbandsStream, Core, MAType, RetCode};

use crate::adapter::{Adapter, LibraryStream, fill};
use crate::input::{BarColumns, BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};

fn warm_up(params: &Params) -> usize {
    params.period(0) as usize
}

/// `middle = SMA(close, period)`, `upper`/`lower = middle ± deviations · σ`, σ the population standard
/// deviation of the same closes. Source: Bollinger, TA-Lib `BBANDS`.
pub(crate) static BBANDS: Definition = Definition {
    name: "BBANDS",
    aliases: &[],
    title: "Bollinger bands",
    group: Group::Volatility,
    ta_lib: Some("BBANDS"),
    inputs: &[Input::Close],
    params: &[
        Param::period("period", 20, 2),
        Param::real("deviations", 2.0, 0.01, 100.0),
    ],
    outputs: &["upper", "middle", "lower"],
    pane: Pane::Price,
    warm_up,
    relation: no_relation,
    start: |params| Machine::Bbands(Adapter::new(params, warm_up(params))),
    batch: |params, bars| {
        let (period, width) = (params.period(0), params.real(1));
        fill("BBANDS", (3, bars.len()), warm_up(params), |core, last, out| {
            let [upper, middle, lower] = out else {
                return Err(RetCode::BadParam);
            };
            core.bbands(
                0,
                last,
                bars.close,
                period,
                width,
                width,
                MAType::SMA,
                upper,
                middle,
                lower,
            )
        })
    },
};

impl LibraryStream for BbandsStream {
    type Row = [f64; 3];

    fn open(core: &Core, bars: &BarColumns<'_>, params: &Params) -> Result<(Self, Self::Row), RetCode> {
        let (period, width) = (params.period(0), params.real(1));
        let (stream, (upper, middle, lower)) =
            core.bbands_open(bars.close, period, width, width, MAType::SMA)?;
        Ok((stream, [upper, middle, lower]))
    }

    #[inline]
    fn step(&mut self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (upper, middle, lower) = self.update(bar.close)?;
        Ok([upper, middle, lower])
    }

    fn peek(&self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (upper, middle, lower) = self.peek(bar.close)?;
        Ok([upper, middle, lower])
    }
}
