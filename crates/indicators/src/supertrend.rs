//! Supertrend: a volatility band that trails the price and turns when a close crosses it.

use ta_lib::{Core, RetCode, SupertrendStream};

use crate::adapter::{Adapter, LibraryStream, fill};
use crate::input::{BarColumns, BarInput, Input};
use crate::machine::Machine;
use crate::params::{Param, Params};
use crate::registry::{Definition, Group, Pane, no_relation};

fn warm_up(params: &Params) -> usize {
    params.period(0) as usize + 1
}

/// `basic = (high + low)/2 ± multiplier · ATR(period)`; the upper band only falls and the lower only rises, each
/// until the close before was beyond it. The trend turns down (−1) when a close falls below *today's* lower band
/// and up (+1) when one rises above today's upper band; `line` is the lower band in an uptrend, else the upper.
/// Source: Seban; TA-Lib `SUPERTREND`, which is TradingView's. (pandas-ta compares with *yesterday's* band and
/// freezes only the band of the running trend: its turns differ.)
pub(crate) static SUPERTREND: Definition = Definition {
    name: "SUPERTREND",
    aliases: &[],
    title: "Supertrend",
    group: Group::Trend,
    ta_lib: Some("SUPERTREND"),
    inputs: &[Input::High, Input::Low, Input::Close],
    params: &[
        Param::period("period", 10, 2),
        Param::real("multiplier", 3.0, 0.01, 100.0),
    ],
    outputs: &["line", "trend"],
    pane: Pane::Price,
    warm_up,
    relation: no_relation,
    start: |params| Machine::Supertrend(Adapter::new(params, warm_up(params))),
    batch: |params, bars| {
        fill("SUPERTREND", (2, bars.len()), warm_up(params), |core, last, out| {
            let [line, trend] = out else {
                return Err(RetCode::BadParam);
            };
            let (high, low, close) = (bars.high, bars.low, bars.close);
            let mut whole = vec![0i32; trend.len()];
            let (period, width) = (params.period(0), params.real(1));
            let range = core.supertrend(0, last, high, low, close, period, width, line, &mut whole)?;
            for (shown, whole) in trend.iter_mut().zip(whole) {
                *shown = f64::from(whole);
            }
            Ok(range)
        })
    },
};

impl LibraryStream for SupertrendStream {
    type Row = [f64; 2];

    fn open(core: &Core, bars: &BarColumns<'_>, params: &Params) -> Result<(Self, Self::Row), RetCode> {
        let (period, width) = (params.period(0), params.real(1));
        let (stream, (line, trend)) = core.supertrend_open(bars.high, bars.low, bars.close, period, width)?;
        Ok((stream, [line, f64::from(trend)]))
    }

    #[inline]
    fn step(&mut self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (line, trend) = self.update(bar.high, bar.low, bar.close)?;
        Ok([line, f64::from(trend)])
    }

    fn peek(&self, bar: &BarInput) -> Result<Self::Row, RetCode> {
        let (line, trend) = self.peek(bar.high, bar.low, bar.close)?;
        Ok([line, f64::from(trend)])
    }
}
